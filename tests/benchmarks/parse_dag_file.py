"""Run with Airflow's own Python: the CPU seconds of `import airflow`, and of importing one DAG file after that, twice.

The first import is a fresh process' and pays for every import; the second is what a forked process pays.
"""

import importlib.util
import json
import sys
import time
from pathlib import Path

began = time.process_time()
import airflow  # noqa: E402  (its import is what is measured)
import airflow.settings  # noqa: E402, F401  (what every Airflow process imports before it reads a DAG file)

seconds = [time.process_time() - began]
file = Path(sys.argv[1])
for _ in range(2):
    began = time.process_time()
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    seconds.append(time.process_time() - began)
print(json.dumps(dict(zip(("import_airflow", "first", "again"), seconds, strict=True))))
