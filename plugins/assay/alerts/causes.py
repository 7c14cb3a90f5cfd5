"""Why a run failed: each failed task's reason, kept until the run has ended and its closing message lists them all.

Like a warning, each is an Airflow variable of its own, `failed.<zone>.<run>.<task>`: the task's process writes it, and
the DAG processor reads it.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from airflow.sdk import Variable

from assay.alerts.best_effort import best_effort
from assay.alerts.message import Failure

_CHANGES = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[LR][0-9A-F]{12}\b|\b\d+(\.\d+)? ?(s|ms|min)\b"
)
"""What differs between two reports of one problem: instants, random ids, ids of loads and releases, durations."""


@dataclass(frozen=True)
class Cause:
    """A failed task and its reason. `identity`: equal for the same problem in another run. `standing`: nothing has
    changed since an earlier run failed by it."""

    failure: Failure
    cleared: int
    identity: str
    standing: bool = False

    @property
    def task(self) -> str:
        return self.failure.task or ""


def identity_of(failure: Failure, known: str | None = None) -> str:
    """Of `known`, what the task itself says of its problem, or of the reason's text."""
    text = known or _CHANGES.sub("#", failure.what.replace(failure.run_id, "#"))
    return hashlib.sha256(f"{failure.task}\0{text}".encode()).hexdigest()[:16]


def keep(zone: str, cause: Cause) -> None:
    """Never raises."""
    key = f"{_prefix(zone, cause.failure.run_id)}{cause.task}"
    text = json.dumps(asdict(cause))
    best_effort(lambda: Variable.set(key, text, description="Why a task failed, in a run that has not ended yet"), None)


def recall(zone: str, run_id: str, cleared: int) -> list[Cause]:
    """The run's causes since it was last cleared, by task."""
    found = []
    for key in _keys(_prefix(zone, run_id)):
        if (text := Variable.get(key, default=None)) is None:
            continue
        content = json.loads(text)
        cause = Cause(**content | {"failure": Failure(**content["failure"])})
        if cause.cleared == cleared:
            found.append(cause)
    return found


def forget(zone: str, run_id: str | None = None) -> None:
    """Remove what a run, or any run of the zone, has left."""
    for key in _keys(_prefix(zone, run_id) if run_id else f"failed.{zone}."):
        Variable.delete(key)


def _keys(prefix: str) -> Sequence[str]:
    """Airflow's own listing takes an underscore in a prefix for any character."""
    return sorted(key for key in Variable.keys(prefix=prefix) if key.startswith(prefix))


def _prefix(zone: str, run_id: str) -> str:
    return f"failed.{zone}.{hashlib.sha256(run_id.encode()).hexdigest()[:12]}."
