"""Callbacks as Airflow calls them: real contexts and requests, and an API server reduced to a dictionary."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from airflow.api_fastapi.execution_api.datamodels import taskinstance as datamodels
from airflow.callbacks.callback_requests import DagCallbackRequest, DagRunContext, TaskCallbackRequest
from airflow.dag_processing.processor import _execute_dag_callbacks, _execute_task_callbacks
from airflow.sdk import DAG, BaseOperator
from airflow.sdk.api.datamodels._generated import TaskInstance
from airflow.sdk.execution_time import comms, task_runner
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from assay.alerts import callbacks, warned
from assay.alerts.zone_alerts import ZoneAlerts
from assay.errors import AssayError
from assay.zones import Zone
from tests.plugins.assay.alerts.inbox import TOKEN, Inbox

RUN = "manual__2026-01-02T00:00:00+00:00"


class ApiServer:
    """What callbacks ask of the API server, over the same messages: variables and connections."""

    def __init__(self, webhook: str) -> None:
        self.webhook = webhook
        self.variables: dict[str, str] = {}
        self._lock = threading.Lock()

    def send(self, msg: Any) -> Any:
        with self._lock:
            match msg:
                case comms.GetConnection(conn_id="chat_flights"):
                    empty = dict.fromkeys(("host", "schema", "login", "port", "extra"))
                    return comms.ConnectionResult(
                        conn_id="chat_flights", conn_type="http", password=self.webhook, **empty
                    )
                case comms.GetVariable() if msg.key in self.variables:
                    return comms.VariableResult(key=msg.key, value=self.variables[msg.key])
                case comms.GetVariableKeys():
                    found = [key for key in self.variables if key.startswith(msg.prefix or "")]
                    return comms.VariableKeysResult(keys=found, total_entries=len(found))
                case comms.PutVariable():
                    self.variables[msg.key] = msg.value or ""
                    return comms.OKResponse(ok=True)
                case comms.DeleteVariable():
                    self.variables.pop(msg.key, None)
                    return comms.OKResponse(ok=True)
                case comms.MaskSecret():
                    return None
            return comms.ErrorResponse()


@pytest.fixture
def api(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    server = ApiServer(inbox.url)
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", server, raising=False)
    monkeypatch.setattr("assay.alerts.zone_alerts.SETTLE", 0.2)
    return server


class Settings:
    environment = "local"
    dag = {"default_args": {"retries": 2}}


@pytest.fixture
def dag(zones: list[Zone]) -> DAG:
    zone = next(zone for zone in zones if zone.zone == "flights")
    with DAG(dag_id="flights", schedule=None, **callbacks(zone, Settings())) as dag:  # type: ignore[arg-type]
        for name in ("approve.planes", "approve.flights", "approve.airports"):
            BaseOperator(task_id=name)
    return dag


def dag_run(state: str = "failed", cleared: int = 0) -> dict[str, Any]:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    return {
        "dag_id": "flights", "run_id": RUN, "logical_date": now, "data_interval_start": now, "data_interval_end": now,
        "run_after": now, "start_date": now, "end_date": None, "clear_number": cleared, "run_type": "manual",
        "state": state, "conf": {}, "consumed_asset_events": [], "partition_key": None,
    }  # fmt: skip


def instance(task: str) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(), "task_id": task, "dag_id": "flights", "run_id": RUN, "try_number": 1, "map_index": -1,
        "dag_version_id": uuid.uuid4(),
    }  # fmt: skip


def fails(dag: DAG, task: str, error: BaseException, cleared: int = 0) -> None:
    """What the task's own process does after its last try."""
    run_context = task_runner.TIRunContext.model_validate({"dag_run": dag_run("running", cleared), "max_tries": 0})
    ti = RuntimeTaskInstance.model_construct(
        **TaskInstance.model_validate(instance(task)).model_dump(),
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


def ends(dag: DAG, *, success: bool, last: str | None = "approve.planes", reason: str = "task_failure") -> None:
    """What the DAG processor does with the scheduler's request when a run has ended."""
    request = DagCallbackRequest(
        filepath="flights.py", bundle_name="dags", bundle_version=None, dag_id="flights", run_id=RUN,
        is_failure_callback=not success, msg=reason,
        context_from_server=DagRunContext(
            dag_run=datamodels.DagRun.model_validate(dag_run("success" if success else "failed")),
            last_ti=datamodels.TaskInstance.model_validate(instance(last)) if last else None,
        ),
    )  # fmt: skip
    request = DagCallbackRequest.from_json(request.to_json())
    _execute_dag_callbacks(Bag(dag), request, structlog.get_logger())  # type: ignore[arg-type]


def test_a_failed_task_is_told_at_once_with_its_reason_and_its_log(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    fails(dag, "approve.planes", AssayError("planes breaks its contract: 3 rows."))
    (text,) = inbox.texts
    assert "*flights* (local): task `approve.planes` failed." in text
    assert "> planes breaks its contract: 3 rows." in text
    assert "/dags/flights/runs/manual__2026-01-02T00%3A00%3A00%2B00%3A00/tasks/approve.planes?try_number=1|Log>" in text
    assert "flight-operations@example.com" in text


def test_a_storm_of_failures_in_a_run_is_one_message(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    names = ["approve.planes", "approve.flights", "approve.airports"]
    threads = [threading.Thread(target=fails, args=(dag, name, AssayError(name))) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fails(dag, "approve.planes", AssayError("later"))
    ends(dag, success=False)
    assert len(inbox.messages) == 1


def test_a_run_that_was_tried_again_and_fails_again_is_told_again(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    fails(dag, "approve.planes", AssayError("first"))
    fails(dag, "approve.planes", AssayError("second"), cleared=1)
    assert len(inbox.messages) == 2


def test_a_killed_worker_is_told_by_the_dag_processor_when_the_run_ends(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    ends(dag, success=False)
    (text,) = inbox.texts
    assert "task `approve.planes` failed" in text
    assert "killed, or the machine it ran on was lost" in text
    assert "/tasks/approve.planes?try_number=1|Log>" in text


def test_a_run_that_stands_still_is_told_without_a_task(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    ends(dag, success=False, last=None, reason="all_tasks_deadlocked")
    assert "the run failed" in inbox.texts[0]
    assert "waits for another that will never run" in inbox.texts[0]


def test_a_lost_heartbeat_is_told_once_by_task_and_run(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    request = TaskCallbackRequest(
        filepath="flights.py", bundle_name="dags", bundle_version=None,
        ti=datamodels.TaskInstance.model_validate(instance("approve.flights")), msg="heartbeat",
        context_from_server=datamodels.TIRunContext.model_validate({"dag_run": dag_run("running"), "max_tries": 0}),
    )  # fmt: skip
    _execute_task_callbacks(Bag(dag), request, structlog.get_logger())  # type: ignore[arg-type]
    ends(dag, success=False)
    (text,) = inbox.texts
    assert "task `approve.flights` failed" in text


def test_a_recovery_is_told_once(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    fails(dag, "approve.planes", AssayError("broken"))
    ends(dag, success=True)
    ends(dag, success=True)
    assert len(inbox.messages) == 2
    assert "recovered, `approve.planes` had failed" in inbox.texts[1]


def test_a_run_that_succeeds_after_a_success_says_nothing(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    ends(dag, success=True)
    assert inbox.messages == []


ONE = ["Test few_delays warned: 3 rows.", "select * from LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__FEW_DELAYS;"]
OTHER = ["Test planes_are_young warned: 1 row.", "select * from LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__PLANES_ARE_YOUNG;"]


def test_a_run_that_succeeds_with_warnings_lists_all_of_them_in_one_message(
    dag: DAG, api: ApiServer, inbox: Inbox
) -> None:
    warned.remember("flights", RUN, "silver.planes.test", OTHER, 1)
    warned.remember("flights", RUN, "silver.legs.test", ONE, 1)
    ends(dag, success=True)
    ends(dag, success=True)
    (text,) = inbox.texts
    assert f"*flights* (local): run `{RUN}` succeeded with warnings.\n```\n" in text
    assert "\n".join(ONE + OTHER) in text
    assert api.variables == {}


def test_a_test_that_warns_no_more_when_tried_again_is_not_mentioned(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    warned.remember("flights", RUN, "silver.legs.test", ONE, 1)
    warned.remember("flights", RUN, "silver.planes.test", OTHER, 1)
    warned.remember("flights", RUN, "silver.legs.test", [], 2)
    ends(dag, success=True)
    (text,) = inbox.texts
    assert "planes_are_young" in text
    assert "few_delays" not in text


def test_warnings_of_a_failed_run_are_told_when_it_succeeds_and_forgotten_with_another(
    dag: DAG, api: ApiServer, inbox: Inbox
) -> None:
    warned.remember("flights", "a run that was never tried again", "silver.legs.test", ONE, 1)
    warned.remember("flights", RUN, "silver.planes.test", OTHER, 1)
    ends(dag, success=False)
    assert "planes_are_young" not in inbox.texts[0]
    ends(dag, success=True)
    assert "planes_are_young" in inbox.texts[-1]
    assert "few_delays" not in inbox.texts[-1]
    assert api.variables == {}


def test_many_warnings_are_one_message_of_bearable_length(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    for number in range(40):
        warned.remember("flights", RUN, f"silver.m{number}.test", ONE, 1)
    ends(dag, success=True)
    (text,) = inbox.texts
    assert text.count("few_delays warned") == 12
    assert "… and 56 lines more" in text


def test_an_alert_that_did_not_arrive_is_tried_again_when_the_run_ends(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    inbox.status = 503
    fails(dag, "approve.planes", AssayError("broken"))
    inbox.status = 200
    ends(dag, success=False)
    assert len(inbox.messages) == 1


def test_a_dead_chat_server_fails_no_task(dag: DAG, api: ApiServer, caplog: pytest.LogCaptureFixture) -> None:
    api.webhook = f"http://127.0.0.1:9/hooks/{TOKEN}"
    fails(dag, "approve.planes", AssayError("broken"))
    ends(dag, success=False)
    assert TOKEN not in caplog.text


def test_a_zone_without_a_chat_connection_fails_no_task(zones: list[Zone], api: ApiServer, inbox: Inbox) -> None:
    weather = next(zone for zone in zones if zone.zone == "weather")
    ZoneAlerts(weather, "local").run_failed({"run_id": RUN, "reason": "task_failure"})
    assert inbox.messages == []


def test_secrets_that_the_process_has_read_are_masked(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    from airflow.sdk.log import mask_secret

    mask_secret("correct-horse-battery")
    fails(dag, "approve.planes", AssayError("the server said correct-horse-battery is wrong"))
    assert "correct-horse-battery" not in inbox.texts[0]
    assert "the server said *** is wrong" in inbox.texts[0]
