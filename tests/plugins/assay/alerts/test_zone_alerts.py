"""Callbacks as Airflow calls them: real contexts and requests, and an API server reduced to a dictionary."""

from __future__ import annotations

import threading
import time

import pytest
import structlog
from airflow.api_fastapi.execution_api.datamodels import taskinstance as datamodels
from airflow.callbacks.callback_requests import TaskCallbackRequest
from airflow.dag_processing.processor import _execute_task_callbacks
from airflow.sdk import DAG, BaseOperator

from assay.alerts import callbacks, pending_warnings, zone_alerts
from assay.alerts.outbox import Outbox
from assay.alerts.posting import Variables, post_by_connection
from assay.alerts.zone_alerts import ZoneAlerts
from assay.errors import AssayError
from assay.settings_files import AlertsFile
from assay.zones import Zone
from tests.plugins.assay.alerts.api_server import RUN, ApiServer
from tests.plugins.assay.alerts.ending import Bag, dag_run, ends, fails, instance
from tests.plugins.assay.alerts.inbox import TOKEN, Inbox


class Settings:
    environment = "local"
    alerts = AlertsFile(repository="https://git.example.com/assay/-/blob/main")
    dag = {"default_args": {"retries": 2}}


@pytest.fixture
def dag(zones: list[Zone]) -> DAG:
    zone = next(zone for zone in zones if zone.zone == "flights")
    with DAG(dag_id="flights", schedule=None, **callbacks(zone, Settings())) as dag:  # type: ignore[arg-type]
        for name in ("approve.planes", "approve.flights", "approve.airports"):
            BaseOperator(task_id=name)
    return dag


def test_a_failed_task_is_told_at_once_with_its_reason_and_its_log(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    fails(dag, "approve.planes", AssayError("planes breaks its contract: 3 rows."))
    (text,) = inbox.texts
    assert "*flights* (local): task `approve.planes` failed." in text
    assert "```\nplanes breaks its contract: 3 rows.\n```" in text
    assert "<https://git.example.com/assay/-/blob/main/docs/runbooks/zone.md|Runbook>" in text
    assert inbox.messages[0]["channel"] == "#zone-flights"
    assert "/dags/flights/runs/manual__2026-01-02T00%3A00%3A00%2B00%3A00/tasks/approve.planes?try_number=1|Log>" in text
    assert "flight-operations@example.com" in text


def together(dag: DAG, names: list[str]) -> None:
    threads = [threading.Thread(target=fails, args=(dag, name, AssayError(f"why {name}"))) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_storm_of_failures_is_one_message_with_every_cause(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    names = ["approve.planes", "approve.flights", "approve.airports"]
    together(dag, names)
    ends(dag, success=False)
    (text,) = inbox.texts
    for name in names:
        assert f"`{name}`" in text
        assert f"why {name}" in text


def test_tasks_that_fail_in_the_same_instant_are_one_message(
    dag: DAG, api: ApiServer, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All have seen that no alert is open before the first of them opens one."""
    names, read, first = ["approve.planes", "approve.flights", "approve.airports"], ZoneAlerts._read, threading.local()
    barrier = threading.Barrier(len(names))

    def at_once(self: ZoneAlerts) -> object:
        found = read(self)
        if not getattr(first, "seen", False):
            first.seen = True
            barrier.wait()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(ZoneAlerts, "_read", at_once)
        together(dag, names)
    (text,) = inbox.texts
    assert all(f"why {name}" in text for name in names)


def test_causes_that_come_later_are_all_in_one_closing_message(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    fails(dag, "approve.planes", AssayError("why planes"))
    fails(dag, "approve.flights", AssayError("why flights"))
    fails(dag, "approve.airports", AssayError("why airports"))
    assert len(inbox.messages) == 1
    ends(dag, success=False)
    ends(dag, success=False)
    first, closing = inbox.texts
    assert "task `approve.planes` failed" in first
    assert "3 tasks failed" in closing
    for part in ("why planes", "why flights", "why airports", "/tasks/approve.airports?try_number=1|Log>"):
        assert part in closing
    assert [key for key in api.variables if key.startswith("failed.")] == []


def test_a_task_that_was_killed_beside_one_that_spoke_is_in_the_closing_message(
    dag: DAG, api: ApiServer, inbox: Inbox
) -> None:
    fails(dag, "approve.planes", AssayError("why planes"))
    api.states = {"approve.planes": "failed", "approve.flights": "failed", "bronze.x.run": "upstream_failed"}
    ends(dag, success=False)
    closing = inbox.texts[-1]
    assert "2 tasks failed" in closing
    assert "`approve.flights`" in closing
    assert "its process was killed" in closing
    assert "bronze" not in closing


def test_fifteen_breaches_fit_into_one_message_that_names_each(zones: list[Zone], api: ApiServer, inbox: Inbox) -> None:
    zone = next(zone for zone in zones if zone.zone == "flights")
    names = [f"approve.table_{number:02}" for number in range(15)]
    with DAG(dag_id="flights", schedule=None, **callbacks(zone, Settings())) as dag:  # type: ignore[arg-type]
        for name in names:
            BaseOperator(task_id=name)
    for number, name in enumerate(names):
        fails(dag, name, AssayError(f"table {number} is odd: " + "<&> " * 800))
    ends(dag, success=False)
    assert len(inbox.messages) == 2
    closing = inbox.texts[-1]
    assert len(closing) < 16_383
    for number, name in enumerate(names):
        assert f"`{name}`" in closing
        assert f"table {number} is odd" in closing


def test_the_same_problem_in_the_next_scheduled_run_is_not_posted_again_and_recovers_once(
    dag: DAG, api: ApiServer, inbox: Inbox
) -> None:
    for number in range(60):
        run = f"scheduled__{number}"
        fails(dag, "approve.planes", AssayError(f"the company's server is away ({run}, after {number}.5 s)"), run=run,
              by="scheduled")  # fmt: skip
        ends(dag, success=False, run=run, by="scheduled")
    assert len(inbox.messages) == 1
    ends(dag, success=True, run="scheduled__60", by="scheduled")
    assert len(inbox.messages) == 2
    assert "recovered, `approve.planes` had failed" in inbox.texts[1]
    assert api.variables == {}


def test_another_problem_in_the_next_scheduled_run_is_posted(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    for number, reason in enumerate(("file-2026-01-01.csv is cut", "file-2026-01-02.csv is cut")):
        fails(dag, "approve.planes", AssayError(reason), run=f"scheduled__{number}", by="scheduled")
        ends(dag, success=False, run=f"scheduled__{number}", by="scheduled")
    assert len(inbox.messages) == 2


def test_a_problem_that_lasts_is_posted_again_after_hours(
    dag: DAG, api: ApiServer, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(dag, "approve.planes", AssayError("away"), run="scheduled__0", by="scheduled")
    now = time.time()
    monkeypatch.setattr(zone_alerts.time, "time", lambda: now + zone_alerts.REMIND + 1)
    fails(dag, "approve.planes", AssayError("away"), run="scheduled__1", by="scheduled")
    assert len(inbox.messages) == 2


def test_a_person_who_starts_a_run_hears_of_the_same_problem(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    fails(dag, "approve.planes", AssayError("away"), run="scheduled__0", by="scheduled")
    fails(dag, "approve.planes", AssayError("away"), run="manual__0")
    assert len(inbox.messages) == 2


class Standing(AssayError):
    standing = True
    identity = "file a.csv, rule b"


def test_a_standing_breach_is_posted_once_by_any_run(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    first = AssayError("a.csv breaks rule b in 3 of 7 rows")
    first.identity = Standing.identity  # type: ignore[attr-defined]
    fails(dag, "approve.planes", first, run="manual__0")
    ends(dag, success=False, run="manual__0")
    for number in range(1, 4):
        fails(dag, "approve.planes", Standing("still refused"), run=f"manual__{number}")
        ends(dag, success=False, run=f"manual__{number}")
    assert len(inbox.messages) == 1


def test_a_standing_breach_whose_message_is_gone_is_posted(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    fails(dag, "approve.planes", Standing("still refused"))
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
    pending_warnings.remember("flights", RUN, "silver.planes.test", OTHER, 1)
    pending_warnings.remember("flights", RUN, "silver.legs.test", ONE, 1)
    ends(dag, success=True)
    (text,) = inbox.texts
    assert f"*flights* (local): run `{RUN}` succeeded with warnings.\n```\n" in text
    assert "\n".join(ONE + OTHER) in text
    assert list(api.variables) == ["warnings_posted_flights"]
    ends(dag, success=True)
    assert api.variables == {}
    assert len(inbox.messages) == 1


def test_a_test_that_warns_no_more_when_tried_again_is_not_mentioned(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    pending_warnings.remember("flights", RUN, "silver.legs.test", ONE, 1)
    pending_warnings.remember("flights", RUN, "silver.planes.test", OTHER, 1)
    pending_warnings.remember("flights", RUN, "silver.legs.test", [], 2)
    ends(dag, success=True)
    (text,) = inbox.texts
    assert "planes_are_young" in text
    assert "few_delays" not in text


def test_warnings_of_a_failed_run_are_told_when_it_succeeds_and_forgotten_with_another(
    dag: DAG, api: ApiServer, inbox: Inbox
) -> None:
    pending_warnings.remember("flights", "a run that was never tried again", "silver.legs.test", ONE, 1)
    pending_warnings.remember("flights", RUN, "silver.planes.test", OTHER, 1)
    ends(dag, success=False)
    assert "planes_are_young" not in inbox.texts[0]
    ends(dag, success=True)
    assert "planes_are_young" in inbox.texts[-1]
    assert "few_delays" not in inbox.texts[-1]
    assert list(api.variables) == ["warnings_posted_flights"]


def test_the_same_warnings_of_scheduled_runs_are_posted_once(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    for number in range(60):
        run = f"scheduled__{number}"
        pending_warnings.remember("flights", run, "silver.legs.test", [f"Test few_delays warned: {number} rows."], 1)
        ends(dag, success=True, run=run, by="scheduled")
    assert len(inbox.messages) == 1
    pending_warnings.remember("flights", "other", "silver.legs.test", ["Test many_delays warned: 1 row."], 1)
    ends(dag, success=True, run="other", by="scheduled")
    assert len(inbox.messages) == 2


def test_many_warnings_are_one_message_of_bearable_length(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    for number in range(40):
        pending_warnings.remember("flights", RUN, f"silver.m{number}.test", ONE, 1)
    ends(dag, success=True)
    (text,) = inbox.texts
    assert text.count("few_delays warned") == 12
    assert "… and 56 lines more" in text


def drained() -> None:
    """What the DAG `platform_alerts` does later."""
    later = time.time() + 7200
    Outbox(Variables(), post_by_connection, lambda: later).drain("chat_flights")


def test_an_alert_that_did_not_arrive_is_kept_and_posted_once(dag: DAG, api: ApiServer, inbox: Inbox) -> None:
    inbox.status, inbox.headers = 429, {"Retry-After": "30"}
    fails(dag, "approve.planes", AssayError("broken"))
    assert inbox.asked == 1, "the task does not wait for a busy chat server"
    inbox.status = 200
    ends(dag, success=False)
    assert inbox.messages == []
    ends(dag, success=True)
    drained()
    drained()
    assert len(inbox.messages) == 2
    assert "task `approve.planes` failed" in inbox.texts[0]
    assert "recovered" in inbox.texts[1]
    assert api.variables == {}


def test_a_chat_server_that_does_not_know_the_channel_posts_where_its_webhook_does(
    dag: DAG, api: ApiServer, inbox: Inbox
) -> None:
    inbox.refuses_channels = True
    fails(dag, "approve.planes", AssayError("broken"))
    (message,) = inbox.messages
    assert "channel" not in message


def test_a_zone_without_a_webhook_is_posted_by_the_platforms_to_its_own_channel(
    zones: list[Zone], api: ApiServer, inbox: Inbox
) -> None:
    weather = next(zone for zone in zones if zone.zone == "weather")
    api.platform = inbox.url
    ZoneAlerts(weather, "local").run_failed({"run_id": RUN, "reason": "task_failure"})
    (message,) = inbox.messages
    assert message["channel"] == "#zone-weather"


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
