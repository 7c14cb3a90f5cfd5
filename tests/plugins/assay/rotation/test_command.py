"""`assay secret` as a person runs it: the value comes on standard input, and is in no argument, output or message."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.server import ThreadedMotoServer

from assay.rotation.undisturbed import undisturbed
from assay.secrets_manager import NotConnected, Versions

NAME = "assay/pods/crm"
OLD, NEW = "old-value-of-crm", "new-value-of-crm"
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def aws() -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    _, port = server.get_host_and_port()
    yield {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
    }  # fmt: skip
    server.stop()


@pytest.fixture
def manager(aws: dict[str, str]) -> Any:
    found = boto3.client(
        "secretsmanager", endpoint_url=aws["AWS_ENDPOINT_URL"], region_name="eu-central-1",
        aws_access_key_id="testing", aws_secret_access_key="testing",
    )  # fmt: skip
    for secret in found.list_secrets()["SecretList"]:
        found.delete_secret(SecretId=secret["Name"], ForceDeleteWithoutRecovery=True)
    found.create_secret(Name=NAME, SecretString=json.dumps({"CRM_TOKEN": OLD}))
    found.create_secret(Name="assay/bootstrap/snowflake", SecretString=json.dumps({"conn_type": "snowflake"}))
    return found


@pytest.fixture
def secret(root: Path, aws: dict[str, str]) -> Command:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "ASSAY_", "AIRFLOW"))}

    def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "assay.cli", "secret", *arguments],
            env=clean | aws | {"PYTHONPATH": str(root / "plugins"), "ASSAY_ENV": "prod"},
            input=given, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return run


def held(manager: Any) -> Any:
    return json.loads(manager.get_secret_value(SecretId=NAME)["SecretString"])


def test_a_value_comes_on_standard_input_and_is_never_printed(secret: Command, manager: Any) -> None:
    refused = secret("rotate", NAME, given=NEW)
    assert refused.returncode == 1
    assert "--check with a command that tries it" in refused.stderr
    assert held(manager) == {"CRM_TOKEN": OLD}
    words = f"import os, sys; print(os.environ['CRM_TOKEN']); sys.exit(os.environ['CRM_TOKEN'] != '{NEW}')"
    program = f'{sys.executable} -c "{words}"'
    wrong = secret("rotate", NAME, "--check", program, given="a-typo-of-it")
    assert "ended with 1: the new value does not work. Nothing was changed." in wrong.stderr
    done = secret("rotate", NAME, "--check", program, "--json", given=NEW + "\n")
    assert done.returncode == 0, done.stderr
    assert held(manager) == {"CRM_TOKEN": NEW}
    assert json.loads(done.stdout)["old_may_be_used_until"] is not None
    again = secret("rotate", NAME, given=NEW)
    assert f"{NAME}: there is nothing to do." in again.stdout
    for each in (refused, wrong, done, again):
        for value in (OLD, NEW, "a-typo-of-it"):
            assert value not in each.stdout + each.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rotate", "assay/pods/crn"), 'did you mean "assay/pods/crm"?'),
        (("rotate", "assay/bootstrap/snowflake"), "is not rotated by this command"),
        (("rotate", NAME, "--revoke-old"), "revoke the old value there"),
        (("rotate", NAME), "on standard input: it is issued elsewhere"),
        (("revoke", NAME), "is issued elsewhere: revoke the old value there"),
        (("rotate", NAME, "--undo"), "there is nothing to do"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    secret: Command, manager: Any, arguments: tuple[str, ...], said: str
) -> None:
    found = secret(*arguments)
    assert said in found.stdout + found.stderr
    assert "Traceback" not in found.stderr
    assert held(manager) == {"CRM_TOKEN": OLD}


def test_a_secret_that_another_command_writes_meanwhile_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="eu-central-1")
        client.create_secret(Name=NAME, SecretString="0")
        versions, seen = Versions(client), list[str]()

        def one_more(text: str) -> str:
            seen.append(text)
            if len(seen) == 1:
                assert Versions(client).change(NAME, lambda text: f"{int(text) + 10}")
            return f"{int(text) + 1}"

        assert versions.change(NAME, one_more)
        assert seen == ["0", "10"]
        assert versions.text(NAME) == "11"
        assert not versions.change(NAME, lambda text: text)
        with pytest.raises(NotConnected, match="all the time"):
            versions.change(NAME, lambda text: text + str(Versions(client).change(NAME, lambda text: text + "x")))


def test_a_signal_waits_until_the_copies_are_written() -> None:
    came: list[str] = []
    before = signal.signal(signal.SIGINT, lambda *_: came.append("delivered"))
    try:
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            came.append("written")
        assert came == ["written", "delivered"]
    finally:
        signal.signal(signal.SIGINT, before)
