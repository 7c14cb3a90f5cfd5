"""CPU seconds that importing each DAG file takes beyond `import airflow`, its baseline."""

from __future__ import annotations

import json
import statistics
import subprocess
from pathlib import Path

from local.platform.airflow import environment as airflow
from local.state.endpoints import Endpoints

TRIES = 3
SCRIPT = Path(__file__).with_name("parse_dag_file.py")


class ParseError(Exception):
    """A DAG file does not import; the text is the end of the traceback."""


def measure(endpoints: Endpoints) -> dict[str, dict[str, float]]:
    """By file: `import_airflow`, `first`, `again`. Raises ParseError."""
    found = {}
    for file in sorted(airflow.dags_folder(endpoints.layout).glob("*.py")):
        tries = [parse(endpoints, file) for _ in range(TRIES)]
        found[file.name] = {name: round(statistics.median(each[name] for each in tries), 3) for name in tries[0]}
    return found


def parse(endpoints: Endpoints, file: Path) -> dict[str, float]:
    done = subprocess.run(
        [str(endpoints.layout.python("airflow")), str(SCRIPT), str(file)],
        env=airflow.environment(endpoints), cwd=endpoints.layout.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise ParseError(f"{file.name}: {done.stderr[-1000:]}")
    seconds: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return seconds
