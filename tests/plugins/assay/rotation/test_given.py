"""Values that somebody else issues: tried first, then in every secret that held the old one, whatever is killed."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from assay.ingestion.airbyte.client import AirbyteError
from assay.ingestion.airbyte.config import AirbyteConfig
from assay.ingestion.airbyte.files import read
from assay.rotation import Rotation, RotationError
from assay.rotation.given import carried, changed, merged
from assay.rotation.target import RotationTarget
from assay.rotation.tries import Tries, environment, run
from assay.secrets_manager import NotConnected, SecretsManager, Versions
from tests.local.conftest import Server, known, service
from tests.local.emulators.airbyte.fixtures import (
    airbyte,
    aws,
    flights_api,
    flights_connection,
    flights_server,
    loader_key,
    secrets_manager,
    warehouse,
    world,
    zone,
)
from tests.local.emulators.airbyte.servers import Airbyte, FlightsApi

__all__ = [
    "airbyte",
    "aws",
    "flights_api",
    "flights_connection",
    "flights_server",
    "known",
    "loader_key",
    "secrets_manager",
    "service",
    "warehouse",
    "world",
    "zone",
]  # fmt: skip
TOKEN, COPY, OTHER = "assay/syncs/vendor", "assay/pods/vendor", "assay/pods/other"
KEYS = {TOKEN: frozenset({"TOKEN"}), COPY: frozenset({"VENDOR"}), OTHER: frozenset({"SECRET"})}


class Killed(Exception):
    """The command ends at this moment."""


class Secrets:
    """A Secrets Manager, and rotations of what is in it. `works` is what the vendor accepts."""

    def __init__(self, secrets_manager: SecretsManager) -> None:
        self.secrets_manager, self.versions = secrets_manager, Versions(secrets_manager._client)
        self.works = {"old-token", "new-token", "newest-token"}
        self.sent = 0
        secrets_manager.write(TOKEN, {"URL": "https://vendor.example", "TOKEN": "old-token"})
        secrets_manager.write(COPY, {"VENDOR": "old-token", "HOST": "old-token.example"})
        secrets_manager.write(OTHER, {"SECRET": "unrelated", "PLACE": "https://vendor.example"})

    def held(self) -> tuple[str, str]:
        return self.secrets_manager.read(TOKEN)["TOKEN"], self.secrets_manager.read(COPY)["VENDOR"]

    def rotation(self, say: Callable[[str], None] = lambda _: None, tries: Any = None) -> Rotation:
        def unused(*_: Any) -> Any:
            raise AssertionError("a warehouse has nothing to do with it")

        def send() -> list[Any]:
            self.sent += 1
            return []

        def tried(name: str, text: str) -> bool:
            if not set(json.loads(text).values()) & self.works:
                raise NotConnected("the vendor does not take it")
            return True

        return Rotation(
            RotationTarget(
                versions=self.versions, warehouse=unused, check=unused, send=send, read_by_airbyte=frozenset({TOKEN}),
                grace=timedelta(minutes=20), secret_keys=KEYS, try_value=tries or tried, now=lambda: datetime.now(UTC),
            ),
            say,
        )  # fmt: skip


@pytest.fixture
def secrets(secrets_manager: SecretsManager) -> Secrets:
    return Secrets(secrets_manager)


def test_every_secret_that_held_the_old_value_gets_the_new_one(secrets: Secrets) -> None:
    steps = secrets.rotation().give(TOKEN, "new-token")
    assert secrets.held() == ("new-token", "new-token")
    assert secrets.secrets_manager.read(TOKEN)["URL"] == "https://vendor.example"
    assert secrets.secrets_manager.read(COPY)["HOST"] == "old-token.example"  # only whole values are copies
    assert secrets.secrets_manager.read(OTHER) == {"SECRET": "unrelated", "PLACE": "https://vendor.example"}
    assert secrets.sent == 1
    assert not any("new-token" in step or "old-token" in step for step in steps)
    assert secrets.rotation().give(TOKEN, "new-token") == []


def test_a_value_that_does_not_work_changes_nothing(secrets: Secrets) -> None:
    with pytest.raises(NotConnected, match="does not take it"):
        secrets.rotation().give(TOKEN, "typo-token")
    assert secrets.held() == ("old-token", "old-token")
    assert secrets.versions.text(TOKEN, Versions.PENDING) is None
    secrets.rotation().give(TOKEN, "new-token")
    assert secrets.held() == ("new-token", "new-token")


def test_killed_before_any_step_it_is_completed_without_the_value(secrets: Secrets) -> None:
    for moment in range(1, 8):
        secrets.rotation().give(TOKEN, "old-token")
        asked: list[str] = []

        def say(line: str, asked: list[str] = asked, moment: int = moment) -> None:
            asked.append(line)
            if len(asked) == moment:
                raise Killed

        try:
            secrets.rotation(say).give(TOKEN, "new-token")
        except Killed:
            assert set(secrets.held()) <= {"old-token", "new-token"}
            begun = secrets.versions.text(TOKEN, Versions.PENDING) is not None
            if begun:
                with pytest.raises(RotationError, match="to another value is under way"):
                    secrets.rotation().give(TOKEN, "newest-token")
            secrets.rotation().give(TOKEN, None if begun else "new-token")
            assert secrets.held() == ("new-token", "new-token"), asked
        else:
            assert len(asked) > 4
            return


def test_what_was_begun_can_be_taken_back(secrets: Secrets) -> None:
    for moment in range(3, 6):
        asked: list[str] = []

        def say(line: str, asked: list[str] = asked, moment: int = moment) -> None:
            asked.append(line)
            if len(asked) == moment:
                raise Killed

        with pytest.raises(Killed):
            secrets.rotation(say).give(TOKEN, "new-token")
        secrets.works = {"old-token", "newest-token"}  # the vendor has revoked it meanwhile
        if secrets.held()[0] == "old-token":
            with pytest.raises(NotConnected, match="does not take it"):
                secrets.rotation().give(TOKEN, None)
        secrets.rotation().undo(TOKEN)
        assert len(set(secrets.held())) == 1, asked
        assert secrets.rotation().undo(TOKEN) == []
        secrets.rotation().give(TOKEN, "newest-token")
        assert secrets.held() == ("newest-token", "newest-token")
        secrets.works = {"old-token", "new-token", "newest-token"}
        secrets.rotation().give(TOKEN, "old-token")


def test_an_address_that_changed_meanwhile_is_not_brought_back(secrets: Secrets) -> None:
    def say(line: str) -> None:
        if "write the new one" in line:
            raise Killed

    with pytest.raises(Killed):
        secrets.rotation(say).give(TOKEN, "new-token")
    secrets.secrets_manager.write(TOKEN, {"URL": "https://moved.example", "TOKEN": "old-token"})
    secrets.rotation().give(TOKEN, None)
    assert secrets.secrets_manager.read(TOKEN) == {"URL": "https://moved.example", "TOKEN": "new-token"}


def test_of_two_people_at_once_one_is_told(secrets: Secrets) -> None:
    def say(line: str) -> None:
        if "keep the new value" in line:
            secrets.rotation().give(TOKEN, "newest-token")

    with pytest.raises((NotConnected, RotationError), match=r"another|Another"):
        secrets.rotation(say).give(TOKEN, "new-token")
    assert secrets.held() == ("newest-token", "newest-token")


def test_what_nothing_can_try_is_refused_unless_that_is_said(secrets: Secrets) -> None:
    with pytest.raises(RotationError, match="--untried"):
        secrets.rotation(tries=lambda name, text: False).give(TOKEN, "new-token")
    assert secrets.held() == ("old-token", "old-token")
    secrets.rotation(tries=lambda name, text: False).give(TOKEN, "new-token", untried=True)
    assert secrets.held() == ("new-token", "new-token")


@pytest.mark.parametrize(
    ("name", "old", "given", "key", "keys", "said"),
    [
        ("assay/pods/x", '{"A": "a-secret", "B": "b-secret"}', "v", None, frozenset("AB"), "several values: say which"),
        ("assay/pods/x", '{"A": "a-secret"}', "v", "C", frozenset("A"), "C is no secret of assay/pods/x; it has A."),
        ("assay/pods/x", '{"A": "a-secret"}', '{"A": 1}', None, frozenset("A"), "another type"),
        ("assay/pods/x", '{"A": "a-secret", "H": "h"}', '{"H": "i"}', None, frozenset("A"), "H is no secret"),
        ("assay/pods/x", '{"A": "a-secret"}', " \n", None, frozenset("A"), "empty"),
        ("assay/pods/x", '{"A": "a-secret"}', "a\0b", None, frozenset("A"), "NUL"),
        ("assay/connections/x", '{"conn_type": "http", "password": "a-secret"}', "v", "host", frozenset({"password"}),
         "host is no secret"),
        ("assay/variables/x", "old", "new", "A", frozenset(), "leave out --key"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_without_its_value(
    name: str, old: str, given: str, key: str | None, keys: frozenset[str], said: str
) -> None:
    with pytest.raises(RotationError, match=said) as caught:
        merged(name, old, given, key, keys)
    assert "secret" not in str(caught.value).replace("is no secret", "")


@pytest.mark.parametrize("seed", range(40))
def test_only_whole_values_are_replaced_and_all_of_them(seed: int) -> None:
    rng = random.Random(seed)
    old, new = f"old-{rng.random()}", f'new"\\{rng.random()}'
    values = [old, f"{old}x", f"x{old}", old.upper(), "", None, 1, [old, f"{old} "], {"deep": old}]
    value = {f"K{number}": rng.choice(values) for number in range(6)}
    changes = changed(json.dumps({"S": old, "H": "host-of-it"}), json.dumps({"S": new, "H": "other-host"}), {"S"})
    assert changes == {old: new}
    after = json.loads(carried(json.dumps(value), changes))
    expected = {old: new}
    for key, each in value.items():
        if each == [old, f"{old} "]:
            assert after[key] == [new, f"{old} "]
        elif each == {"deep": old}:
            assert after[key] == {"deep": new}
        else:
            assert after[key] == (expected.get(each, each) if isinstance(each, str) else each)


def test_short_values_are_no_copies_of_each_other() -> None:
    assert changed('{"A": "short"}', '{"A": "other"}', {"A"}) == {}


def test_a_command_finds_the_value_in_its_environment_and_nowhere_else(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    program = f"import os, sys; open({str(seen)!r}, 'w').write(os.environ['TOKEN'] + str(sys.argv))"
    run(f'{sys.executable} -c "{program}"', environment("assay/pods/x", '{"TOKEN": "new-token"}'))
    assert seen.read_text() == "new-token['-c']"
    with pytest.raises(RotationError, match="ended with 3"):
        run(f"{sys.executable} -c 'raise SystemExit(3)'", {})
    with pytest.raises(RotationError, match="did not run: FileNotFoundError"):
        run("/nothing/here", {})
    assert environment("assay/connections/crm", "{}") == {"AIRFLOW_CONN_CRM": "{}"}
    assert environment("assay/variables/limit", "7") == {"AIRFLOW_VAR_LIMIT": "7"}


def tries(root: Path, airbyte: Airbyte | None = None) -> Tries:
    def client() -> Any:
        assert airbyte is not None
        return airbyte.client

    return Tries(read(root / "airbyte"), {}, client, lambda _: None)


def test_a_webhook_is_tried_by_a_message(root: Path, service: Callable[[str], Server], known: dict[str, Any]) -> None:
    inbox = service("inbox").start()
    login = known["airflow"]["user"], known["airflow"]["password"]
    made = requests.post(f"{inbox.url}/local/hooks/weather", auth=login, timeout=10).json()["hook"]
    connection = {"conn_type": "http", "password": f"{inbox.url}{made}"}
    assert tries(root)("assay/connections/chat_weather", json.dumps(connection))
    found = requests.get(f"{inbox.url}/api/messages", params={"channel": "weather"}, auth=login, timeout=10).json()
    assert [message["text"] for message in found] == [
        "Alerts of weather come by another webhook from now on (`./assay secret rotate`)."
    ]
    wrong = {"conn_type": "http", "password": f"{inbox.url}/hooks/a-guess"}
    with pytest.raises(NotConnected, match="answered with HTTP status 404") as caught:
        tries(root)("assay/connections/chat_weather", json.dumps(wrong))
    assert "a-guess" not in str(caught.value)
    for old in (known["inbox"]["weather"], made.rpartition("/")[2]):
        assert requests.post(f"{inbox.url}/hooks/{old}", json={"text": "x"}, timeout=10).ok
    assert requests.delete(f"{inbox.url}/local/hooks/weather", auth=login, timeout=10).json() == {"deleted": 1}
    assert (
        requests.post(f"{inbox.url}/hooks/{known['inbox']['weather']}", json={"text": "x"}, timeout=10).status_code
        == 404
    )


def test_a_vendors_token_is_tried_by_airbyte_and_then_syncs(
    root: Path, airbyte: Airbyte, flights_api: FlightsApi, flights_connection: str, secrets_manager: SecretsManager
) -> None:
    name = "assay/syncs/flights_api"
    value = secrets_manager.read(name)
    with pytest.raises(AirbyteError, match="source flights_api does not work with it") as caught:
        tries(root, airbyte)(name, json.dumps(value | {"FLIGHTS_API_TOKEN": "a-typo-of-it"}))
    assert "a-typo-of-it" not in str(caught.value)
    new = flights_api.call("POST", "tokens").json()["token"]
    assert tries(root, airbyte)(name, json.dumps(value | {"FLIGHTS_API_TOKEN": new}))
    secrets_manager.write(name, value | {"FLIGHTS_API_TOKEN": new})
    AirbyteConfig(airbyte.client, root / "airbyte", secrets_manager).send_secrets()
    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    assert airbyte.sync(flights_connection)["status"] == "succeeded"
    loader = secrets_manager.read("assay/pods/warehouse-flights-loader")
    assert tries(root, airbyte)("assay/pods/warehouse-flights-loader", json.dumps(loader))
    with pytest.raises(AirbyteError, match="destination flights_landing does not work with it"):
        tries(root, airbyte)(
            "assay/pods/warehouse-flights-loader", json.dumps(loader | {"SNOWFLAKE_USER": "LOCAL_NOBODY_LOADER"})
        )
