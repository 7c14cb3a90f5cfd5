"""One run of the flights zone on the platform: what it takes, and where its time goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.platform.airflow_client import FINISHED, Airflow, AirflowError, wait
from tests.benchmarks.meters import Meter, Used

ZONE = "flights"
LONGEST_SECONDS = 900
NOT_DBT = ("start", "choose", "ingest", "approve", "release", "announce", "end")
SMOKE = "release.smoke"

Span = tuple[float, float]


@dataclass(frozen=True)
class PlatformRun:
    """Seconds. `wall` is from the trigger to the end of the run; `dbt_wall` from its first dbt task to its last."""

    run_id: str
    wall: float
    used: Used
    tasks: int
    dbt_wall: float
    waiting: float

    def as_json(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "wall_seconds": round(self.wall, 2),
            "cpu_seconds": round(self.used.cpu, 2),
            "cpu_seconds_by_service": {
                service: round(seconds, 2) for service, seconds in sorted(self.used.services.items())
            },
            "cpu_seconds_of_others": round(self.used.others, 2),
            "tasks": self.tasks,
            "wall_seconds_of_dbt_tasks": round(self.dbt_wall, 2),
            "wall_seconds_without_a_running_task": round(self.waiting, 2),
        }


def measure(airflow: Airflow, meter: Meter) -> PlatformRun:
    """Triggers the zone and waits for its end. Nothing new is there to load, and a run without it builds nothing:
    a full refresh builds, the same every time. Raises AirflowError when the run fails."""
    before = meter.read()
    triggered = datetime.now().astimezone()
    run_id = airflow.trigger(ZONE, {"full_refresh": True})
    wait(
        lambda: airflow.run(ZONE, run_id).state in FINISHED,
        LONGEST_SECONDS,
        lambda: AirflowError(f"{ZONE}, run {run_id}: not finished after {LONGEST_SECONDS} s"),
    )
    used = meter.since(before)
    run = airflow.run(ZONE, run_id)
    if run.state != "success" or run.ended is None:
        raise AirflowError(f"{ZONE}, run {run_id}: {run.state}; there is nothing to measure in a run that fails")
    tasks = airflow.tasks(ZONE, run_id)
    spans = {task["task_id"]: span(task) for task in tasks if task["start_date"] and task["end_date"]}
    dbt = [times for name, times in spans.items() if name == SMOKE or not name.startswith(NOT_DBT)]
    wall = moment(run.ended) - triggered.timestamp()
    return PlatformRun(
        run_id=run_id,
        wall=wall,
        used=used,
        tasks=len(tasks),
        dbt_wall=max(end for _, end in dbt) - min(start for start, _ in dbt),
        waiting=wall - covered(spans.values()),
    )


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def span(task: dict[str, Any]) -> Span:
    return moment(task["start_date"]), moment(task["end_date"])


def covered(spans: Iterable[Span]) -> float:
    """The seconds in which at least one of the spans was open."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total
