"""A merge request builds what it changes and nothing else, beside what is live, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from assay.ci_build import Review
from assay.ci_build.state import live
from assay.errors import ConfigurationError
from assay.secrets import connection_key
from assay.zones import ServiceRole, ZoneNames
from local.platform.provision import pem
from tests.checkout import copy_checkout

from .conftest import ZONES, Pod, Warehouse, connection_environment

DAILY = "dbt/models/weather/gold/daily_weather.sql"
HOURLY = "dbt/models/weather/silver/hourly_observations.sql"


@dataclass(frozen=True)
class MergeRequest:
    """A clone in which one edits, and the command that builds what was edited."""

    folder: Path
    environment: dict[str, str]

    def edit(self, path: str, before: str, after: str) -> None:
        file = self.folder / path
        assert before in file.read_text(), "the model has changed: this test needs another edit"
        file.write_text(file.read_text().replace(before, after))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "assay.cli", "review", *arguments]
        return subprocess.run(words, env=self.environment, capture_output=True, text=True, check=False)

    def build(self, *options: str) -> tuple[int, dict[str, str]]:
        done = self.run("build", "MR_7", "--against", "HEAD", "--json", *options)
        assert done.stdout, done.stderr
        return done.returncode, {each["node"]: each["status"] for each in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def aws(warehouse: Warehouse) -> Iterator[dict[str, str]]:
    """Secrets Manager with the publishers' logins."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    _, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    client = boto3.client(
        "secretsmanager", endpoint_url=environment["AWS_ENDPOINT_URL"], region_name="eu-central-1",
        aws_access_key_id="testing", aws_secret_access_key="testing",
    )  # fmt: skip
    for zone in ZONES:
        names = ZoneNames("local", zone)
        user = names.role(ServiceRole.PUBLISHER)
        place = {
            key.removeprefix("SNOWFLAKE_").lower(): value
            for key, value in connection_environment(zone, warehouse.port).items()
        }
        extra = place | {
            "role": user,
            "private_key_content": pem(warehouse.logins["service_users"][user]["private_key"]),
        }
        client.create_secret(
            Name=connection_key(names.connection(ServiceRole.PUBLISHER)),
            SecretString=json.dumps({"conn_type": "snowflake", "login": user, "extra": extra}),
        )
    yield environment
    server.stop()


@pytest.fixture(scope="module")
def deployed(pod: Pod, warehouse: Warehouse) -> Warehouse:
    """Weather as it is after a release, with a mark on one hour by which its silver is known."""
    warehouse.cut_candidate("weather")
    run = pod("weather", "build", "--exclude", "tag:smoke", "--select", "path:models/weather")
    assert run.code == 0, run.output
    warehouse.publish("weather")
    return warehouse


@pytest.fixture
def merge_request(
    root: Path, deployed: Warehouse, aws: dict[str, str], env_python: Callable[[str], Path], tmp_path: Path
) -> MergeRequest:
    folder = tmp_path / "clone"
    copy_checkout(root, folder)
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    for words in (("init", "--quiet"), ("add", "--all"), (*identity, "commit", "--quiet", "--message", "deployed")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ASSAY_", "AIRFLOW", "DBT_"))}
    program = env_python("dbt").with_name("dbt")
    return MergeRequest(folder, kept | aws | {"PYTHONPATH": str(folder / "plugins"), "ASSAY_DBT": str(program)})


def schemas(warehouse: Warehouse) -> list[Any]:
    databases = [ZoneNames("local", zone).database for zone in ZONES]
    every = " union all ".join(f"select schema_name from {each}.information_schema.schemata" for each in databases)
    return warehouse.query(f"select schema_name from ({every}) where startswith(schema_name, 'MR_7')")


def test_what_did_not_change_is_not_built(merge_request: MergeRequest, deployed: Warehouse) -> None:
    assert merge_request.build() == (0, {})
    assert schemas(deployed) == []


def test_a_changed_model_is_built_beside_what_is_live_and_reads_what_is_deployed(
    merge_request: MergeRequest, deployed: Warehouse
) -> None:
    live_before = deployed.query("select * from LOCAL_WEATHER.GOLD.daily_weather order by 1, 2")
    merge_request.edit(DAILY, "with observations as (", "-- a change\nwith observations as (")
    code, built = merge_request.build("--keep")
    assert code == 0, built
    assert built["daily_weather"] == "success"
    assert "hourly_observations" not in built, "silver did not change: it was read"
    assert "hourly_weather" not in built, "nor did this: the test over both read its live table"
    assert built["days_sum_up_their_hours"] == "pass"
    tables = deployed.query(
        "select table_schema, table_name from LOCAL_WEATHER.information_schema.tables where table_schema like 'MR_7%'"
    )
    assert tables == [("MR_7_GOLD_NEXT", "DAILY_WEATHER")]
    assert deployed.query("select * from LOCAL_WEATHER.MR_7_GOLD_NEXT.daily_weather order by 1, 2") == live_before
    assert deployed.query("select * from LOCAL_WEATHER.GOLD.daily_weather order by 1, 2") == live_before
    assert merge_request.run("drop", "MR_7").returncode == 0
    assert schemas(deployed) == []


def test_what_follows_is_built_too_and_a_failed_build_leaves_nothing(
    merge_request: MergeRequest, deployed: Warehouse
) -> None:
    merge_request.edit(HOURLY, "with readings as (", "-- a change\nwith readings as (")
    merge_request.edit(DAILY, "count(*) as hours_observed", "count(*) + 1 as hours_observed")
    code, built = merge_request.build()
    assert code == 1
    assert built["hourly_observations"] == built["hourly_weather"] == built["daily_weather"] == "success"
    assert built["days_sum_up_their_hours"] == "fail"
    assert "weather_readings" not in built
    assert schemas(deployed) == []


def test_a_commit_that_is_not_there_is_a_sentence(merge_request: MergeRequest) -> None:
    done = merge_request.run("build", "MR_7", "--against", "origin/nowhere")
    assert done.returncode == 1
    assert 'git has no dbt project at "origin/nowhere"' in done.stderr


@pytest.mark.parametrize(("name", "environment"), [("MR-7", "dev"), ("7", "dev"), ("mr_7", "dev"), ("MR_7", "prod")])
def test_a_review_has_a_name_for_schemas_and_is_never_in_prod(name: str, environment: str) -> None:
    with pytest.raises(ConfigurationError):
        Review(name, environment)


def test_gold_is_read_from_the_live_release_and_not_from_a_candidate() -> None:
    node: dict[str, Any] = {
        "database": "DEV_F",
        "schema": "GOLD_NEXT",
        "alias": "g",
        "relation_name": "DEV_F.GOLD_NEXT.g",
    }
    other = {"database": "DEV_F", "schema": "SILVER", "alias": "s", "relation_name": "DEV_F.SILVER.s"}
    found = live({"nodes": {"gold": node, "silver": other}, "metadata": {}})["nodes"]
    assert found["gold"] == node | {"schema": "GOLD", "relation_name": "DEV_F.GOLD.g"}
    assert found["silver"] == other
