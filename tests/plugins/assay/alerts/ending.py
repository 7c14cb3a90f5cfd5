"""Tasks and runs that end, as Airflow ends them: real contexts and requests."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import structlog
from airflow.api_fastapi.execution_api.datamodels import taskinstance as datamodels
from airflow.callbacks.callback_requests import DagCallbackRequest, DagRunContext
from airflow.dag_processing.processor import _execute_dag_callbacks
from airflow.sdk import DAG
from airflow.sdk.api.datamodels._generated import TaskInstance
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from tests.plugins.assay.alerts.api_server import RUN


def dag_run(
    state: str = "failed", cleared: int = 0, run: str = RUN, by: str = "manual", dag: str = "flights"
) -> dict[str, Any]:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    return {
        "dag_id": dag, "run_id": run, "logical_date": now, "data_interval_start": now, "data_interval_end": now,
        "run_after": now, "start_date": now, "end_date": None, "clear_number": cleared, "run_type": by,
        "state": state, "conf": {}, "consumed_asset_events": [], "partition_key": None,
    }  # fmt: skip


def instance(task: str, run: str = RUN, dag: str = "flights") -> dict[str, Any]:
    return {
        "id": uuid.uuid4(), "task_id": task, "dag_id": dag, "run_id": run, "try_number": 1, "map_index": -1,
        "dag_version_id": uuid.uuid4(),
    }  # fmt: skip


def fails(dag: DAG, task: str, error: BaseException, cleared: int = 0, run: str = RUN, by: str = "manual") -> None:
    """What the task's own process does after its last try."""
    run_context = task_runner.TIRunContext.model_validate(
        {"dag_run": dag_run("running", cleared, run, by, dag.dag_id), "max_tries": 0}
    )
    ti = RuntimeTaskInstance.model_construct(
        **TaskInstance.model_validate(instance(task, run, dag.dag_id)).model_dump(),
        task=dag.get_task(task), _ti_context_from_server=run_context, max_tries=0,
    )  # fmt: skip
    context = ti.get_template_context()
    context["exception"] = error
    for callback in dag.get_task(task).on_failure_callback:
        callback(context)


class Bag:
    """What the DAG processor looks a request's DAG up in."""

    def __init__(self, dag: DAG) -> None:
        self.dags = {dag.dag_id: dag}


def ends(
    dag: DAG,
    *,
    success: bool,
    last: str | None = "approve.planes",
    reason: str = "task_failure",
    cleared: int = 0,
    run: str = RUN,
    by: str = "manual",
) -> None:
    """What the DAG processor does with the scheduler's request when a run has ended."""
    request = DagCallbackRequest(
        filepath="flights.py", bundle_name="dags", bundle_version=None, dag_id=dag.dag_id, run_id=run,
        is_failure_callback=not success, msg=reason,
        context_from_server=DagRunContext(
            dag_run=datamodels.DagRun.model_validate(
                dag_run("success" if success else "failed", cleared, run, by, dag.dag_id)
            ),
            last_ti=datamodels.TaskInstance.model_validate(instance(last, run, dag.dag_id)) if last else None,
        ),
    )  # fmt: skip
    request = DagCallbackRequest.from_json(request.to_json())
    _execute_dag_callbacks(Bag(dag), request, structlog.get_logger())  # type: ignore[arg-type]
