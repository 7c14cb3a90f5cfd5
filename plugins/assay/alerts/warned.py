"""What tests have warned of in a run, kept until the run has ended and its channel is told once.

Each task keeps its own Airflow variable, `warned.<zone>.<run>.<task>`, so that tasks which end together do not write
over each other, and a task that is tried again replaces what it said before. Variables can be listed by their prefix,
from tasks and from the DAG processor alike; XComs cannot.
"""

import hashlib
import json
from collections.abc import Sequence

from airflow.sdk import Variable

from assay.alerts.quiet import quietly


def remember(zone: str, run_id: str, task_id: str, lines: Sequence[str], attempt: int) -> None:
    """Keeps a task's warnings: a line that says what, and one that shows the rows, for each test. Never raises."""
    key = f"{_prefix(zone, run_id)}{task_id}"
    if lines:
        text = json.dumps(list(lines))
        quietly(lambda: Variable.set(key, text, description="A test warned in a run that has not ended yet"), None)
    elif attempt > 1:
        quietly(lambda: _delete(_keys(key)), None)


def recall(zone: str, run_id: str) -> list[str]:
    """The run's warnings, in order of its tasks."""
    lines: list[str] = []
    for key in _keys(_prefix(zone, run_id)):
        lines += json.loads(Variable.get(key))
    return lines


def forget(zone: str) -> None:
    """Removes what any run of the zone has left: one that failed and was never tried again, too."""
    _delete(_keys(f"warned.{zone}."))


def _delete(keys: Sequence[str]) -> None:
    for key in keys:
        Variable.delete(key)


def _keys(prefix: str) -> list[str]:
    """Airflow's own listing takes an underscore in a prefix for any character."""
    return sorted(key for key in Variable.keys(prefix=prefix) if key.startswith(prefix))


def _prefix(zone: str, run_id: str) -> str:
    return f"warned.{zone}.{hashlib.sha256(run_id.encode()).hexdigest()[:12]}."
