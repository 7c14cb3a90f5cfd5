"""`assay run ZONE`: what pressing Trigger in the web UI does, with the end awaited and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from assay.form import FROM, FULL_REFRESH, MODELS, TO
from assay.ingestion.window import window_of
from assay.zones import load_zone
from local.airflow_client import Airflow, Run
from local.endpoints import Endpoints
from local.files import StateError
from local.interrupts import goes_on
from local.setup import zones

SECONDS = 1800
READ_SECONDS = 60
"""In which Airflow has read a file that is new."""


def asked(first: date | None, last: date | None, models: Sequence[str], full_refresh: bool) -> dict[str, Any]:
    """Return what the form in the web UI would hand to the run. Raises WrongWindow for days that are none."""
    conf = {FROM: first and first.isoformat(), TO: last and last.isoformat()}
    window_of(conf)
    found: dict[str, Any] = {key: value for key, value in conf.items() if value}
    if models:
        found[MODELS] = list(models)
    if full_refresh:
        found[FULL_REFRESH] = True
    return found


def run(endpoints: Endpoints, zone: str, console: Console, conf: Mapping[str, Any]) -> str:
    """Run the zone for what is there now, or for what `conf` asks. Returns what went wrong, empty when nothing did."""
    known = zones(endpoints.layout)
    if zone not in known:
        raise StateError(f'There is no zone "{zone}"; there are {", ".join(known)}.')
    load_zone(endpoints.layout.root / "dags" / "zones" / zone)
    airflow = Airflow(endpoints)
    airflow.wait_for_dag(zone, READ_SECONDS, newer_than=changed_at(endpoints.layout.root / "dags", zone))
    run_id = airflow.start(zone, conf)
    where = f"{endpoints.airflow}/dags/{zone}/runs/{run_id}"
    with goes_on(f"The run {run_id} of {zone} goes on: see {where}, stop it with `./assay cancel {zone}`."):
        ended = airflow.wait_for_run(zone, run_id, SECONDS, progress=lambda line: console.print(f"  {line}"))
    if ended.state == "success":
        console.print(f"{zone}: the run succeeded. {where}", soft_wrap=True)
        return ""
    return "\n".join([f"{zone}: the run failed. {where}", *reasons(airflow, ended)])


def changed_at(dags: Path, zone: str) -> datetime:
    """Return when a file of the zone was last changed: an import error from before that may be out of date."""
    files = [dags / f"{zone}.py", *(path for path in (dags / "zones" / zone).rglob("*") if path.is_file())]
    return max(datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in files if path.exists())


def cancel(endpoints: Endpoints, zone: str) -> list[str]:
    """End the zone's runs that have not ended, as failed: Airflow ends their tasks. Returns their ids."""
    airflow = Airflow(endpoints)
    if zone not in airflow.dags():
        raise StateError(f'Airflow has no DAG "{zone}"; there are {", ".join(zones(endpoints.layout))}.')
    return airflow.end_runs(zone)


def reasons(airflow: Airflow, ended: Run) -> list[str]:
    """A line for each failed task, with what its error said."""
    found = []
    for task in airflow.tasks(ended.dag_id, ended.run_id):
        if task["state"] == "failed":
            reason = airflow.reason(ended.dag_id, ended.run_id, task["task_id"], task["try_number"])
            found.append(f"{task['task_id']}: {reason or 'its log has no error; the run page links it'}")
    return found
