"""`assay run ZONE`: what pressing Trigger in the web UI does, which waits for the end and reports it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from assay import settings
from assay.dbt_graph.manifest import graph_of
from assay.ingestion.window import WrongWindow, window_of
from assay.run_params import FROM, FULL_REFRESH, MODELS, TO
from assay.transform.model_selection import check_models, choices
from assay.zones import Zone, load_zone
from local.emulators.common.files import StateError
from local.platform.airflow_client import Airflow, AirflowError, Run
from local.platform.setup import zones
from local.state.endpoints import Endpoints
from tools.runtime.interrupts import goes_on

SECONDS = 1800
MANIFEST = "dags/manifest.json"
ENVIRONMENT = "local"
READ_SECONDS = 60
"""In which Airflow has read a file that is new."""


def asked(first: date | None, last: date | None, models: Sequence[str], full_refresh: bool) -> dict[str, Any]:
    """Return what the form in the web UI would hand to the run. Raises WrongWindow for days that are none."""
    conf = {FROM: first and first.isoformat(), TO: last and last.isoformat()}
    try:
        window_of(conf)
    except WrongWindow as wrong:
        raise WrongWindow(str(wrong).replace(FROM, "--from").replace(TO, "--to")) from None
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
    root = endpoints.layout.root
    check_asked(root, load_zone(root / "dags" / "zones" / zone), conf)
    airflow = Airflow(endpoints)
    try:
        airflow.wait_for_dag(zone, READ_SECONDS, newer_than=changed_at(root, zone))
    except AirflowError as unread:
        raise AirflowError("\n".join(filter(None, [str(unread), stale_manifest(root)]))) from unread
    run_id = airflow.start(zone, conf)
    where = f"{endpoints.airflow}/dags/{zone}/runs/{run_id}"
    with goes_on(f"The run {run_id} of {zone} goes on: see {where}, stop it with `./assay cancel {zone}`."):
        ended = airflow.wait_for_run(zone, run_id, SECONDS, progress=lambda line: console.print(f"  {line}"))
    if ended.state == "success":
        console.print(f"{zone}: the run succeeded. {where}")
        if was_skipped(airflow.tasks(zone, run_id)):
            console.print("There was nothing new: nothing was built or published.")
        return ""
    return "\n".join([f"{zone}: the run failed. {where}", *reasons(airflow, ended)])


def check_asked(root: Path, zone: Zone, conf: Mapping[str, Any]) -> None:
    """Raise WrongChoice for a model that the zone does not have: the run would fail for it, and alert its owner. A
    manifest that is not there, or older than dbt/, does not know: the run itself decides then."""
    if (names := conf.get(MODELS)) and (root / MANIFEST).is_file() and not stale_manifest(root):
        check_models(choices(graph_of(zone, settings.load(root / "dags", ENVIRONMENT))), zone.zone, names)


def changed_at(root: Path, zone: str) -> datetime:
    """Return when a file that the zone's DAG is made from was last changed: an older import error may be outdated."""
    folders = [root / "dags" / "zones" / zone, root / "dags" / "config", root / "airbyte"]
    files = [root / "dags" / f"{zone}.py", root / MANIFEST, root / "plugins/assay/secrets/pods.yml"]
    return max(_changed([*files, *(path for folder in folders for path in folder.rglob("*"))]))


def stale_manifest(root: Path) -> str:
    """Return what to do where the dbt project is newer than the manifest, else an empty text."""
    made, project = _changed([root / MANIFEST]), [root / "dbt" / "dbt_project.yml"]
    for folder in ("models", "tests", "snapshots", "seeds", "macros"):
        project += (root / "dbt" / folder).rglob("*")
    if made and max(_changed(project), default=made[0]) <= made[0]:
        return ""
    return f"{MANIFEST} may be older than dbt/: `./assay up` makes it and the dbt image again."


def _changed(paths: Iterable[Path]) -> list[datetime]:
    return [datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in paths if path.is_file()]


def was_skipped(tasks: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the run found nothing to publish. It says so by skipping the task that would have published."""
    return any(task["task_id"] == "release.publish" and task["state"] == "skipped" for task in tasks)


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
