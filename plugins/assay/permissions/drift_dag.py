"""Drift by the clock: a DAG that looks whether somebody changed by hand who may do what, and tells the platform."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from assay import settings as environments
from assay.alerts import words
from assay.alerts.posting import run_url, send
from assay.errors import ConfigurationError
from assay.permissions import PermissionsRefused, Plan, Spec, apply, load, plan, read
from assay.permissions.message import applied, drifted, unknown
from assay.settings import Settings
from assay.warehouse import airflow_warehouse

log = logging.getLogger(__name__)

DOC = """Compares who may do what in the warehouse with `config/<environment>/roles.yml`, and tells the platform's
channel what differs. It puts it right only where `permissions.yml` says `apply: true`. See `docs/permissions.md`."""


def permissions(dag_file: str) -> DAG:
    """The DAG `platform_permissions`, for the environment's roles.yml beside the DAG file."""
    settings = environments.load(Path(dag_file).parent)
    with DAG(
        dag_id="platform_permissions",
        description="Look for permissions that were changed by hand.",
        schedule=settings.permissions.schedule,
        catchup=False,  # and no start date: the first look is the next one due, not one at once on a half-made platform
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=["platform"],
        doc_md=DOC,
    ) as dag:
        DriftOperator(task_id="look_for_drift", settings=settings, retries=3, retry_delay=timedelta(minutes=1))
    return dag


class DriftOperator(BaseOperator):
    """Plans, and announces what is not as the file says; returns the plan as `assay permissions plan --json` prints it.

    When it has failed for good it announces that too: nobody would otherwise learn that nobody looks.
    """

    def __init__(self, *, settings: Settings, **kwargs: Any) -> None:
        super().__init__(on_failure_callback=self.failed, **kwargs)
        self._settings = settings

    def execute(self, context: Context) -> dict[str, Any]:
        try:
            found = self._look()
        except (ConfigurationError, PermissionsRefused) as problem:
            raise AirflowFailException(str(problem)) from problem  # trying again would change nothing
        for line in found.lines():
            log.info("%s", line)
        if found or found.told:
            tell = applied if found and self._settings.permissions.apply else drifted
            self._tell(tell(self._settings.environment, found, _url(context), self._runbook))
        return found.plain()

    def failed(self, context: Mapping[str, Any]) -> None:
        """What Airflow calls after the last try."""
        problem = words.of_exception(context.get("exception"))
        self._tell(unknown(self._settings.environment, problem, _url(context), self._runbook))

    @property
    def _runbook(self) -> str:
        return self._settings.alerts.page_of(self._settings.permissions.runbook)

    def _look(self) -> Plan:
        permissions = self._settings.permissions
        with airflow_warehouse(permissions.warehouse_connection_id) as warehouse:
            if permissions.apply:
                return apply(warehouse, self._spec(), permissions.max_revokes)
            spec = self._spec()
            return plan(spec, read(warehouse, spec))

    def _spec(self) -> Spec:
        """Read when it runs, so that a wrong file is an announced failure and no DAG that is gone."""
        zones = [file.parent.name for file in (self._settings.dags_folder / "zones").glob("*/zone.yml")]
        return load(self._settings.roles_file, zones, self._settings.environment)

    def _tell(self, message: dict[str, str]) -> None:
        send(self._settings.permissions.chat_connection_id, message)


def _url(context: Any) -> str:
    return run_url(context["ti"].dag_id, context["ti"].run_id)
