"""The API over a real socket, on the whole data set."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.local.emulators.airbyte.servers import FlightsApi, World

FLIGHTS_OF_DAY_1 = 842


def test_only_who_has_the_token_gets_data(flights_api: FlightsApi) -> None:
    for headers in ({}, {"Authorization": "Bearer guess"}, {"Authorization": flights_api.token}):
        for path in ("flights", "clock", "faults", "flights/count"):
            assert requests.get(f"{flights_api.url}/v1/{path}", headers=headers, timeout=5).status_code == 401
    assert requests.get(f"{flights_api.url}/health", timeout=5).status_code == 200


def test_following_the_page_tokens_gives_a_day_exactly_once(flights_api: FlightsApi) -> None:
    assert flights_api.call("PUT", "clock", {"day": "2013-01-01"}).json() == {"day": "2013-01-01"}
    found, token, pages = [], "", 0
    while token is not None:
        page = flights_api.call("GET", f"flights?page_size=500&page_token={token}").json()
        found += [record["flight_id"] for record in page["data"]]
        token, pages = page["next_page_token"], pages + 1
    assert (len(found), len(set(found)), pages) == (FLIGHTS_OF_DAY_1, FLIGHTS_OF_DAY_1, 2)
    assert flights_api.call("GET", "flights?updated_since=2013-01-02T00:00:00Z").json()["data"] == []
    assert flights_api.call("GET", "flights/count?day=2013-01-01").json()["count"] == FLIGHTS_OF_DAY_1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "flights?page_size=501", None),
        ("GET", "flights?page_size=0", None),
        ("GET", "flights?page_token=guess", None),
        ("GET", "flights?updated_since=yesterday", None),
        ("PUT", "clock", {"day": "2013-02-30"}),
        ("PUT", "faults", {"explode": True}),
        ("PUT", "faults", {"corrupt": {"day": "2013-01-01", "field": "altitude", "value": 1}}),
        ("PUT", "faults", {"corrupt": {"flight_id": "nobody", "field": "distance", "value": 1}}),
        ("PUT", "faults", {"fix": {"day": "1999-01-01"}}),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_sentence(
    flights_api: FlightsApi, method: str, path: str, body: dict[str, object] | None
) -> None:
    answer = flights_api.call(method, path, body)
    assert answer.status_code == 400
    assert len(answer.json()["error"].split()) > 3


def test_faults_hit_the_data_and_never_the_switches(flights_api: FlightsApi) -> None:
    flights_api.call("PUT", "faults", {"status": 503, "times": 1})
    assert flights_api.call("GET", "faults").json()["times"] == 1
    assert flights_api.call("GET", "clock").ok
    assert [flights_api.call("GET", "flights").status_code for _ in range(2)] == [503, 200]
    flights_api.call("PUT", "faults", {"rate_limit": 1})
    with ThreadPoolExecutor(10) as callers:
        answers = list(callers.map(lambda _: flights_api.call("GET", "flights"), range(30)))
    assert 429 in [answer.status_code for answer in answers]
    assert {answer.headers.get("Retry-After") for answer in answers if answer.status_code == 429} == {"1"}


def test_the_clock_survives_a_kill_and_a_stop_is_clean(world: World, tmp_path: Path) -> None:
    token = world.credentials["flights_api"]["token"]
    with world.serve("flights_api", "platform", tmp_path) as (url, server):
        api = FlightsApi(url, token)
        api.call("PUT", "clock", {"day": "2013-03-01"})
        server.kill()
        server.start()
        assert api.call("GET", "clock").json() == {"day": "2013-03-01"}
        assert server.stop() == 0
    assert token not in (tmp_path / "server.log").read_text()


def test_without_credentials_it_says_what_is_missing(
    root: Path, env_python: Callable[[str], Path], tmp_path: Path
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ASSAY_CREDENTIALS"}
    command = [env_python("platform"), "-m", "local.company.flights_api", "--port", "1", "--state", str(tmp_path)]
    ended = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "ASSAY_CREDENTIALS" in ended.stderr
