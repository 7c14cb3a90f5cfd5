"""`assay run ZONE`: what pressing Trigger in the web UI does, with the end awaited and told."""

from __future__ import annotations

from rich.console import Console

from local.airflow_client import Airflow, Run
from local.endpoints import Endpoints
from local.files import StateError
from local.setup import zones

SECONDS = 1800
READ_SECONDS = 60
"""In which Airflow has read a file that is new."""


def run(endpoints: Endpoints, zone: str, console: Console) -> str:
    """Runs the zone for what is there now. Returns what went wrong, in sentences, or nothing when the run succeeded."""
    known = zones(endpoints.layout)
    if zone not in known:
        raise StateError(f'There is no zone "{zone}"; there are {", ".join(known)}.')
    airflow = Airflow(endpoints)
    airflow.wait_for_dag(zone, READ_SECONDS)
    run_id = airflow.start(zone)
    ended = airflow.wait_for_run(zone, run_id, SECONDS, progress=lambda line: console.print(f"  {line}"))
    where = f"{endpoints.airflow}/dags/{zone}/runs/{run_id}"
    if ended.state == "success":
        console.print(f"{zone}: the run succeeded. {where}", soft_wrap=True)
        return ""
    return "\n".join([f"{zone}: the run failed. {where}", *reasons(airflow, ended)])


def reasons(airflow: Airflow, ended: Run) -> list[str]:
    """A line for each failed task, with what its error said."""
    found = []
    for task in airflow.tasks(ended.dag_id, ended.run_id):
        if task["state"] == "failed":
            reason = airflow.reason(ended.dag_id, ended.run_id, task["task_id"], task["try_number"])
            found.append(f"{task['task_id']}: {reason or 'its log has no error; the run page links it'}")
    return found
