"""What the platform adds to Airflow's own programs. All of them load it: nothing heavy is imported."""

from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

from assay.foreign_pages import CloseForeignPages
from assay.overrides import RememberRequest, record


class SetByHand:
    """Airflow calls it when a person sets tasks to a state, in the API server, and when a task has ended by itself.

    First of all listeners: Airflow calls none after one that raises, and other packages bring theirs.
    """

    @hookimpl(tryfirst=True)
    def on_task_instance_success(self, previous_state: Any, task_instance: Any) -> None:
        record(task_instance, "success")

    @hookimpl(tryfirst=True)
    def on_task_instance_skipped(self, previous_state: Any, task_instance: Any) -> None:
        record(task_instance, "skipped")


class AssayPlugin(AirflowPlugin):
    """Overrides: see `assay.overrides`. Pages of other packages: see `assay.foreign_pages`."""

    name = "assay"
    listeners = [SetByHand()]
    fastapi_root_middlewares = [
        {"name": "assay: who sent the request", "middleware": RememberRequest},
        {"name": "assay: no pages of other packages", "middleware": CloseForeignPages},
    ]
