"""Rollback by one click: a DAG with a form, which calls what `assay release rollback` calls."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, BaseOperator, Context, Param
from airflow.sdk.exceptions import AirflowFailException

from assay import settings as environments
from assay.releases.verbs import ReleaseRefused, Releases
from assay.warehouse import airflow_warehouse
from assay.zones import Duty, ZoneNames

log = logging.getLogger(__name__)

DOC = """Makes the release before the live one live again, in one statement, at any size. It is recorded, with the
reason and the person. Run it again to roll forward. See `docs/runbooks/release.md`."""


def rollback(dag_file: str) -> DAG:
    """The DAG `platform_rollback`, with the zones beside the DAG file to choose from, broken ones included."""
    folder = Path(dag_file).parent
    settings = environments.load(folder)
    zones = sorted(file.parent.name for file in (folder / "zones").glob("*/zone.yml"))
    with DAG(
        dag_id="platform_rollback",
        description="Put a zone's previous release back.",
        schedule=None,
        catchup=False,
        is_paused_upon_creation=False,
        tags=["platform"],
        doc_md=DOC,
        params={
            "zone": Param(zones[0], type="string", enum=zones, title="Zone", description="Whose gold goes back."),
            "reason": Param(
                type="string", minLength=3, title="Reason", description="What is wrong with it; kept in the register."
            ),
        },
    ) as dag:
        RollbackOperator(
            task_id="rollback", environment=settings.environment, retries=3, retry_delay=timedelta(seconds=5)
        )
    return dag


class RollbackOperator(BaseOperator):
    """Rolls back the zone that the form names. A retry finishes what was begun, and never rolls back twice."""

    def __init__(self, *, environment: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._environment = environment

    def execute(self, context: Context) -> str:
        zone, reason = str(context["params"]["zone"]), str(context["params"]["reason"])
        run = context["dag_run"]
        actor = getattr(run, "triggering_user_name", None) or "airflow"
        names = ZoneNames(self._environment, zone)
        with airflow_warehouse(names.connection(Duty.PUBLISHER)) as warehouse:
            try:
                release = Releases(warehouse, names).rollback(reason, actor, operation=f"airflow {run.run_id}")
            except ReleaseRefused as refusal:
                raise AirflowFailException(str(refusal)) from refusal
        log.info("%s: release %s is live again.", zone, release.release_id)
        return release.release_id
