"""A key's rotation on the embedded warehouse and Secrets Manager, killed before each of its steps and run again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto import mock_aws

from assay.connect import connector_arguments
from assay.rotation import Rotation, RotationError, key_pairs
from assay.rotation.kinds import POD_KEY
from assay.rotation.target import RotationTarget
from assay.secrets_manager import NotConnected, Versions
from assay.warehouse import ConnectionWarehouse
from local.emulators.aws import versions as versions  # moto refuses what AWS rejects
from tests.plugins.assay.conftest import ADMIN, PASSWORD, Account

CONNECTION, POD = "assay/connections/snowflake_weather_loader", "assay/pods/warehouse-weather-loader"


class Killed(Exception):
    """The command ends at this moment."""


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="eu-central-1")


class Trial:
    """One service user with a connection and a pod's secret, as `./assay up` makes them."""

    def __init__(self, account: Account, manager: Any, user: str, key: key_pairs.PrivateKey) -> None:
        self.account, self.manager, self.user = account, manager, user
        self.sent: list[str] = []
        self.later = timedelta(0)
        public = key_pairs.public_key(key)
        admin = account.admin()
        admin.execute(f"create or replace user {user} type = service rsa_public_key = '{public}'")
        der = key_pairs.in_form_of(key, "AAAA")
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        extra = {"account": "assay", "host": "127.0.0.1", "port": account.port, "private_key_content": pem}
        self.put(CONNECTION, {"conn_type": "snowflake", "login": user, "extra": extra})
        self.put(POD, {"SNOWFLAKE_USER": user, "SNOWFLAKE_ACCOUNT": "assay", POD_KEY: der})

    def put(self, name: str, value: dict[str, Any]) -> None:
        try:
            self.manager.create_secret(Name=name, SecretString=json.dumps(value))
        except self.manager.exceptions.ResourceExistsException:
            self.manager.put_secret_value(SecretId=name, SecretString=json.dumps(value))

    def value(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.manager.get_secret_value(SecretId=name)["SecretString"])
        return found

    def keys(self) -> dict[str, bytes]:
        pem = self.value(CONNECTION)["extra"]["private_key_content"]
        held = {CONNECTION: pem, POD: self.value(POD)[POD_KEY]}
        return {name: key_pairs.der(key_pairs.load(text)) for name, text in held.items()}

    def log_in(self, key: bytes) -> None:
        with closing(self.account._login(self.user, private_key=key)) as connection:
            ConnectionWarehouse(connection).execute("select 1")

    def lets_in(self, key: bytes) -> bool:
        from snowflake.connector.errors import DatabaseError

        try:
            self.log_in(key)
        except DatabaseError:
            return False
        return True

    def rotation(self, say: Callable[[str], None] = lambda _: None) -> Rotation:
        @contextmanager
        def warehouse() -> Iterator[ConnectionWarehouse]:
            with closing(self.account._login(ADMIN, password=PASSWORD)) as connection:
                yield ConnectionWarehouse(connection)

        def check(user: str, key: bytes) -> None:
            assert user == self.user
            if not self.lets_in(key):
                raise NotConnected(f"The warehouse does not let {user} in")

        return Rotation(
            RotationTarget(
                versions=Versions(self.manager),
                warehouse=warehouse,
                check=check,
                send=lambda: self.sent.append(self.value(POD)[POD_KEY]) or [],  # type: ignore[func-returns-value]
                read_by_airbyte=frozenset({POD}),
                grace=timedelta(minutes=20),
                now=lambda: datetime.now(UTC) + self.later,
            ),
            say,
        )


@pytest.fixture
def trial(account: Account, manager: Any) -> Trial:
    return Trial(account, manager, "ROTATED_USER", ec.generate_private_key(ec.SECP256R1()))


def test_both_secrets_and_airbyte_get_one_new_key_and_the_old_one_still_works(trial: Trial) -> None:
    before = trial.keys()
    trial.rotation().rotate(POD)
    after = trial.keys()
    assert len(set(after.values())) == 1
    assert after[POD] != before[POD]
    assert trial.sent == [trial.value(POD)[POD_KEY]]
    assert trial.lets_in(after[POD])
    assert trial.lets_in(before[POD])  # pods that were started with it can still finish
    assert trial.value(CONNECTION)["extra"]["port"] == trial.account.port  # nothing else has changed
    assert trial.value(POD)["SNOWFLAKE_ACCOUNT"] == "assay"


def test_the_replaced_key_is_removed_after_the_grace_and_not_before(trial: Trial) -> None:
    old = trial.keys()[POD]
    trial.rotation().rotate(trial.user)
    with pytest.raises(RotationError, match="--now"):
        trial.rotation().revoke(trial.user)
    with pytest.raises(RotationError, match="--revoke-old"):
        trial.rotation().rotate(trial.user)
    assert trial.lets_in(old)
    trial.later = timedelta(minutes=21)
    trial.rotation().revoke(trial.user)
    assert not trial.lets_in(old)
    assert trial.lets_in(trial.keys()[POD])
    assert trial.rotation().revoke(trial.user) == []


def test_after_a_leak_the_old_key_ends_at_once(trial: Trial) -> None:
    old = trial.keys()[POD]
    trial.rotation().rotate(CONNECTION, revoke_old=True)
    assert not trial.lets_in(old)
    assert all(trial.lets_in(key) for key in trial.keys().values())


@pytest.mark.parametrize("revoke_old", [False, True])
def test_killed_before_any_step_it_is_completed_by_running_it_again(trial: Trial, revoke_old: bool) -> None:
    steps = 8 if revoke_old else 7
    for kill in range(1, steps + 1):
        trial.later += timedelta(hours=1)
        before = trial.keys()[POD]
        asked: list[str] = []

        def say(line: str, asked: list[str] = asked, kill: int = kill) -> None:
            asked.append(line)
            if len(asked) == kill:
                raise Killed

        with pytest.raises(Killed):
            trial.rotation(say).rotate(POD, revoke_old)
        assert all(trial.lets_in(key) for key in trial.keys().values()), asked
        trial.rotation().rotate(POD, revoke_old)
        after = trial.keys()
        assert len(set(after.values())) == 1, asked
        assert after[POD] != before, asked
        assert trial.lets_in(after[POD]), asked
        assert trial.lets_in(before) is not revoke_old, asked
        assert trial.sent[-1] == trial.value(POD)[POD_KEY]


def test_two_commands_at_once_go_on_with_one_key(trial: Trial) -> None:
    """The second starts at each moment of the first, and ends before it goes on. Where the first has kept no key yet,
    it would go on with what it read before: it stops."""
    for moment in range(1, 8):
        trial.later += timedelta(hours=1)
        asked: list[str] = []

        def say(line: str, asked: list[str] = asked, moment: int = moment) -> None:
            asked.append(line)
            if len(asked) == moment:
                trial.rotation().rotate(POD)

        if moment == 1:
            with pytest.raises(NotConnected, match="changed by another command meanwhile"):
                trial.rotation(say).rotate(POD)
        else:
            trial.rotation(say).rotate(POD)
        assert len(set(trial.keys().values())) == 1, moment
        assert all(trial.lets_in(key) for key in trial.keys().values()), moment


def test_a_new_key_is_of_the_kind_of_the_old_one(account: Account, manager: Any) -> None:
    trial = Trial(account, manager, "ROTATED_RSA", rsa.generate_private_key(65537, 2048))
    trial.rotation().rotate("ROTATED_RSA")
    found = key_pairs.load(trial.value(POD)[POD_KEY])
    assert isinstance(found, rsa.RSAPrivateKey)
    assert connector_arguments(trial.value(CONNECTION))["private_key"] == key_pairs.der(found)


def test_a_key_that_cannot_log_in_reaches_no_secret(trial: Trial) -> None:
    before = trial.keys()
    trial.account.admin().execute(f"alter user {trial.user} set disabled = true")
    with pytest.raises(NotConnected, match=f"does not let {trial.user} in"):
        trial.rotation().rotate(POD)
    assert trial.keys() == before
    trial.account.admin().execute(f"alter user {trial.user} set disabled = false")
    trial.rotation().rotate(POD)
    assert trial.keys() != before
