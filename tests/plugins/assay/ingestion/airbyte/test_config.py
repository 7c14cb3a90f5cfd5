"""Applying files to a real server, which has no warehouse behind it, with secrets from a real Secrets Manager."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.errors import ConfigurationError
from assay.ingestion.airbyte.client import AirbyteClient, AirbyteError
from assay.ingestion.airbyte.config import AirbyteConfig
from assay.ingestion.airbyte.fingerprints import KEY
from assay.ingestion.airbyte.plan import Change, differs
from assay.secrets_manager import SecretsManager
from tests.local.emulators.airbyte.fixtures import serving
from tests.local.emulators.airbyte.servers import Airbyte, World

SOURCE = "assay/syncs/flights_api"
DESTINATION = "assay/pods/warehouse-flights-loader"
TOKEN = "token-one-that-nobody-may-see"
KEPT: dict[str, dict[str, Any]] = {
    SOURCE: {"FLIGHTS_API_URL": "http://127.0.0.1:1", "FLIGHTS_API_TOKEN": TOKEN},
    DESTINATION: {
        "SNOWFLAKE_HOST": "127.0.0.1", "SNOWFLAKE_PORT": "1", "SNOWFLAKE_ACCOUNT": "assay",
        "SNOWFLAKE_USER": "LOCAL_FLIGHTS_LOADER", "SNOWFLAKE_ROLE": "LOCAL_FLIGHTS_LOADER",
        "SNOWFLAKE_WAREHOUSE": "LOCAL_FLIGHTS_WH", "SNOWFLAKE_DATABASE": "LOCAL_FLIGHTS",
        "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": "AAAA",
    },
}  # fmt: skip
THINGS = [
    ("connector", "flights_api"), ("source", "flights_api"), ("destination", "flights_landing"),
    ("connection", "flights_api"),
]  # fmt: skip
KEEP = [Change(kind, name, "keep") for kind, name in THINGS]


class Repository:
    """A copy of the files, one Airbyte and one Secrets Manager."""

    def __init__(self, airbyte: Airbyte, secrets_manager: SecretsManager, folder: Path) -> None:
        self.airbyte, self.secrets_manager, self.folder = airbyte, secrets_manager, folder
        for key, value in KEPT.items():
            secrets_manager.write(key, value)

    @property
    def config(self) -> AirbyteConfig:
        return AirbyteConfig(self.airbyte.client, self.folder, self.secrets_manager)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def keep(self, key: str, **values: Any) -> None:
        self.secrets_manager.write(key, KEPT[key] | values)

    def one(self, kind: str) -> dict[str, Any]:
        (found,) = self.airbyte.client.list(f"/{kind}")
        return found

    def by_hand(self, kind: str, method: str = "PATCH", **body: Any) -> None:
        """What somebody does in the UI."""
        self.airbyte.client.call(method, f"/{kind}/{self.one(kind)[f'{kind[:-1]}Id']}", body)


@pytest.fixture(scope="module")
def server(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airbyte]:
    with serving(world, tmp_path_factory.mktemp("airbyte")) as found:
        yield found


@pytest.fixture
def airbyte(server: Airbyte) -> Airbyte:
    """The server, with everything deleted that a test before has made."""
    client = server.client
    for kind in ("connections", "sources", "destinations"):
        for one in client.list(f"/{kind}"):
            client.call("DELETE", f"/{kind}/{one[f'{kind[:-1]}Id']}")
    connectors = f"/workspaces/{client.workspace()}/definitions/declarative_sources"
    for one in client.list(connectors):
        client.call("DELETE", f"{connectors}/{one['id']}")
    return server


@pytest.fixture
def repository(airbyte: Airbyte, secrets_manager: SecretsManager, root: Path, tmp_path: Path) -> Repository:
    return Repository(airbyte, secrets_manager, Path(shutil.copytree(root / "airbyte", tmp_path / "declared")))


@pytest.fixture
def applied(repository: Repository) -> Repository:
    assert repository.config.apply() == [Change(kind, name, "create") for kind, name in THINGS]
    return repository


def test_what_was_rotated_while_it_applied_is_sent_again(repository: Repository) -> None:
    config = repository.config  # has read the secrets
    repository.keep(SOURCE, FLIGHTS_API_TOKEN="token-two-that-nobody-may-see")
    config.apply()
    assert repository.config.plan() == KEEP


def changed(changes: list[Change]) -> list[Change]:
    return [change for change in changes if change.action != "keep"]


def test_a_plan_changes_nothing_and_applying_twice_creates_once(repository: Repository) -> None:
    created = [Change(kind, name, "create") for kind, name in THINGS]
    assert repository.config.plan() == created == repository.config.plan()
    assert repository.config.apply() == created
    before = repository.one("connections")
    assert repository.config.apply() == KEEP
    assert repository.one("connections") == before


def test_a_change_is_made_in_place_and_named(applied: Repository) -> None:
    before = applied.one("connections")
    applied.edit("connections/flights_api.yaml", "incremental_append", "full_refresh_append")
    applied.edit("connectors/flights_api/manifest.yaml", "max_retries: 5", "max_retries: 6")
    applied.keep(DESTINATION, SNOWFLAKE_HOST="elsewhere")
    changes = {change.kind: change for change in changed(applied.config.apply())}
    assert sorted(changes) == ["connection", "connector", "destination"]
    assert changes["connection"].because == ("configurations.streams.syncMode",)
    assert changes["destination"].because == ("host",)
    after = applied.one("connections")
    assert after["connectionId"] == before["connectionId"]
    assert after["configurations"]["streams"][0]["syncMode"] == "full_refresh_append"
    assert applied.config.apply() == KEEP


def test_a_rotated_secret_updates_just_what_holds_it(applied: Repository) -> None:
    applied.keep(SOURCE, FLIGHTS_API_TOKEN="token-two")
    rotated = [Change("source", "flights_api", "update", ("secrets",))]
    assert changed(applied.config.plan()) == rotated
    assert changed(applied.config.apply()) == rotated
    assert applied.config.apply() == KEEP
    applied.keep(DESTINATION, DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY="BBBB")
    assert changed(applied.config.apply()) == [Change("destination", "flights_landing", "update", ("secrets",))]


def test_what_is_kept_of_a_secret_does_not_tell_it(applied: Repository) -> None:
    first = applied.secrets_manager.read(KEY)
    assert sorted(first) == sorted([applied.one("sources")["sourceId"], applied.one("destinations")["destinationId"]])
    assert TOKEN not in json.dumps(first)
    applied.secrets_manager.write(KEY, {})
    assert [change.because for change in changed(applied.config.apply())] == [("secrets",), ("secrets",)]
    assert applied.secrets_manager.read(KEY).keys() == first.keys()
    assert set(applied.secrets_manager.read(KEY).values()).isdisjoint(first.values()), "each hash has a salt of its own"


def test_a_source_that_was_made_anew_by_hand_gets_its_secret_again(applied: Repository) -> None:
    client, old = applied.airbyte.client, applied.one("sources")
    client.call("DELETE", f"/connections/{applied.one('connections')['connectionId']}")
    client.call("DELETE", f"/sources/{old['sourceId']}")
    body = {key: old[key] for key in ("name", "definitionId", "workspaceId")}
    client.call("POST", "/sources", {**body, "configuration": old["configuration"] | {"api_key": "guess"}})
    assert changed(applied.config.apply()) == [
        Change("source", "flights_api", "update", ("secrets",)),
        Change("connection", "flights_api", "create"),
    ]


@pytest.mark.parametrize(
    ("kind", "by_hand", "because"),
    [
        ("connections", {"status": "inactive"}, "status"),
        ("connections", {"prefix": "test_"}, "prefix"),
        ("sources", {"configuration": {"start_date": "2020-01-01T00:00:00Z"}}, "start_date"),
        ("destinations", {"configuration": {"jdbc_url_params": "x=1"}}, "jdbc_url_params"),
    ],
)
def test_a_hand_made_change_is_drift_and_is_put_right(
    applied: Repository, kind: str, by_hand: dict[str, Any], because: str
) -> None:
    applied.by_hand(kind, **by_hand)
    (drift,) = changed(applied.config.plan())
    assert (drift.kind, drift.action, drift.because) == (kind[:-1], "update", (because,))
    applied.config.apply()
    assert applied.config.plan() == KEEP


def test_columns_that_were_deselected_by_hand_are_drift(applied: Repository) -> None:
    (stream,) = applied.one("connections")["configurations"]["streams"]
    applied.by_hand("connections", configurations={"streams": [{**stream, "selectedFields": [{"fieldPath": ["id"]}]}]})
    (drift,) = changed(applied.config.plan())
    assert drift.because == ("configurations.streams.selectedFields",)
    applied.config.apply()
    assert applied.config.plan() == KEEP


def test_a_missing_secret_stops_before_anything_is_changed(repository: Repository) -> None:
    repository.keep(SOURCE, FLIGHTS_API_TOKEN="")
    sentence = (
        r"sources/flights_api.yaml: configuration.api_key needs \$\{FLIGHTS_API_TOKEN\}, "
        "which is not set; put it into assay/syncs/flights_api"
    )
    with pytest.raises(ConfigurationError, match=sentence):
        repository.config.apply()
    assert repository.airbyte.client.list("/sources") == []
    repository.edit("sources/flights_api.yaml", "secret: syncs/flights_api\n", "")
    with pytest.raises(ConfigurationError, match=r"sources/flights_api.yaml: secret is missing"):
        repository.config.plan()


def test_what_could_only_be_had_by_recreating_is_refused_all_at_once(applied: Repository) -> None:
    source = (applied.folder / "sources/flights_api.yaml").read_text()
    (applied.folder / "sources/other.yaml").write_text(source.replace("name: flights_api", "name: other"))
    applied.edit("sources/flights_api.yaml", "connector: flights_api", "connector: Sample Data (Faker)")
    applied.edit("connections/flights_api.yaml", "source: flights_api", "source: other")
    before = applied.one("connections")
    with pytest.raises(ConfigurationError) as refused:
        applied.config.apply()
    connector, connection = str(refused.value).splitlines()
    assert connector.startswith("airbyte/sources/flights_api.yaml: the connector of flights_api cannot be changed")
    assert connection.startswith("airbyte/connections/flights_api.yaml: the source of flights_api cannot be changed")
    assert connection.endswith(
        "give the new connection a new name, and delete this one with --prune --forget flights_api"
    )
    assert applied.one("connections") == before
    assert [one["name"] for one in applied.airbyte.client.list("/sources")] == ["flights_api"]


def test_an_unknown_connector_is_named_with_the_known_ones(repository: Repository) -> None:
    repository.edit("destinations/flights_landing.yaml", "connector: Snowflake", "connector: Snowflaek")
    with pytest.raises(
        ConfigurationError, match=r'connector "Snowflaek" is not known to Airbyte \(it has: Snowflake\)'
    ):
        repository.config.plan()


def remove(repository: Repository) -> None:
    """Everything goes from git."""
    for kind in ("sources", "destinations", "connections"):
        for path in (repository.folder / kind).iterdir():
            path.unlink()
    shutil.rmtree(repository.folder / "connectors")


def test_what_is_not_in_git_is_told_and_goes_only_when_asked(applied: Repository) -> None:
    remove(applied)
    told = applied.config.apply()
    assert {change.action for change in told} == {"unlisted"}
    assert not differs(told, prune=False)
    assert applied.config.apply(prune=True) == [
        Change(kind, name, "delete", ("it is not in git",))
        for kind, name in (THINGS[3], THINGS[2], THINGS[1], THINGS[0])
    ]
    assert applied.config.plan(prune=True) == []
    assert applied.secrets_manager.read(KEY) == {}


def test_a_connection_that_has_synced_goes_only_by_name_and_what_it_uses_stays_with_it(applied: Repository) -> None:
    id = applied.one("connections")["connectionId"]
    job = applied.airbyte.client.call("POST", "/jobs", {"connectionId": id, "jobType": "sync"})
    applied.airbyte.ended(job["jobId"])
    remove(applied)
    told = applied.config.apply(prune=True)
    assert {change.action for change in told} == {"unlisted"}
    assert told[0].because == (
        "it has synced, and how far it has read would be lost: --prune --forget flights_api deletes it",
    )
    assert differs(told, prune=True)
    with pytest.raises(ConfigurationError, match="--forget flights_ipa: Airbyte has no connection of that name"):
        applied.config.plan(prune=True, forget=["flights_ipa"])
    assert {change.action for change in applied.config.apply(prune=True, forget=["flights_api"])} == {"delete"}
    assert applied.airbyte.client.list("/connections") == []


def test_a_wrong_login_and_a_dead_server_are_sentences(airbyte: Airbyte) -> None:
    with pytest.raises(AirbyteError, match="401"):
        AirbyteClient(airbyte.api, "assay", "guess")
    with pytest.raises(AirbyteError, match="cannot be reached"):
        AirbyteClient("http://127.0.0.1:1/api/public/v1", "assay", "guess")


@pytest.fixture
def assay(repository: Repository, aws: dict[str, str], root: Path) -> Callable[..., tuple[int, str]]:
    """The command as a person runs it: its exit code, and all that it said."""
    connection = {"conn_type": "airbyte", "host": repository.airbyte.api, "login": "assay"}
    repository.secrets_manager.write(
        "assay/connections/airbyte", connection | {"password": repository.airbyte.credentials["client_secret"]}
    )

    def run(*arguments: str) -> tuple[int, str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "ASSAY_", "AIRFLOW"))}
        done = subprocess.run(
            [sys.executable, "-m", "assay.cli", "airbyte", *arguments, "--folder", str(repository.folder)],
            env=clean | aws | {"PYTHONPATH": str(root / "plugins"), "ASSAY_ENV": "local"},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    return run


def test_the_command_ends_with_0_for_nothing_2_for_drift_and_1_for_errors(
    assay: Callable[..., tuple[int, str]], repository: Repository
) -> None:
    status, said = assay("apply")
    assert (status, said.count("create")) == (0, 4)
    assert assay("plan", "--exit-code") == (0, "Airbyte is as the files say: there is nothing to do.\n")
    repository.by_hand("connections", status="inactive")
    status, said = assay("plan", "--exit-code", "--json")
    (drift,) = [one for one in json.loads(said)["changes"] if one["action"] != "keep"]
    assert (status, drift["name"], drift["because"]) == (2, "flights_api", ["status"])
    repository.keep(SOURCE, FLIGHTS_API_TOKEN="")
    status, said = assay("plan", "--exit-code")
    assert (status, said.count("\n")) == (1, 1)
    assert TOKEN not in said
