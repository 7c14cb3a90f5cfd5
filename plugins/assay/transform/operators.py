"""The task that limits a run to the models that were chosen."""

from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException, DownstreamTasksSkipped

from assay.form import chosen_models
from assay.settings import Settings
from assay.transform.choice import WrongChoice, not_chosen
from assay.transform.manifest import graph_of
from assay.zones import Zone


class ChooseOperator(BaseOperator):
    """Marks the tasks of all models that were not chosen as skipped, in one call and before any of them could start.

    In a run of everything it ends at once. A name that is no model's fails the run before anything is built.
    """

    ui_color = "#e8e8e8"

    def __init__(self, *, zone: Zone, settings: Settings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._zone = zone
        self._settings = settings

    def execute(self, context: Context) -> None:
        chosen = chosen_models(context["params"])
        if not chosen:
            self.log.info("This run builds every model.")
            return
        try:
            skipped = not_chosen(graph_of(self._zone, self._settings), self._zone.zone, chosen)
        except WrongChoice as error:
            raise AirflowFailException(str(error)) from error
        self.log.info("This run is limited to %s: %d tasks are skipped.", ", ".join(chosen), len(skipped))
        if skipped:
            raise DownstreamTasksSkipped(tasks=skipped)  # type: ignore[no-untyped-call]
