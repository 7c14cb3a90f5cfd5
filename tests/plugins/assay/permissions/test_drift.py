"""The scheduled look, through Airflow's connections, and the command, through Secrets Manager."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from airflow.sdk.exceptions import AirflowFailException
from airflow.timetables.base import TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable
from moto.server import ThreadedMotoServer

from assay.permissions.drift_dag import permissions
from tests.plugins.assay.alerts.inbox import Inbox
from tests.plugins.assay.permissions.cases import whole
from tests.plugins.assay.permissions.conftest import CONTEXT, Company, Look

DRIFT = "grant role local_weather_owner to user lena_brandt"
LINE = "- user LENA_BRANDT: role LOCAL_WEATHER_OWNER (users.lena_brandt.member_of)"
ABOUT = (
    "user LENA_BRANDT: role LOCAL_WEATHER_OWNER: granted, but neither Terraform nor config/local/roles.yml grants it; "
    "by ASSAY_ADMIN with role ACCOUNTADMIN, "
)


def test_the_first_look_is_the_next_one_due_and_none_at_once(local: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at a platform that is being made would find nothing there, and say so to everybody."""
    monkeypatch.setenv("ASSAY_ENV", "local")
    dag = permissions(str(local.dags / "platform_permissions.py"))
    due = datetime.now(UTC) + timedelta(hours=12)
    first = CronTriggerTimetable(f"{due.minute} {due.hour} * * *", timezone="UTC").next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(dag.start_date, dag.end_date, dag.catchup)
    )
    assert first is not None
    assert first.run_after > datetime.now(UTC)


def test_nothing_is_said_while_nothing_differs(look: Look, inbox: Inbox) -> None:
    assert look()["changes"] == []
    assert inbox.texts == []


def test_drift_is_announced_and_left(look: Look, inbox: Inbox, local: Company) -> None:
    local.admin(DRIFT)
    assert [change["action"] for change in look()["changes"]] == ["revoke"]
    (text,) = inbox.texts
    assert text.startswith("*permissions* (local): the warehouse is not as config/local/roles.yml and Terraform say.")
    assert ABOUT in text
    assert "/docs/permissions.md|Runbook>" in text
    assert local.plan().revokes, "only told: this environment does not say that it is to be put right"


def test_drift_is_put_right_only_where_the_environment_says_so(look: Look, inbox: Inbox, local: Company) -> None:
    (local.dags / "config/local/permissions.yml").write_text("apply: true\n")
    local.admin(DRIFT)
    look()
    (text,) = inbox.texts
    assert ABOUT in text
    assert "What config/local/roles.yml decides is put right now." in text
    assert not local.plan()
    look()
    assert len(inbox.texts) == 1
    local.admin(DRIFT)
    look()
    assert len(inbox.texts) == 2, "it came back"


def test_a_membership_that_the_file_does_not_decide_on_is_told(look: Look, inbox: Inbox, local: Company) -> None:
    local.file.write_text(local.file.read_text().replace("  - local_weather_owner\n", ""))
    local.admin("create user if not exists mallory type = person", "grant role local_weather_owner to user mallory")
    assert look()["changes"] == []
    local.admin("drop user mallory")
    assert "user MALLORY: exists, but neither Terraform nor config/local/roles.yml makes it" in inbox.texts[0]
    assert "user MALLORY: role LOCAL_WEATHER_OWNER: granted, but neither" in inbox.texts[0]


@pytest.mark.parametrize("login", ["right", "wrong"])
def test_that_nobody_could_look_is_announced_after_the_last_try(
    look: Look, inbox: Inbox, local: Company, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    if login == "wrong":
        connection = local.airflow_connection() | {"login": "NO_LOGIN"}
        monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_PERMISSIONS", json.dumps(connection))
    else:
        local.file.write_text(whole("users: [{lena_brandt: {member_of: [accountadmin]}}]"))
    with pytest.raises(Exception, match=r"accountadmin is protected|its key was revoked or replaced") as failed:
        look()
    assert isinstance(failed.value, AirflowFailException) == (login == "right"), "a lost login may come back"
    assert inbox.texts == []
    task = permissions(str(local.dags / "platform_permissions.py")).get_task("look_for_drift")
    (callback,) = task.on_failure_callback  # type: ignore[misc]
    callback({**CONTEXT, "exception": failed.value})
    (text,) = inbox.texts
    assert text.startswith("*permissions* (local): drift check failed; the state of the permissions is unknown.\n```\n")
    assert str(failed.value)[:20] in text


def test_a_dead_chat_server_does_not_keep_the_look_from_its_result(look: Look, inbox: Inbox, local: Company) -> None:
    inbox.status = 500
    local.admin(DRIFT)
    assert len(look()["changes"]) == 1


@pytest.fixture
def assay(local: Company, root: Path) -> Iterator[Callable[..., tuple[int, str]]]:
    """The command as a person runs it: its exit code, and all that it said."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    _, port = server.get_host_and_port()
    aws = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    manager = boto3.client(
        "secretsmanager", endpoint_url=aws["AWS_ENDPOINT_URL"], region_name=aws["AWS_REGION"],
        aws_access_key_id="testing", aws_secret_access_key="testing",
    )  # fmt: skip
    key = "assay/connections/snowflake_permissions"
    manager.create_secret(Name=key, SecretString=json.dumps(local.airflow_connection()))

    def run(*arguments: str) -> tuple[int, str]:
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ASSAY_", "AIRFLOW"))
        }
        done = subprocess.run(
            [sys.executable, "-m", "assay.cli", "permissions", *arguments],
            env=clean | aws | {"PYTHONPATH": str(root / "plugins"), "ASSAY_ENV": "local"},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    yield run
    manager.delete_secret(SecretId=key, ForceDeleteWithoutRecovery=True)
    server.stop()


def test_the_command_ends_with_0_for_nothing_2_for_changes_and_1_for_errors(
    assay: Callable[..., tuple[int, str]], local: Company
) -> None:
    local.admin(DRIFT)
    status, said = assay("plan", "--json")
    assert (status, [change["address"] for change in json.loads(said)["changes"]]) == (
        2, ["user LENA_BRANDT: role LOCAL_WEATHER_OWNER"],
    )  # fmt: skip
    status, said = assay("apply", "--max-revokes", "0")
    assert (status, "planned: 1, that may be made at once: 0" in said) == (1, True)
    assert assay("apply") == (0, f"{LINE}\n")
    assert assay("plan") == (0, "The warehouse is as config/local/roles.yml says: there is nothing to do.\n")
    status, said = assay("plan", "--file", str(local.dags / "nowhere.yml"))
    assert (status, said) == (
        1,
        f"config/{local.dags.name}/nowhere.yml: there is no such file; every environment has one\n",
    )
