"""The task that decides what a run builds: everything, the models that were chosen, or nothing."""

from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, DownstreamTasksSkipped

from assay.dbt_graph.manifest import graph_of
from assay.fitness import unfit
from assay.fitness.graph import checked_graph_of
from assay.fitness.ledger import read_approvals, read_results
from assay.leases.tasks import writing
from assay.run_params import WrongForm, asks_for_something, check_fields, chosen_models, loads_again
from assay.settings import Settings
from assay.transform.model_selection import WrongChoice, not_chosen
from assay.warehouse import airflow_warehouse
from assay.zones import ServiceRole, Zone, ZoneNames


def choose(zone: Zone, settings: Settings) -> "ChooseOperator":
    """Make the task `choose`: skips the models that a run was not asked for, and everything where nothing is new."""
    # The approvals before it are skipped where a run loads nothing.
    return ChooseOperator(task_id="choose", zone=zone, settings=settings, trigger_rule="none_failed")


class ChooseOperator(BaseOperator):
    """Marks the tasks that this run has no need of as skipped, in one call and before any of them could start.

    In a run that was limited to some models those of all others; a name that is no model's fails the run before
    anything is built. In a run with nothing new, all of them: see `releases.news`. Where a source has brought rows,
    which the approvals before it say, the warehouse is not asked.
    """

    ui_color = "#e8e8e8"

    def __init__(self, *, zone: Zone, settings: Settings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._zone = zone
        self._settings = settings
        self._names = ZoneNames(settings.environment, zone.zone)

    def execute(self, context: Context) -> None:
        try:
            check_fields(context["params"])
        except WrongForm as error:
            raise AirflowFailException(str(error)) from error
        chosen = chosen_models(context["params"])
        if not chosen and self._may_be_idle(context) and (reason := self._nothing_new()):
            self.log.info(reason)
            after = sorted(task.task_id for task in self.get_flat_relatives(upstream=False))
            raise DownstreamTasksSkipped(tasks=after)  # type: ignore[no-untyped-call]
        try:
            graph, loads = graph_of(self._zone, self._settings), loads_again(context["params"])
            skipped = not_chosen(graph, self._zone.zone, chosen, loads=loads)
        except WrongChoice as error:
            raise AirflowFailException(str(error)) from error
        with writing(self._names, ServiceRole.PUBLISHER, context, alone=self._settings.k8s):
            pass  # dbt builds nothing before it is this run's turn, and no pod of another run is left
        if not chosen:
            self.log.info("This run builds every model.")
            return
        self.log.info("This run is limited to %s: %d tasks are skipped.", ", ".join(chosen), len(skipped))
        if skipped:
            raise DownstreamTasksSkipped(tasks=skipped)  # type: ignore[no-untyped-call]

    def _may_be_idle(self, context: Context) -> bool:
        if self._zone.publish_unchanged or asks_for_something(context["params"]):
            return False
        tasks = [f"approve.{source.table}" for source in self._zone.sources]
        approved = context["ti"].xcom_pull(task_ids=tasks)
        return not any((each or {}).get("rows_approved") for each in approved or ())

    def _nothing_new(self) -> str | None:
        """Why there is nothing to build, in a sentence; None when there is something."""
        from assay.releases.ledger import ReleaseLedger
        from assay.releases.news import code_of, nothing_new, read_inputs

        graph = checked_graph_of(self._zone, self._settings)
        with airflow_warehouse(self._names.connection(ServiceRole.PUBLISHER)) as warehouse:
            releases = ReleaseLedger(warehouse, self._names).releases()
            now = read_inputs(warehouse, self._names, self._zone, code_of(self._settings))
            wrong = unfit(graph, read_results(warehouse, self._names), read_approvals(warehouse, self._names))
        return nothing_new(releases, now, wrong)
