"""A dbt command as a task, which says what dbt has done: on its page, to the channel, as assets and as lineage."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowException, AirflowRescheduleException, AirflowSkipException

from assay import assets
from assay.alerts import pending_warnings
from assay.import_speed import uncollected
from assay.leases import NOT_HELD
from assay.leases.statements import end_statements
from assay.leases.tasks import writing
from assay.lineage import tell_built
from assay.lineage.run_context import RunContext
from assay.pods import PodOperator, report
from assay.pods.failures import Failure
from assay.pods.results import ResultLines, Results, is_result
from assay.run_params import chosen_tasks
from assay.settings import Settings
from assay.transform.model_selection import NOT_CHOSEN, is_chosen
from assay.warehouse import airflow_warehouse
from assay.zones import ServiceRole, Zone, ZoneNames

with uncollected():
    from kubernetes.client import models

ENDED = ("Succeeded", "Failed")
RESULTS = "results"


class DbtOperator(PodOperator):
    """A pod of the image `assay/dbt`.

    dbt tells the pod's log what became of each node (images/dbt/bin). When it has ended, the task shows that as the
    field `results` on its page, has names and numbers in the XCom `results`, fails in words that name test, count and
    query, and emits an event for the asset of each node that was really built: `x-assay://<zone>/<layer>/<node>`.
    Airflow takes events of tasks that have succeeded only.

    The field and the outlet are made when the task runs. In the DAG they would cost every parse as many objects as
    there are models.

    :param covers: the models it is about, and those that decide what it shows: a run of other models skips it. None is
        about whatever was built.
    """

    overwrite_rtif_after_execution = True  # the page shows the fields as they are when the task has ended

    def __init__(self, *, zone: Zone, settings: Settings, covers: Sequence[str] | None = None, **kwargs: Any) -> None:
        super().__init__(zone=zone, settings=settings, **kwargs)
        self._zone, self._settings = zone, settings
        self._must_wait = False
        self.covers = None if covers is None else tuple(covers)

    def execute(self, context: Context) -> None:
        """Wait for its turn when dbt finds that its run must not build now (dbt/macros/platform/hold_run_lease.sql)."""
        try:
            super().execute(context)
        except AirflowException as error:
            if not self._must_wait:
                raise
            names = ZoneNames(self._settings.environment, self._zone.zone)
            with writing(names, ServiceRole.PUBLISHER, context, alone=self._settings.k8s):
                self.log.info("No other run is at work in the zone: this one goes on.")
            raise AirflowRescheduleException(datetime.now(UTC)) from error  # type: ignore[no-untyped-call]

    def pre_execute(self, context: Context) -> None:
        """Where the run was limited to other models: in its turn, and when it is cleared later."""
        if self.covers is not None and not is_chosen(self.covers, chosen_tasks(context["params"])):
            raise AirflowSkipException(NOT_CHOSEN)

    def find_pod(self, namespace: str, context: Context, *, exclude_checked: bool = True) -> models.V1Pod | None:
        """The pod to go on with. Where there is none any more, what an earlier try has sent is cancelled first."""
        found = super().find_pod(namespace, context, exclude_checked=exclude_checked)
        if (context["ti"].try_number or 1) > 1 and (found is None or found.status.phase in ENDED):
            self._end_earlier_try(context["ti"])
        return found

    def _end_earlier_try(self, ti: Any) -> None:
        names = ZoneNames(self._settings.environment, self._zone.zone)
        earlier = {"run": ti.run_id, "task": ti.task_id}
        with airflow_warehouse(names.connection(ServiceRole.PUBLISHER)) as warehouse:
            left = end_statements(warehouse, names, lambda tag: earlier.items() <= tag.items())
        if left:
            raise AirflowException(
                f"Statements of an earlier try have been cancelled and have not ended yet: {', '.join(left)}."
            )

    @cached_property
    def _lines(self) -> ResultLines:
        return ResultLines()

    def shown(self, line: str) -> str:
        if not is_result(line):
            self._must_wait = self._must_wait or NOT_HELD in line
            return line
        node = self._lines.take(line)
        return "\n".join(report.described(node)) if node else "dbt has reported everything."

    def conclude(self, context: Context, trouble: Failure | None) -> Failure | None:
        if not self._lines.complete:  # lines were lost on the way, or dbt was killed
            self._lines.read(self.log_again())
        results = self._lines.results().masked(self.masked)
        if results.nodes:
            self._show(results, context)
            self._emit(results, context)
            tell_built(results, RunContext.of(context, self._settings), self._settings)
        ti = context["ti"]
        lines = report.warnings(results)
        pending_warnings.remember(self._zone.zone, ti.run_id, ti.task_id, lines, int(ti.try_number or 1))
        return report.in_words(trouble, results)

    def _show(self, results: Results, context: Context) -> None:
        self.results = report.page(results)
        self.template_fields = (*self.template_fields, RESULTS)
        context["ti"].xcom_push(RESULTS, results.figures())

    def _emit(self, results: Results, context: Context) -> None:
        if not results.built:
            return
        alias = assets.models_of(self._zone)
        self.outlets = [*self.outlets, alias]
        events = context["outlet_events"][alias]
        for node in results.built:
            reported: dict[str, Any] = {"rows": node.rows, "seconds": node.seconds, "relation": node.relation}
            events.add(assets.node(node.zone, node.layer, node.name), extra=reported)
