"""What dbt would run for each of many commands: `asked_of_dbt.py COMMANDS.json SELECTED.json`, with dbt's own Python.

A file, and no `python -c`: dbt asks where its flags are declared, and without a file looks through every module. And
in a folder where no module's name begins with `dbt_`: dbt would import it, taking it for a plugin.
"""

import io
import json
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path

from dbt.cli.main import dbtRunner

KINDS = {
    "run": ["model"],
    "seed": ["seed"],
    "snapshot": ["snapshot"],
    "test": ["test", "unit_test"],
    "build": ["model", "seed", "snapshot", "test", "unit_test"],
}


def selected(command: list[str], runner: dbtRunner) -> list[str]:
    """The nodes and tests; `command` is a task's: dbt, what to do, and options."""
    kinds = [word for kind in KINDS[command[1]] for word in ("--resource-type", kind)]
    with redirect_stdout(io.StringIO()):
        listed = runner.invoke(
            ["ls", "--quiet", "--output", "json", "--output-keys", "unique_id", *kinds, *command[2:]]
        )
    assert listed.success, listed.exception
    return [json.loads(line)["unique_id"] for line in listed.result]


parsed = dbtRunner().invoke(["parse", "--quiet"])
assert parsed.success, parsed.exception
os.environ["DBT_WRITE_JSON"] = "false"  # each `ls` would write the manifest once more
judge = dbtRunner(manifest=parsed.result)
commands = json.loads(Path(sys.argv[1]).read_text())
Path(sys.argv[2]).write_text(json.dumps([selected(command, judge) for command in commands]))
