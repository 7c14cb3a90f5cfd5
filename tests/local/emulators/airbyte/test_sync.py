"""Syncs for real: the flights API, the low-code connector, the warehouse."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import psutil
import pytest

from tests.local.emulators.airbyte.servers import Airbyte, FlightsApi, Warehouse

DAY_1, DAY_2 = 842, 943  # flights of 2013-01-01 and 2013-01-02 in the data package


def count(warehouse: Warehouse, database: str, where: str = "TRUE") -> int:
    return int(warehouse.rows(f"SELECT COUNT(*) FROM {database}.LANDING.FLIGHTS WHERE {where}")[0][0])


def tables(warehouse: Warehouse, database: str) -> list[str]:
    return [row[1] for row in warehouse.rows(f"SHOW TABLES IN SCHEMA {database}.LANDING")]


def test_each_sync_brings_what_is_new_and_nothing_else(
    airbyte: Airbyte, flights_api: FlightsApi, warehouse: Warehouse, database: str, flights_connection: str
) -> None:
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    first = airbyte.sync(flights_connection)
    assert (first["status"], first["rowsSynced"]) == ("succeeded", DAY_1)
    assert first["bytesSynced"] > 100 * DAY_1

    assert airbyte.sync(flights_connection)["rowsSynced"] == 0

    flights_api.call("PUT", "clock", {"day": "2013-01-02"})
    third = airbyte.sync(flights_connection)
    assert third["rowsSynced"] == DAY_2
    assert count(warehouse, database) == DAY_1 + DAY_2
    assert count(warehouse, database, f"_AIRBYTE_META:sync_id::NUMBER = {third['jobId']}") == DAY_2
    assert tables(warehouse, database) == ["FLIGHTS"]

    record = flights_api.call(
        "PUT", "faults", {"corrupt": {"day": "2013-01-01", "field": "distance", "value": -5}}
    ).json()
    fourth = airbyte.sync(flights_connection)
    assert fourth["rowsSynced"] == 1
    changed = f"FLIGHT_ID = '{record['record']['flight_id']}'"
    assert count(warehouse, database, changed) == 2  # append keeps the history
    assert count(warehouse, database, f"{changed} AND DISTANCE = -5") == 1
    flights_api.call("PUT", "faults", {"fix": {"day": "2013-01-01"}})


def test_rows_have_the_shape_of_destination_snowflake(
    airbyte: Airbyte, flights_api: FlightsApi, warehouse: Warehouse, database: str, flights_connection: str
) -> None:
    flights_api.call("PUT", "faults", {"corrupt": {"day": "2013-01-01", "field": "distance", "value": "far"}})
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    job = airbyte.sync(flights_connection)
    flights_api.call("PUT", "faults", {"fix": {"day": "2013-01-01"}})
    columns = {row[0]: row[1] for row in warehouse.rows(f"DESCRIBE TABLE {database}.LANDING.FLIGHTS")}
    assert columns["FLIGHT_ID"].startswith("VARCHAR")
    assert columns["DISTANCE"] == "NUMBER(38,0)"
    assert columns["UPDATED_AT"].startswith("TIMESTAMP_TZ")
    assert list(columns)[-4:] == ["_AIRBYTE_RAW_ID", "_AIRBYTE_EXTRACTED_AT", "_AIRBYTE_META", "_AIRBYTE_GENERATION_ID"]
    meta = "_AIRBYTE_META, _AIRBYTE_GENERATION_ID"
    bad = warehouse.rows(f"SELECT {meta} FROM {database}.LANDING.FLIGHTS WHERE DISTANCE IS NULL")
    assert len(bad) == 1
    changes = [{"field": "DISTANCE", "change": "NULLED", "reason": "DESTINATION_TYPECAST_ERROR"}]
    assert (json.loads(bad[0][0]), bad[0][1]) == ({"sync_id": job["jobId"], "changes": changes}, 0)
    ids = warehouse.rows(f"SELECT COUNT(DISTINCT _AIRBYTE_RAW_ID) FROM {database}.LANDING.FLIGHTS")
    assert ids == [(DAY_1,)]


def test_a_server_that_is_killed_in_mid_sync_finishes_it_without_loss_or_doubling(
    airbyte: Airbyte, flights_api: FlightsApi, warehouse: Warehouse, database: str, flights_connection: str
) -> None:
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    airbyte.faults(job="stall")
    job = airbyte.client.call("POST", "/jobs", {"connectionId": flights_connection, "jobType": "sync"})["jobId"]
    connector = wait_for_connector(airbyte)
    airbyte.server.kill()
    psutil.wait_procs([connector], timeout=10)
    assert not connector.is_running(), "the connector outlived its server"

    airbyte.server.start()
    assert (ended := airbyte.ended(job))["status"] == "succeeded", airbyte.log(job)
    assert ended["rowsSynced"] == DAY_1
    assert count(warehouse, database) == DAY_1
    assert tables(warehouse, database) == ["FLIGHTS"]
    assert list((airbyte.state / "private").iterdir()) == []


def test_a_cancelled_sync_leaves_no_row_and_no_process(
    airbyte: Airbyte, flights_api: FlightsApi, warehouse: Warehouse, database: str, flights_connection: str
) -> None:
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    airbyte.faults(job="stall")
    job = airbyte.client.call("POST", "/jobs", {"connectionId": flights_connection, "jobType": "sync"})["jobId"]
    connector = wait_for_connector(airbyte)
    assert airbyte.client.call("DELETE", f"/jobs/{job}")["status"] == "cancelled"
    psutil.wait_procs([connector], timeout=15)
    assert not connector.is_running()
    airbyte.faults()
    assert airbyte.sync(flights_connection)["rowsSynced"] == DAY_1  # the state had not moved
    assert count(warehouse, database) == DAY_1
    assert tables(warehouse, database) == ["FLIGHTS"]


def test_an_attempt_that_fails_is_made_again(
    airbyte: Airbyte, flights_api: FlightsApi, warehouse: Warehouse, database: str, flights_connection: str
) -> None:
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    airbyte.faults(job="incomplete")
    assert airbyte.sync(flights_connection)["status"] == "succeeded"
    assert count(warehouse, database) == DAY_1


def test_a_source_that_stumbles_is_waited_for(
    airbyte: Airbyte, flights_api: FlightsApi, warehouse: Warehouse, database: str, flights_connection: str
) -> None:
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    flights_api.call("PUT", "faults", {"status": 503, "times": 1})
    job = airbyte.sync(flights_connection)
    assert (job["status"], job["rowsSynced"]) == ("succeeded", DAY_1), airbyte.log(job["jobId"])


def test_a_refused_token_fails_the_job_at_once_and_says_what_to_do(
    airbyte: Airbyte, flights_connection: str, flights_api: FlightsApi
) -> None:
    source = airbyte.client.list("/sources")[0]["sourceId"]
    airbyte.client.call("PATCH", f"/sources/{source}", {"configuration": {"api_key": "expired"}})
    job = airbyte.sync(flights_connection)
    assert job["status"] == "failed"
    assert "The flights API refused the token" in airbyte.reason(job["jobId"])
    airbyte.client.call("PATCH", f"/sources/{source}", {"configuration": {"api_key": flights_api.token}})
    assert airbyte.sync(flights_connection)["status"] == "succeeded"


def test_a_warehouse_that_refuses_is_named_as_the_destination(
    airbyte: Airbyte, warehouse: Warehouse, flights_api: FlightsApi, flights_connection: str
) -> None:
    destination = airbyte.client.list("/destinations")[0]["destinationId"]
    airbyte.client.call("PATCH", f"/destinations/{destination}", {"configuration": {"username": "NO_LOGIN"}})
    job = airbyte.sync(flights_connection)
    assert job["status"] == "failed"
    assert "attempt 2 failed (destination)" in airbyte.log(job["jobId"])


def test_refresh_reads_everything_again_and_keeps_what_is_there_and_reset_forgets(
    airbyte: Airbyte, flights_api: FlightsApi, warehouse: Warehouse, database: str, flights_connection: str
) -> None:
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    airbyte.sync(flights_connection)
    assert airbyte.sync(flights_connection, "refresh")["rowsSynced"] == DAY_1
    assert count(warehouse, database, "_AIRBYTE_GENERATION_ID = 0") == DAY_1
    assert count(warehouse, database, "_AIRBYTE_GENERATION_ID = 1") == DAY_1
    assert airbyte.sync(flights_connection, "reset")["status"] == "succeeded"
    assert count(warehouse, database) == 0
    assert airbyte.sync(flights_connection)["rowsSynced"] == DAY_1


@pytest.mark.parametrize(("mode", "rows"), [("full_refresh_overwrite", 20), ("incremental_deduped_history", 20)])
def test_a_second_connector_and_the_modes_that_replace_rows(
    airbyte: Airbyte, warehouse: Warehouse, database: str, mode: str, rows: int
) -> None:
    client = airbyte.client
    faker, snowflake = "dfd88b22-b603-4c3d-aad7-3701784586b1", "424892c4-daac-4491-b35d-c6688ba547ba"
    settings = {"count": rows, "seed": 7, "parallelism": 1}
    source = client.call("POST", "/sources", {"name": "faker", "definitionId": faker, "configuration": settings})
    destination = {"name": "d", "definitionId": snowflake, "configuration": warehouse.destination(database)}
    connection: dict[str, Any] = {
        "name": "faker",
        "sourceId": source["sourceId"],
        "destinationId": client.call("POST", "/destinations", destination)["destinationId"],
        "prefix": "faker_",
        "configurations": {"streams": [{"name": "users", "syncMode": mode}]},
    }
    id = client.call("POST", "/connections", connection)["connectionId"]
    for job_type in ("sync", "refresh"):
        assert (job := airbyte.sync(id, job_type))["rowsSynced"] == rows, airbyte.log(job["jobId"])
        found = warehouse.rows(f"SELECT COUNT(*), COUNT(DISTINCT ID) FROM {database}.LANDING.FAKER_USERS")
        assert found == [(rows, rows)]


def test_no_secret_reaches_a_log_or_an_argument(
    airbyte: Airbyte, flights_api: FlightsApi, loader_key: tuple[str, str], flights_connection: str
) -> None:
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    airbyte.faults(job="stall")
    job = airbyte.client.call("POST", "/jobs", {"connectionId": flights_connection, "jobType": "sync"})["jobId"]
    arguments = " ".join(wait_for_connector(airbyte).cmdline())
    airbyte.faults()
    airbyte.ended(job)
    written = airbyte.log(job) + airbyte.server.log.read_text() + arguments
    assert "source-declarative-manifest" in arguments
    for secret in (flights_api.token, loader_key[0], airbyte.credentials["client_secret"]):
        assert secret not in written


def wait_for_connector(airbyte: Airbyte) -> psutil.Process:
    """The connector that reads, where the stall then holds it: the loaded program's fork, kept by another of its."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(psutil.Error):  # one may end while it is looked at
            for loaded in psutil.Process(airbyte.server.process.pid).children():
                for keeper in loaded.children():
                    for connector in keeper.children():
                        return connector
        time.sleep(0.05)
    raise AssertionError("no connector was started")
