"""Where a process begins that others are forked from: `python -P begin.py MODULE ARGUMENT...` calls MODULE's `main`.

A file, and not `python -c`: dbt asks for the source of every frame below it, and for one without a file looks through
all modules there are, several times in each pod. This repository is to be found only while MODULE is imported. Standard
library only.
"""

import importlib
import os
import sys

# Plain system calls, as in all that a fork begins with.
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), *[".."] * 4))  # noqa: PTH100, PTH118, PTH120

if __name__ == "__main__":
    sys.path.insert(0, ROOT)
    module = importlib.import_module(sys.argv.pop(1))
    sys.path.remove(ROOT)
    module.main()
