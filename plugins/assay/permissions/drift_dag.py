"""Drift by the clock: a DAG that looks whether rights were changed by hand, and alerts the platform's channel."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from assay import settings as environments
from assay.alerts import error_text
from assay.alerts.outbox import Store
from assay.alerts.posting import Variables, run_url, send
from assay.errors import ConfigurationError
from assay.permissions import PermissionsRefused, apply, plan, read
from assay.permissions.account import AccountTooLarge
from assay.permissions.drift import Difference
from assay.permissions.look import Authors, authors, look, spec_of
from assay.permissions.message import LONGEST, MOST, drifted, unknown
from assay.permissions.standing import Standing
from assay.settings import Settings
from assay.warehouse import Warehouse, airflow_warehouse

log = logging.getLogger(__name__)

DOC = """Compares every user, role, owner and grant of the warehouse with Terraform's rights and
`config/<environment>/roles.yml`, and posts each difference to the platform's channel once, with who made it and when.
It puts right what the file decides, only where `permissions.yml` says `apply: true`. See `docs/permissions.md`."""


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
    """Posts each difference once while it stands; returns the plan as `assay permissions plan --json` prints it, with
    all `differences`.

    A difference is posted before anything is put right, so one that a plan reverses is reported, too. When the task has
    failed for good that is posted as well.
    """

    def __init__(self, *, settings: Settings, **kwargs: Any) -> None:
        super().__init__(on_failure_callback=self.failed, **kwargs)
        self._settings = settings

    def execute(self, context: Context) -> dict[str, Any]:
        try:
            with airflow_warehouse(self._settings.permissions.warehouse_connection_id) as warehouse:
                return self._execute(warehouse, _url(context))
        except (ConfigurationError, PermissionsRefused, AccountTooLarge) as problem:
            raise AirflowFailException(str(problem)) from problem  # trying again would change nothing

    def _execute(self, warehouse: Warehouse, url: str) -> dict[str, Any]:
        permissions, spec, standing = self._settings.permissions, spec_of(self._settings), Standing(store())
        found = look(warehouse, self._settings, spec)
        self._post(warehouse, found, standing, spec.file, url)
        done = plan(spec, read(warehouse, spec))
        for line in done.lines():
            log.info("%s", line)
        if permissions.apply and done:
            apply(warehouse, spec, permissions.max_revokes)
            standing.reported([], look(warehouse, self._settings, spec))
        return done.plain() | {"differences": [each.about for each in found]}

    def _post(self, warehouse: Warehouse, found: list[Difference], standing: Standing, file: str, url: str) -> None:
        """Post what is new, a part at a time; each part is noted when it is posted."""
        new = standing.to_report(found)
        by = authors(warehouse) if new else Authors()
        notes = [by.problem] if by.problem else []
        if self._settings.permissions.apply:
            notes.append(f"What {file} decides is put right now.")
        for start in range(0, min(len(new), LONGEST * MOST), LONGEST):
            part = new[start : start + LONGEST]
            lines = [by.line(each) for each in part]
            for line in lines:
                log.warning("%s", line)
            note = "".join(f"{each}\n" for each in notes)
            if self._tell(drifted(self._settings.environment, file, lines, note, url, self._runbook)):
                standing.reported(part, found)
        if not new:
            standing.reported([], found)

    def failed(self, context: Mapping[str, Any]) -> None:
        """What Airflow calls after the last try."""
        problem = error_text.of_exception(context.get("exception"))
        self._tell(unknown(self._settings.environment, problem, _url(context), self._runbook))

    @property
    def _runbook(self) -> str:
        return self._settings.alerts.page_of(self._settings.permissions.runbook)

    def _tell(self, message: dict[str, str]) -> bool:
        return send(self._settings.permissions.chat_connection_id, message)


def store() -> Store:
    """Where it is kept what was reported: Airflow's variables."""
    return Variables()


def _url(context: Any) -> str:
    return run_url(context["ti"].dag_id, context["ti"].run_id)
