"""Warnings of tests and contracts collected during a run, and posted once when it has succeeded.

Each task keeps its own Airflow variable, `warned.<zone>.<run>.<task>`, so that tasks which end together do not write
over each other, and a task that is tried again replaces what it said before. Variables can be listed by their prefix,
from tasks and from the DAG processor alike; XComs cannot.
"""

import hashlib
import json
import re
import time
from collections.abc import Sequence

from airflow.sdk import Variable

from assay.alerts.best_effort import best_effort

REMIND = 6 * 3600.0
"""Seconds after which warnings that scheduled runs meet again are posted again."""


def remember(zone: str, run_id: str, task_id: str, lines: Sequence[str], attempt: int) -> None:
    """Keeps a task's warnings: a line that says what, and one that shows the rows, for each test. Never raises."""
    key = f"{_prefix(zone, run_id)}{task_id}"
    if lines:
        text = json.dumps(list(lines))
        best_effort(lambda: Variable.set(key, text, description="A test warned in a run that has not ended yet"), None)
    elif attempt > 1:
        best_effort(lambda: _delete(_keys(key)), None)


def recall(zone: str, run_id: str) -> list[str]:
    """The run's warnings, in order of its tasks."""
    lines: list[str] = []
    for key in _keys(_prefix(zone, run_id)):
        lines += json.loads(Variable.get(key))
    return lines


def forget(zone: str) -> None:
    """Removes what any run of the zone has left: one that failed and was never tried again, too."""
    _delete(_keys(f"warned.{zone}."))


def is_news(zone: str, lines: Sequence[str], *, manual: bool) -> bool:
    """Whether these warnings are worth a message: not when the last message was about the same ones, whatever their
    counts, and a schedule started the run. Remembers what it answered for."""
    key = f"warnings_posted_{zone}"
    if not lines:
        _delete([each for each in _keys(key) if each == key])
        return False
    same = hashlib.sha256(json.dumps([re.sub(r"\d[\d.,]*", "#", line) for line in lines]).encode()).hexdigest()[:16]
    text = Variable.get(key, default=None)
    posted = json.loads(text) if text else {}
    if not manual and posted.get("same") == same and time.time() - posted["at"] < REMIND:
        return False
    Variable.set(key, json.dumps({"same": same, "at": time.time()}), description="The warnings last posted")
    return True


def _delete(keys: Sequence[str]) -> None:
    for key in keys:
        Variable.delete(key)


def _keys(prefix: str) -> list[str]:
    """Airflow's own listing takes an underscore in a prefix for any character."""
    return sorted(key for key in Variable.keys(prefix=prefix) if key.startswith(prefix))


def _prefix(zone: str, run_id: str) -> str:
    return f"warned.{zone}.{hashlib.sha256(run_id.encode()).hexdigest()[:12]}."
