"""Applying files to a real server, which has no warehouse behind it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assay.errors import ConfigurationError
from assay.ingestion.airbyte_client import AirbyteClient, AirbyteError
from assay.ingestion.airbyte_config import Change, configure, differences
from tests.local.airbyte.servers import Airbyte

SECRETS = {
    "FLIGHTS_API_URL": "http://127.0.0.1:1", "FLIGHTS_API_TOKEN": "token-one", "SNOWFLAKE_HOST": "127.0.0.1",
    "SNOWFLAKE_PORT": "1", "SNOWFLAKE_ACCOUNT": "assay", "SNOWFLAKE_USER": "LOCAL_FLIGHTS_LOADER",
    "SNOWFLAKE_ROLE": "LOCAL_FLIGHTS_LOADER", "SNOWFLAKE_WAREHOUSE": "LOCAL_FLIGHTS_WH",
    "SNOWFLAKE_DATABASE": "LOCAL_FLIGHTS", "SNOWFLAKE_PRIVATE_KEY": "AAAA",
}  # fmt: skip
THINGS = [
    ("connector", "flights_api"), ("source", "flights_api"), ("destination", "flights_landing"),
    ("connection", "flights_api"),
]  # fmt: skip


@pytest.fixture
def folder(root: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(root / "airbyte", tmp_path / "declared"))


def run(airbyte: Airbyte, folder: Path, **secrets: str) -> list[Change]:
    client = (airbyte.credentials["client_id"], airbyte.credentials["client_secret"])
    return configure(airbyte.api, client, folder, SECRETS | secrets)


def edit(path: Path, old: str, new: str) -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_applying_twice_creates_once(airbyte: Airbyte, folder: Path) -> None:
    assert run(airbyte, folder) == [Change(kind, name, "create") for kind, name in THINGS]
    ids = [one["connectionId"] for one in airbyte.client.list("/connections")]
    assert run(airbyte, folder) == [Change(kind, name, "keep") for kind, name in THINGS]
    assert [one["connectionId"] for one in airbyte.client.list("/connections")] == ids


def test_a_change_is_made_in_place_and_named(airbyte: Airbyte, folder: Path) -> None:
    run(airbyte, folder)
    before = airbyte.client.list("/connections")[0]
    edit(folder / "connections/flights_api.yaml", "incremental_append", "incremental_deduped_history")
    edit(folder / "connectors/flights_api/manifest.yaml", "max_retries: 5", "max_retries: 6")
    changes = {
        (change.kind, change.action): change.because for change in run(airbyte, folder, SNOWFLAKE_HOST="elsewhere")
    }
    assert changes["connection", "update"] == ("configurations.streams.syncMode",)
    assert changes["destination", "update"] == ("host",)
    assert ("connector", "update") in changes
    assert ("source", "keep") in changes
    after = airbyte.client.list("/connections")[0]
    assert after["connectionId"] == before["connectionId"]
    assert after["configurations"]["streams"][0]["syncMode"] == "incremental_deduped_history"


def test_a_missing_secret_stops_before_anything_is_changed(airbyte: Airbyte, folder: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"flights_api.yaml: configuration.api_key needs \$\{FLIGHTS_API_TOKEN\}"
    ):
        run(airbyte, folder, FLIGHTS_API_TOKEN="")
    assert airbyte.client.list("/sources") == []


def test_a_connection_is_never_moved_to_another_source(airbyte: Airbyte, folder: Path) -> None:
    run(airbyte, folder)
    other = (folder / "sources/flights_api.yaml").read_text().replace("name: flights_api", "name: other")
    (folder / "sources/other.yaml").write_text(other)
    edit(folder / "connections/flights_api.yaml", "source: flights_api", "source: other")
    with pytest.raises(ConfigurationError, match="source of flights_api cannot be changed without losing"):
        run(airbyte, folder)


def test_an_unknown_connector_is_named_with_the_known_ones(airbyte: Airbyte, folder: Path) -> None:
    edit(folder / "destinations/flights_landing.yaml", "connector: Snowflake", "connector: Snowflaek")
    with pytest.raises(
        ConfigurationError, match=r'connector "Snowflaek" is not known to Airbyte \(it has: Snowflake\)'
    ):
        run(airbyte, folder)


def test_a_wrong_login_and_a_dead_server_are_sentences(airbyte: Airbyte) -> None:
    with pytest.raises(AirbyteError, match="401"):
        AirbyteClient(airbyte.api, "assay", "guess")
    with pytest.raises(AirbyteError, match="cannot be reached"):
        AirbyteClient("http://127.0.0.1:1/api/public/v1", "assay", "guess")


def test_what_airbyte_masks_or_adds_is_no_difference() -> None:
    wanted = {"host": "h", "credentials": {"password": "p"}, "streams": [{"name": "a"}]}
    found = {"host": "h", "credentials": {"password": "**********"}, "streams": [{"name": "a", "extra": 1}], "more": 2}
    assert differences(wanted, found) == ()
    assert differences(wanted | {"streams": []}, found) == ("streams",)
