"""A dbt task in Airflow's own task runner, and what that sends: fields, XComs, asset events, a state."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from airflow.sdk import DAG
from airflow.sdk.api.datamodels._generated import TaskInstance, TaskInstanceState
from airflow.sdk.execution_time import comms, task_runner
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from assay.settings import Settings
from assay.zones import Zone
from tests.local.emulators.kubernetes.conftest import Cluster
from tests.plugins.assay.pods.test_results import BUILT, FAILED, WARNED, end
from tests.plugins.assay.transform.test_operator import dbt, says

NOW = datetime(2026, 1, 2, tzinfo=UTC)
RUN = {
    "dag_id": "flights", "run_id": "run 1", "logical_date": NOW, "data_interval_start": NOW, "data_interval_end": NOW,
    "run_after": NOW, "start_date": NOW, "end_date": None, "clear_number": 0, "run_type": "manual", "state": "running",
    "conf": {}, "consumed_asset_events": [], "partition_key": None,
}  # fmt: skip


class Supervisor:
    """Keeps what the task sends, and answers as an API server that has no variable and no outlet that is inactive."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, msg: Any) -> Any:
        self.sent.append(msg)
        match msg:
            case comms.GetVariableKeys():
                return comms.VariableKeysResult(keys=[], total_entries=0)
            case comms.ValidateInletsAndOutlets():
                return comms.InactiveAssetsResult(inactive_assets=[])
            case comms.GetVariable() | comms.GetConnection() | comms.GetXCom():
                return comms.ErrorResponse()
        return comms.OKResponse(ok=True)

    def of(self, kind: type[Any]) -> list[Any]:
        return [msg for msg in self.sent if isinstance(msg, kind)]


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Supervisor:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    made = Supervisor()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", made, raising=False)
    return made


def execute(zone: Zone, settings: Settings, script: str) -> None:
    """What a worker does with a task instance, from its start to its end."""
    with DAG(dag_id="flights", schedule=None):
        task = dbt(zone, settings, script)
    instance = {
        "id": uuid.uuid4(), "task_id": "test", "dag_id": "flights", "run_id": "run 1", "try_number": 1,
        "map_index": -1, "dag_version_id": uuid.uuid4(),
    }  # fmt: skip
    ti = RuntimeTaskInstance.model_construct(
        **TaskInstance.model_validate(instance).model_dump(),
        task=task,
        _ti_context_from_server=task_runner.TIRunContext.model_validate({"dag_run": RUN, "max_tries": 0}),
        max_tries=0,
        start_date=NOW,
    )
    context, log = ti.get_template_context(), structlog.get_logger()
    state, _, error = task_runner.run(ti, context, log)
    task_runner.finalize(ti, state, context, log, error)


def test_a_success_sends_its_results_as_field_xcom_variable_and_asset_events(
    cluster: Cluster, flights: Zone, settings: Settings, supervisor: Supervisor
) -> None:
    execute(flights, settings, says(BUILT, WARNED, end(2)))
    first, last = supervisor.of(comms.SetRenderedFields)
    assert "results" not in first.rendered_fields
    assert "Test few_delays warned: 1 row." in last.rendered_fields["results"]
    (xcom,) = supervisor.of(comms.SetXCom)
    assert (xcom.key, len(xcom.value)) == ("results", 2)
    (variable,) = supervisor.of(comms.PutVariable)
    assert variable.key.startswith("warned.flights.")
    (succeeded,) = supervisor.of(comms.SucceedTask)
    assert [(outlet.name, outlet.type) for outlet in succeeded.task_outlets] == [("models of flights", "AssetAlias")]
    (event,) = succeeded.outlet_events
    assert event["source_alias_name"] == "models of flights"
    assert event["dest_asset_key"]["uri"] == "x-assay://flights/silver/legs_v2"


def test_a_failure_sends_the_field_and_the_xcom_and_no_asset_event(
    cluster: Cluster, flights: Zone, settings: Settings, supervisor: Supervisor
) -> None:
    execute(flights, settings, says(BUILT, FAILED, end(2), code=1))
    assert "Test unique_legs failed: 3 rows." in supervisor.of(comms.SetRenderedFields)[-1].rendered_fields["results"]
    assert [xcom.key for xcom in supervisor.of(comms.SetXCom)] == ["results"]
    assert supervisor.of(comms.SucceedTask) == []
    assert [msg.state for msg in supervisor.of(comms.TaskState)] == [TaskInstanceState.FAILED]
