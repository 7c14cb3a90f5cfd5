"""The operator against a real server, by way of the provider's own hook."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from assay.ingestion.airbyte.sync import AirbyteSyncOperator, SyncFailed
from tests.local.emulators.airbyte.servers import Airbyte, FlightsApi, Warehouse

DAY_1 = 842
Operator = Callable[..., AirbyteSyncOperator]
SOON = timedelta(seconds=2)


@pytest.fixture
def operator(airbyte: Airbyte, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """Makes an operator whose Airflow connection `airbyte` leads to the test's server."""
    connection = {
        "conn_type": "airbyte",
        "host": airbyte.api,
        "schema": f"{airbyte.api}/applications/token",
        "login": airbyte.credentials["client_id"],
        "password": airbyte.credentials["client_secret"],
    }
    monkeypatch.setenv("AIRFLOW_CONN_AIRBYTE", json.dumps(connection))

    def make(**settings: Any) -> AirbyteSyncOperator:
        defaults = {"connection": "flights_api", "poll_interval": timedelta(seconds=0.2)}
        return AirbyteSyncOperator(task_id="sync", **{**defaults, **settings})

    return make


def jobs(airbyte: Airbyte) -> list[dict[str, Any]]:
    """Every job, oldest first."""
    return list(reversed(airbyte.client.list("/jobs")))


def in_background(act: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(act())
        except Exception as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def wait_for_job(airbyte: Airbyte, status: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while not (found := [job for job in jobs(airbyte) if job["status"] == status]):
        assert time.monotonic() < deadline, jobs(airbyte)
        time.sleep(0.1)
    return found[0]


def test_a_sync_is_found_by_name_and_its_size_is_the_result(
    airbyte: Airbyte, flights_api: FlightsApi, flights_connection: str, operator: Operator
) -> None:
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    result = operator().execute({})
    assert result == {"job_id": 1, "rows": DAY_1, "bytes": jobs(airbyte)[0]["bytesSynced"]}
    assert operator().execute({}) == {"job_id": 2, "rows": 0, "bytes": 0}


def test_an_unknown_connection_is_named_with_the_known_ones(flights_connection: str, operator: Operator) -> None:
    with pytest.raises(SyncFailed, match=r'no connection "flight_api" \(it has: flights_api\)'):
        operator(connection="flight_api").execute({})


def test_a_retry_adopts_the_job_that_is_running(
    airbyte: Airbyte, flights_api: FlightsApi, flights_connection: str, operator: Operator
) -> None:
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    airbyte.faults(job="never_start")
    first, results = in_background(lambda: operator().execute({}))
    wait_for_job(airbyte, "pending")
    retry, others = in_background(lambda: operator().execute({}))
    airbyte.faults()
    first.join(60)
    retry.join(60)
    assert results == others
    assert results[0]["rows"] == DAY_1
    assert len(jobs(airbyte)) == 1


@pytest.mark.parametrize("fault", ["never_start", "queued"])
def test_a_sync_that_never_starts_is_cancelled_before_it_is_reported(
    airbyte: Airbyte, flights_connection: str, operator: Operator, fault: str
) -> None:
    airbyte.faults(job=fault)
    with pytest.raises(
        SyncFailed, match=r'Sync "flights_api": The sync has not started within 2 s; .*has been cancelled'
    ):
        operator(start_within=SOON).execute({})
    assert [job["status"] for job in jobs(airbyte)] == ["cancelled"]


def test_a_stalled_sync_is_cancelled_before_it_is_reported(
    airbyte: Airbyte, flights_api: FlightsApi, flights_connection: str, operator: Operator
) -> None:
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    airbyte.faults(job="stall")
    with pytest.raises(SyncFailed, match=r"has not moved for 2 s; at last look job 1 is running .* has been cancelled"):
        operator(stalled_after=SOON).execute({})
    assert [job["status"] for job in jobs(airbyte)] == ["cancelled"]
    airbyte.faults()
    assert operator().execute({})["rows"] == DAY_1


def test_the_deadline_ends_the_wait(airbyte: Airbyte, flights_connection: str, operator: Operator) -> None:
    airbyte.faults(job="never_start")
    with pytest.raises(SyncFailed, match="not done after 2 s"):
        operator(deadline=SOON).execute({})
    assert [job["status"] for job in jobs(airbyte)] == ["cancelled"]


def test_a_failed_sync_is_reported_in_the_connectors_own_words(
    airbyte: Airbyte, flights_connection: str, operator: Operator
) -> None:
    source = airbyte.client.list("/sources")[0]["sourceId"]
    airbyte.client.call("PATCH", f"/sources/{source}", {"configuration": {"api_key": "expired"}})
    with pytest.raises(SyncFailed) as failure:
        operator().execute({})
    said = str(failure.value)
    assert said.startswith('Sync "flights_api": Airbyte says: job 1 is failed with 0 rows and 0 bytes.')
    assert "Reason given: source: The flights API refused the token." in said


def test_a_few_refusals_of_the_server_are_borne(
    airbyte: Airbyte, flights_api: FlightsApi, flights_connection: str, operator: Operator
) -> None:
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    airbyte.faults(status=503, times=4)
    assert operator().execute({})["rows"] == DAY_1
    assert len(jobs(airbyte)) == 1


def test_a_server_that_stays_silent_is_given_up(airbyte: Airbyte, flights_connection: str, operator: Operator) -> None:
    airbyte.faults(status=503, times=10_000)
    with pytest.raises(SyncFailed, match=r"Airbyte has not answered for 2 s.*503"):
        operator(silent_after=SOON).execute({})


def test_a_server_that_restarts_in_mid_sync_is_waited_for(
    airbyte: Airbyte,
    flights_api: FlightsApi,
    warehouse: Warehouse,
    database: str,
    flights_connection: str,
    operator: Operator,
) -> None:
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    airbyte.faults(job="stall")
    thread, results = in_background(lambda: operator().execute({}))
    wait_for_job(airbyte, "running")
    airbyte.server.kill()
    airbyte.server.start()
    thread.join(90)
    assert results[0]["rows"] == DAY_1
    assert warehouse.rows(f"SELECT COUNT(*) FROM {database}.LANDING.FLIGHTS") == [(DAY_1,)]


def test_a_killed_task_leaves_no_job_running(airbyte: Airbyte, flights_connection: str, operator: Operator) -> None:
    airbyte.faults(job="never_start")
    task = operator()
    task.on_kill()  # before there is a job: nothing to do, and nothing to fail on
    thread, results = in_background(lambda: task.execute({}))
    wait_for_job(airbyte, "pending")
    while task._job_id is None:
        time.sleep(0.05)
    task.on_kill()
    thread.join(30)
    assert isinstance(results[0], SyncFailed)
    assert [job["status"] for job in jobs(airbyte)] == ["cancelled"]


def test_a_wrong_login_is_a_sentence(
    airbyte: Airbyte, flights_connection: str, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = f"{airbyte.api}/applications/token"
    wrong = {"conn_type": "airbyte", "host": airbyte.api, "schema": token, "login": "assay", "password": "guess"}
    monkeypatch.setenv("AIRFLOW_CONN_AIRBYTE", json.dumps(wrong))
    with pytest.raises(SyncFailed, match=r"Logging in to Airbyte failed: .*401"):
        operator().execute({})
