"""The public API over a real socket, as far as it needs no warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from assay.ingestion.airbyte.client import AirbyteError
from local.emulators.airbyte.secrets import MASK
from tests.local.emulators.airbyte.fixtures import serving
from tests.local.emulators.airbyte.servers import Airbyte, World

FAKER = "dfd88b22-b603-4c3d-aad7-3701784586b1"
SNOWFLAKE = "424892c4-daac-4491-b35d-c6688ba547ba"
DESTINATION = {
    "host": "127.0.0.1", "port": 1, "username": "u", "role": "r", "warehouse": "w", "database": "d", "schema": "s",
    "credentials": {"auth_type": "Username and Password", "password": "very-secret"},
}  # fmt: skip


def make_destination(airbyte: Airbyte, **changes: Any) -> dict[str, Any]:
    body = {"name": "landing", "definitionId": SNOWFLAKE, "configuration": DESTINATION | changes}
    return airbyte.client.call("POST", "/destinations", body)


def make_connection(airbyte: Airbyte) -> str:
    source = airbyte.client.call(
        "POST", "/sources", {"name": "s", "definitionId": FAKER, "configuration": {"count": 5}}
    )
    ends = {"sourceId": source["sourceId"], "destinationId": make_destination(airbyte)["destinationId"]}
    streams = {"streams": [{"name": "users", "syncMode": "incremental_append"}]}
    made = airbyte.client.call("POST", "/connections", {"name": "c", "configurations": streams, **ends})
    return str(made["connectionId"])


@pytest.fixture(scope="module")
def shared(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airbyte]:
    """For tests that leave nothing which another would find."""
    with serving(world, tmp_path_factory.mktemp("shared")) as found:
        yield found


def test_nothing_but_health_and_login_answers_without_a_token(shared: Airbyte) -> None:
    assert requests.get(f"{shared.api}/health", timeout=5).ok
    for method, path in (("GET", "/connections"), ("POST", "/jobs"), ("GET", "/workspaces")):
        assert requests.request(method, shared.api + path, timeout=5).status_code == 401
    assert requests.put(f"{shared.url}/local/faults", json={}, timeout=5).status_code == 401
    assert requests.post(f"{shared.url}/api/v1/jobs/get", json={"id": 1}, timeout=5).status_code == 401
    wrong = {"client_id": "assay", "client_secret": "guess", "grant_type": "client_credentials"}
    assert requests.post(f"{shared.api}/applications/token", data=wrong, timeout=5).status_code == 401


def test_login_takes_a_form_as_well_as_json(shared: Airbyte) -> None:
    for kind in ("data", "json"):
        answer = requests.post(f"{shared.api}/applications/token", timeout=5, **{kind: dict(shared.credentials)})
        assert answer.json()["token_type"] == "Bearer"


def test_a_low_code_connector_is_deleted_once_no_source_uses_it(shared: Airbyte) -> None:
    (workspace,) = shared.client.call("GET", "/workspaces")["data"]
    path = f"/workspaces/{workspace['workspaceId']}/definitions/declarative_sources"
    id = shared.client.call("POST", path, {"name": "ours", "manifest": {}})["id"]
    source = shared.client.call("POST", "/sources", {"name": "s", "definitionId": id, "configuration": {"count": 5}})
    with pytest.raises(AirbyteError, match="the source s uses this connector"):
        shared.client.call("DELETE", f"{path}/{id}")
    shared.client.call("DELETE", f"/sources/{source['sourceId']}")
    shared.client.call("DELETE", f"{path}/{id}")
    assert shared.client.list(path) == []


def test_secrets_are_stored_and_never_read_back(airbyte: Airbyte) -> None:
    made = make_destination(airbyte)
    read = airbyte.client.call("GET", f"/destinations/{made['destinationId']}")
    assert made == read
    assert read["configuration"]["credentials"]["password"] == MASK
    assert read["configuration"]["host"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"host": ""}, "configuration.host"),
        ({"credentials": {"auth_type": "Telepathy"}}, "fits none of: Key Pair Authentication, Username and Password"),
        ({"port": "eighty"}, "configuration.port"),
    ],
)
def test_a_configuration_that_does_not_fit_the_spec_is_refused(shared: Airbyte, change: Any, said: str) -> None:
    with pytest.raises(AirbyteError, match="422") as error:
        make_destination(shared, **change)
    assert said in str(error.value)
    assert shared.client.list("/destinations") == []


def test_a_refusal_never_repeats_a_value(shared: Airbyte) -> None:
    with pytest.raises(AirbyteError) as error:
        make_destination(shared, credentials={"auth_type": "Key Pair Authentication", "password": "leaked"})
    assert "leaked" not in str(error.value)


def test_names_are_unique_and_what_is_in_use_cannot_be_deleted(airbyte: Airbyte) -> None:
    connection = make_connection(airbyte)
    with pytest.raises(AirbyteError, match=r"409.*exists already"):
        make_destination(airbyte)
    destination = airbyte.client.list("/destinations")[0]["destinationId"]
    with pytest.raises(AirbyteError, match=r"409.*the connection c uses this destination"):
        airbyte.client.call("DELETE", f"/destinations/{destination}")
    airbyte.client.call("DELETE", f"/connections/{connection}")
    airbyte.client.call("DELETE", f"/destinations/{destination}")
    assert airbyte.client.list("/destinations") == []


def test_a_schedule_of_its_own_is_refused(airbyte: Airbyte) -> None:
    connection = make_connection(airbyte)
    with pytest.raises(AirbyteError, match="scheduleType must be manual"):
        airbyte.client.call("PATCH", f"/connections/{connection}", {"schedule": {"scheduleType": "cron"}})


def test_an_active_connection_takes_no_second_job(airbyte: Airbyte) -> None:
    connection = make_connection(airbyte)
    airbyte.faults(job="never_start")
    request = {"connectionId": connection, "jobType": "sync"}
    job = airbyte.client.call("POST", "/jobs", request)
    assert (job["status"], job["rowsSynced"]) == ("pending", 0)
    with pytest.raises(AirbyteError, match=f"409: A sync is already running: job {job['jobId']}"):
        airbyte.client.call("POST", "/jobs", request)
    assert airbyte.client.call("DELETE", f"/jobs/{job['jobId']}")["status"] == "cancelled"
    airbyte.faults(job="queued")
    assert airbyte.client.call("POST", "/jobs", request)["status"] == "queued"


def test_jobs_are_listed_newest_first_and_by_status(airbyte: Airbyte) -> None:
    connection = make_connection(airbyte)
    airbyte.faults(job="never_start")
    for _ in range(2):
        job = airbyte.client.call("POST", "/jobs", {"connectionId": connection, "jobType": "sync"})
        airbyte.client.call("DELETE", f"/jobs/{job['jobId']}")
    listed = airbyte.client.call("GET", "/jobs", connectionId=connection)["data"]
    assert [job["jobId"] for job in listed] == [2, 1]
    assert airbyte.client.call("GET", "/jobs", status="running")["data"] == []
    assert [job["jobId"] for job in airbyte.client.call("GET", "/jobs", limit=1, offset=1)["data"]] == [1]


def test_what_was_acknowledged_survives_a_kill(airbyte: Airbyte) -> None:
    connection = make_connection(airbyte)
    client = airbyte.client
    before = client.call("GET", f"/connections/{connection}")
    airbyte.faults(job="never_start")
    job = client.call("POST", "/jobs", {"connectionId": connection, "jobType": "sync"})
    airbyte.server.kill()
    airbyte.server.start()
    assert client.call("GET", f"/connections/{connection}") == before  # the old token is good, too
    ended = airbyte.ended(job["jobId"])  # taken up again; there is no warehouse at that address
    assert ended["status"] == "failed"


def test_faults_of_the_api_are_outside_the_api(airbyte: Airbyte) -> None:
    client = airbyte.client
    airbyte.faults(status=503, times=1)
    with pytest.raises(AirbyteError, match="503"):
        client.list("/connections")
    assert client.list("/connections") == []


def test_it_ends_at_once_when_it_is_told_to(airbyte: Airbyte) -> None:
    assert airbyte.server.stop() == 0
