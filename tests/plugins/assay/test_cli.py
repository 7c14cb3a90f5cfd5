"""The commands, as a person runs them: against Secrets Manager and a warehouse, and against files."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from assay.secrets import connection_key
from assay.zones import ServiceRole
from tests.benchmarks.big_manifest import big_manifest
from tests.plugins.assay.alerts.inbox import running
from tests.plugins.assay.releases.conftest import GoldZone

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def gold(provisioned: Any) -> GoldZone:
    return GoldZone(provisioned)


@pytest.fixture
def aws() -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    _, port = server.get_host_and_port()
    yield {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    server.stop()


def secrets_manager(aws: dict[str, str]) -> Any:
    return boto3.client(
        "secretsmanager",
        endpoint_url=aws["AWS_ENDPOINT_URL"],
        region_name="eu-central-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


@pytest.fixture
def assay(root: Path, aws: dict[str, str]) -> Run:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        bundle = os.environ.get("REQUESTS_CA_BUNDLE", "")
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "ASSAY_", "AIRFLOW"))}
        trust = {"REQUESTS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle} if bundle else {}
        return subprocess.run(
            [sys.executable, "-m", "assay.cli", *arguments],
            env=clean | trust | aws | {"PYTHONPATH": str(root / "plugins")} | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def environment(gold: GoldZone, aws: dict[str, str]) -> Iterator[dict[str, str]]:
    """An environment whose Secrets Manager holds the publisher's connection."""
    manager = secrets_manager(aws)
    connection = gold.provisioned.account.airflow_connection(gold.names, ServiceRole.PUBLISHER)
    key = connection_key(gold.names.connection(ServiceRole.PUBLISHER))
    manager.create_secret(Name=key, SecretString=json.dumps(connection))
    yield {"ASSAY_ENV": gold.names.environment}
    manager.delete_secret(SecretId=key, ForceDeleteWithoutRecovery=True)


def test_a_release_is_listed_shown_and_rolled_back_by_command(
    gold: GoldZone, assay: Run, environment: dict[str, str]
) -> None:
    first, second = gold.release("run1", 1), gold.release("run2", 1, 2)
    listed = json.loads(assay("release", "list", "weather", "--json", **environment).stdout)
    assert [(each["release_id"], each["status"]) for each in listed] == [
        (second.release_id, "published"),
        (first.release_id, "superseded"),
    ]
    shown = assay("release", "show", "weather", **environment)
    assert f"release {second.release_id} is live" in shown.stdout
    back = assay("release", "rollback", "weather", "--reason", "wrong hours", **environment)
    assert back.stdout == f"weather: release {first.release_id} is live again, instead of {second.release_id}.\n"
    assert gold.hours() == [1]
    assert back.stderr == (
        "The rollback is done, but was not posted to the channel of weather: the connection chat_weather has no "
        "webhook as its password. The DAG platform_freshness posts it within the hour.\n"
        "Publishing is held until `./assay release resume weather --reason …`.\n"
    )
    assert [each.release_id for each in gold.releases().unposted(0)] == [first.release_id]
    assert "rolled_back" in assay("release", "list", "weather", **environment).stdout
    assert "Publishing is held since" in assay("release", "show", "weather", **environment).stdout
    resumed = assay("release", "resume", "weather", "--reason", "the hours are right", **environment)
    assert resumed.stdout == "weather: runs publish again.\n"
    again = assay("release", "resume", "weather", "--reason", "twice", **environment)
    assert again.stderr == "Publishing of weather is not held: there is nothing to resume.\n"
    assert assay("release", "hold", "weather", "--reason", "the year is closed", **environment).returncode == 0
    assert gold.releases().decided().hold is not None


def test_a_rollback_by_command_is_posted_to_the_zones_channel(
    gold: GoldZone, assay: Run, environment: dict[str, str], aws: dict[str, str]
) -> None:
    first, second = gold.release("run1", 1), gold.release("run2", 1, 2)
    manager = secrets_manager(aws)
    for connection in ("chat_weather", "chat_platform"):
        with running() as inbox:
            key = connection_key(connection)
            manager.create_secret(Name=key, SecretString=json.dumps({"conn_type": "http", "password": inbox.url}))
            back = assay("release", "rollback", "weather", "--reason", "wrong <!channel> hours", **environment)
            manager.delete_secret(SecretId=key, ForceDeleteWithoutRecovery=True)
        assert back.returncode == 0
        assert "was not posted" not in back.stderr
        assert gold.releases().unposted(0) == []
        (message,) = inbox.messages
        assert message["channel"] == "#zone-weather"
        live, step, publishing = (
            (first, "back", "Publishing is held until it is resumed.")
            if connection == "chat_weather"
            else (second, "forward", "Runs publish.")
        )
        assert message["text"] == (
            f"*weather* ({gold.names.environment}): rolled {step} by `{getpass.getuser()}`. Release "
            f"`{live.release_id}` is live again. {publishing}\n```\nwrong &lt;!channel&gt; hours\n```"
        )


def test_a_rollback_is_done_although_the_chat_server_does_not_take_its_post(
    gold: GoldZone, assay: Run, environment: dict[str, str], aws: dict[str, str]
) -> None:
    gold.release("run1", 1), gold.release("run2", 1, 2)
    with running() as inbox:
        inbox.status = 500
        content = json.dumps({"conn_type": "http", "password": inbox.url})
        secrets_manager(aws).create_secret(Name=connection_key("chat_weather"), SecretString=content)
        back = assay("release", "rollback", "weather", **environment)
    assert back.returncode == 0
    assert "was not posted to the channel of weather: the chat server did not take it. The DAG" in back.stderr
    assert inbox.url not in back.stderr
    assert gold.hours() == [1]


def test_a_rollback_with_nothing_to_go_back_to_is_a_sentence_and_not_zero(
    gold: GoldZone, assay: Run, environment: dict[str, str]
) -> None:
    done = assay("release", "rollback", "weather", **environment)
    assert done.returncode == 1
    assert done.stderr == "Zone weather has published nothing yet: there is nothing to roll back.\n"


def test_a_zone_that_is_not_there_is_a_sentence(assay: Run) -> None:
    done = assay("release", "show", "fligths")
    assert (done.returncode, done.stderr) == (1, 'There is no zone "fligths"; there are flights, weather.\n')


def test_a_missing_connection_is_a_sentence_that_names_it(assay: Run) -> None:
    done = assay("release", "show", "flights", ASSAY_ENV="nowhere")
    assert done.returncode == 1
    assert '"assay/connections/snowflake_flights_publisher" (ResourceNotFoundException)' in done.stderr


def test_an_aws_that_does_not_answer_is_a_sentence(assay: Run) -> None:
    away = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    done = assay("release", "show", "flights", ASSAY_ENV="prod", **away)
    assert done.returncode == 1
    assert "check AWS_REGION, the AWS login and AWS_ENDPOINT_URL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("region", [{}, {"AWS_REGION": "", "AWS_ENDPOINT_URL": ""}], ids=["unset", "empty"])
def test_releases_of_a_checkout_without_a_platform_are_one_sentence_that_says_how_to_start_it(
    region: dict[str, str], root: Path
) -> None:
    """The client finds no region, no login and no endpoint: none of that is what the person has to know."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "ASSAY_", "AIRFLOW"))}
    environment = clean | region | {"PYTHONPATH": str(root / "plugins"), "AWS_EC2_METADATA_DISABLED": "true"}
    for command in (("list",), ("rollback", "flights")):
        words = [sys.executable, "-m", "assay.cli", "release", *command]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        (sentence,) = done.stderr.splitlines()
        assert sentence.startswith("The platform of this checkout does not give out "), sentence
        assert sentence.endswith("start it with `./assay up`."), sentence


def test_docs_of_a_platform_that_is_down_say_how_to_start_it(assay: Run, tmp_path: Path) -> None:
    down = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    done = assay("dbt", "docs", "--output", str(tmp_path / "docs"), **down)
    assert done.returncode == 1
    assert '"assay/pods/warehouse-flights-transformer"' in done.stderr
    assert "start it with `./assay up`" in done.stderr
    assert not (tmp_path / "docs").exists()


def test_every_zone_of_the_repository_is_right(assay: Run) -> None:
    done = assay("zone", "check")
    assert (done.returncode, done.stdout) == (0, "flights: ok\nweather: ok\nplatform: ok\n")


def test_a_wrong_zone_is_told_by_file_and_key_and_ends_with_1(assay: Run, root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "dags", tmp_path / "dags")
    file = tmp_path / "dags" / "zones" / "weather" / "zone.yml"
    file.write_text(file.read_text().replace("publishes:", "publishs:"))
    done = assay("zone", "check", str(file), str(tmp_path / "dags" / "zones" / "flights"), "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert found["weather"]["errors"] == [
        "zones/weather/zone.yml:16: publishs is not a key that is known here; remove it or correct its spelling"
    ]
    assert "is not a zone, or its file is wrong" in found["flights"]["errors"][0]


def test_a_zone_is_checked_by_its_name_and_an_unknown_one_is_refused(assay: Run, root: Path) -> None:
    done = assay("zone", "check", "weather", str(root / "dags" / "zones" / "flights"))
    assert (done.returncode, done.stdout) == (0, "weather: ok\nflights: ok\n")
    for wrong in ("wether", "dags/zones/wether"):
        refused = assay("zone", "check", wrong)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.startswith(f'There is no zone "{wrong}"; there are flights, weather.')


def test_the_manifest_is_slimmed_for_a_deploy_once_every_zone_has_the_same_tasks(assay: Run, tmp_path: Path) -> None:
    full = tmp_path / "full.json"
    full.write_text(json.dumps(big_manifest(20)))
    done = assay("dbt", "manifest", str(full), "--to", str(tmp_path / "manifest.json"), "--json", ASSAY_ENV="local")
    assert done.returncode == 0, done.stderr
    sizes = json.loads(done.stdout)
    assert sizes["bytes"] == (tmp_path / "manifest.json").stat().st_size < sizes["full_bytes"] / 5
    full.write_text('{"metadata": {"project_name": "other"}}')
    refused = assay("dbt", "manifest", str(full), ASSAY_ENV="local")
    assert refused.returncode == 1
    assert refused.stderr.startswith('full.json: is of the dbt project "other", and config/base/dbt.yml names "assay"')
