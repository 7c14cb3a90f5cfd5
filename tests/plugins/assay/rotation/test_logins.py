"""Issued logins are replaced at their real issuers' stand-ins, killed before each step, and by two commands at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import psycopg
import pytest

from assay.ingestion.airbyte.client import AirbyteError
from assay.rotation import Kind, Rotation, RotationError
from assay.rotation.access_keys import AccessKeys
from assay.rotation.airbyte_clients import AirbyteClients
from assay.rotation.issuers import Issuer
from assay.rotation.passwords import Passwords
from assay.rotation.target import RotationTarget
from assay.secrets_manager import NotConnected, Versions
from tests.local.conftest import Server, known, service
from tests.local.emulators.airbyte.fixtures import airbyte, world
from tests.local.emulators.airbyte.servers import Airbyte
from tests.local.emulators.postgres.test_postgres import accepts
from tests.plugins.assay.rotation.test_rotate import manager

__all__ = ["airbyte", "known", "manager", "service", "world"]
USER = "pods-weather"
KEYS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"})


class Killed(Exception):
    """The command ends at this moment."""


@dataclass
class Trial:
    """Secrets in the embedded Secrets Manager that hold one login, and its issuer. `valid` tries a secret's text."""

    manager: Any
    issuer: Issuer
    kind: Kind
    names: tuple[str, ...]
    valid: Callable[[str], bool]
    sent: list[str] = field(default_factory=list)
    later: timedelta = timedelta(hours=1)

    def put(self, value: dict[str, Any]) -> None:
        for name in self.names:
            self.manager.create_secret(Name=name, SecretString=json.dumps(value | {"PGDATABASE": "company"}))

    def texts(self) -> dict[str, str]:
        return {name: self.manager.get_secret_value(SecretId=name)["SecretString"] for name in self.names}

    def rotation(self, say: Callable[[str], None] = lambda _: None) -> Rotation:
        def unused(*_: Any) -> Any:
            raise AssertionError("a warehouse has nothing to do with it")

        return Rotation(
            RotationTarget(
                versions=Versions(self.manager), warehouse=unused, check=unused,
                send=lambda: self.sent.append("sent") or [],  # type: ignore[func-returns-value]
                read_by_airbyte=frozenset({self.names[-1]}), grace=timedelta(minutes=20),
                issuers={self.kind: self.issuer}, try_value=lambda name, text: self.issuer.check(text) or True,
                secret_keys=dict.fromkeys(self.names, KEYS), now=lambda: datetime.now(UTC) + self.later,
            ),
            say,
        )  # fmt: skip

    def killed_before(self, moment: int, then: Callable[[], None]) -> Callable[[str], None]:
        asked: list[str] = []

        def say(line: str) -> None:
            asked.append(line)
            if len(asked) == moment:
                then()

        return say


@pytest.fixture
def aws(service: Callable[[str], Server]) -> Server:
    return service("aws").start()


def clients(server: Server, known: dict[str, Any]) -> Callable[..., Any]:
    """boto3 clients of the embedded AWS, as the root user unless another login is given."""
    own = known["aws"]["administrator"]

    def make(service: str, **login: Any) -> Any:
        given = {"aws_access_key_id": own["access_key_id"], "aws_secret_access_key": own["secret_access_key"]} | login
        return boto3.client(service, **{"endpoint_url": server.url, "region_name": "eu-central-1"} | given)

    return make


@pytest.fixture
def landing(aws: Server, known: dict[str, Any]) -> Trial:
    """An access key in two pods' secrets."""
    make = clients(aws, known)
    issuer = AccessKeys(make, wait=lambda _: None)

    def valid(text: str) -> bool:
        try:
            issuer.check(text)
        except NotConnected:
            return False
        return True

    trial = Trial(make("secretsmanager"), issuer, Kind.AWS_ACCESS_KEY, ("assay/pods/a", "assay/pods/b"), valid)
    pair = {f"AWS_{name.upper()}": value for name, value in known["aws"][USER].items()}
    trial.put({"AWS_ENDPOINT_URL": aws.url, "AWS_REGION": "eu-central-1", **pair})
    return trial


@pytest.fixture
def client(manager: Any, airbyte: Airbyte) -> Trial:
    """An application of Airbyte in two connections."""
    issuer = AirbyteClients()

    def valid(text: str) -> bool:
        try:
            issuer.check(text)
        except AirbyteError as error:
            if "401" not in str(error):
                raise
            return False
        return True

    names = ("assay/connections/airbyte", "assay/connections/airbyte_old")
    trial = Trial(manager, issuer, Kind.AIRBYTE_CLIENT, names, valid)
    pair = airbyte.credentials
    trial.put(
        {"conn_type": "airbyte", "host": airbyte.api, "login": pair["client_id"], "password": pair["client_secret"]}
    )
    return trial


@pytest.fixture
def password(manager: Any, known: dict[str, Any], service: Callable[[str], Server]) -> Trial:
    """A login to Postgres in two pods' secrets."""
    server = service("postgres").start(accepts)
    issuer = Passwords()

    def valid(text: str) -> bool:
        try:
            issuer.check(text)
        except NotConnected:
            return False
        return True

    trial = Trial(manager, issuer, Kind.POSTGRES_PASSWORD, ("assay/pods/a", "assay/pods/b"), valid)
    trial.put({"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": "company_reader",
               "PGPASSWORD": known["postgres"]["company_reader"]})  # fmt: skip
    return trial


@pytest.fixture(params=["landing", "client", "password"])
def trial(request: pytest.FixtureRequest) -> Trial:
    found: Trial = request.getfixturevalue(request.param)
    return found


def ids(trial: Trial) -> set[str]:
    return {trial.issuer.id_of(text) for text in trial.texts().values()}


@pytest.mark.core
def test_every_secret_gets_one_new_login_and_the_old_one_ends_when_it_may(trial: Trial) -> None:
    before = trial.texts()
    trial.rotation().rotate(trial.names[1])
    after = trial.texts()
    assert len(ids(trial)) == 1
    assert {trial.issuer.id_of(text) for text in before.values()}.isdisjoint(ids(trial))
    assert all(trial.valid(text) for text in after.values())
    assert trial.sent == ["sent"]
    overlap = trial.kind is not Kind.POSTGRES_PASSWORD
    assert trial.valid(before[trial.names[0]]) is overlap, "what was started with it can end"
    if overlap:
        trial.later = timedelta(0)
        with pytest.raises(RotationError, match="--now"):
            trial.rotation().revoke(trial.names[0])
        trial.later = timedelta(hours=1)
        trial.rotation().revoke(trial.names[0])
        assert not trial.valid(before[trial.names[0]])
    assert all(trial.valid(text) for text in trial.texts().values())
    assert trial.rotation().revoke(trial.names[0]) == []


@pytest.mark.core
def test_killed_before_any_step_it_is_completed_by_running_it_again(trial: Trial) -> None:
    for moment in range(1, 9):
        trial.later += timedelta(hours=1)
        before = ids(trial)
        ended: list[int] = []

        def kill(ended: list[int] = ended) -> None:
            ended.append(1)
            raise Killed

        try:
            trial.rotation(trial.killed_before(moment, kill)).rotate(trial.names[0])
        except Killed:
            overlap = trial.kind is not Kind.POSTGRES_PASSWORD
            assert not overlap or all(trial.valid(text) for text in trial.texts().values()), moment
            trial.rotation().rotate(trial.names[moment % 2])
        assert len(ids(trial)) == 1, moment
        assert ids(trial).isdisjoint(before), moment
        assert all(trial.valid(text) for text in trial.texts().values()), moment
        if not ended:
            assert moment > 4, "it has that many steps at least"
            return


@pytest.mark.core
def test_two_commands_at_once_leave_one_login_that_works(trial: Trial) -> None:
    """The second starts at each moment of the first and ends before it goes on. The first stops where it has read what
    is no longer so."""
    for moment in range(1, 7):
        trial.later += timedelta(hours=1)
        before = ids(trial)
        say = trial.killed_before(moment, lambda: trial.rotation().rotate(trial.names[0]) and None)
        said = "another command"
        try:
            trial.rotation(say).rotate(trial.names[1])
        except (NotConnected, RotationError) as stopped:
            said = str(stopped)
        assert "another command" in said or "LimitExceeded" in said, moment
        assert len(ids(trial)) == 1, moment
        assert ids(trial).isdisjoint(before), moment
        assert all(trial.valid(text) for text in trial.texts().values()), moment


def test_what_a_command_left_that_was_killed_while_it_issued_is_removed(landing: Trial) -> None:
    landing.later = timedelta(0)
    left = landing.issuer.id_of(landing.issuer.issue(landing.texts()["assay/pods/a"]))
    landing.later = timedelta(0)
    with pytest.raises(RotationError, match="another rotation may be under way"):
        landing.rotation().rotate("assay/pods/a")
    landing.later = timedelta(minutes=6)
    steps = landing.rotation().rotate("assay/pods/a")
    assert steps[0] == f"remove what no secret holds: {left}"
    assert all(landing.valid(text) for text in landing.texts().values())


def test_a_pair_that_a_person_gives_reaches_every_secret(landing: Trial) -> None:
    made = landing.issuer.issue(landing.texts()["assay/pods/b"])
    pair = {name: json.loads(made)[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    wrong = json.dumps(pair | {"AWS_SECRET_ACCESS_KEY": "a-typo-of-it-that-is-long"})
    with pytest.raises(NotConnected):
        landing.rotation().give("assay/pods/b", wrong)
    assert landing.issuer.id_of(made) not in ids(landing)
    landing.rotation().give("assay/pods/b", json.dumps(pair))
    assert ids(landing) == {pair["AWS_ACCESS_KEY_ID"]}
    assert all(landing.valid(text) for text in landing.texts().values())


def test_after_a_leak_the_old_key_ends_at_once(landing: Trial) -> None:
    before = landing.texts()
    landing.rotation().rotate("assay/pods/a", revoke_old=True)
    assert not any(landing.valid(text) for text in before.values())
    assert all(landing.valid(text) for text in landing.texts().values())


def test_a_key_that_aws_does_not_know_is_refused_with_what_to_do(landing: Trial) -> None:
    strange = "AKIA" + "SOMEBODYELSES234"
    value = json.loads(landing.texts()["assay/pods/a"]) | {"AWS_ACCESS_KEY_ID": strange}
    landing.manager.put_secret_value(SecretId="assay/pods/a", SecretString=json.dumps(value))
    with pytest.raises(RotationError, match=f"does not say whose the access key {strange} is .*--given"):
        landing.rotation().rotate("assay/pods/a")


def test_a_password_reaches_the_server_as_its_verifier_only(password: Trial) -> None:
    value = json.loads(password.texts()["assay/pods/a"])
    password.rotation().rotate("assay/pods/a")
    new = json.loads(password.texts()["assay/pods/a"])["PGPASSWORD"]
    with closing(
        psycopg.connect(
            host=value["PGHOST"], port=value["PGPORT"], user="company_reader", password=new, dbname="company"
        )
    ) as connection:
        assert connection.execute("select current_user").fetchone() == ("company_reader",)
    with pytest.raises(RotationError, match="Neither its present password nor the pending one is right") as caught:
        password.issuer.change([json.dumps(value)], json.dumps(value | {"PGPASSWORD": "guess-of-mine"}))
    assert value["PGPASSWORD"] not in str(caught.value)
    assert "guess-of-mine" not in str(caught.value)
