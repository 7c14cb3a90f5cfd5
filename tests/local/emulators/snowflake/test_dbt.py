"""dbt build, unmodified, as a service user with only the grants it should need: again, and several at once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from snowflake.connector import SnowflakeConnection

from local.emulators.common.forks.program import Program, Run

from .conftest import Warehouse, key_pair, run

PATIENCE = 240  # seconds
PROJECT = Path(__file__).parent / "dbt_project"


@pytest.fixture(scope="module")
def program(env_python: Callable[[str], Path]) -> Program:
    return Program(str(env_python("dbt").parent / "dbt"), {"PATH": os.defpath})


@pytest.fixture
def dbt(
    warehouse: Warehouse, admin: SnowflakeConnection, database: str, program: Program, tmp_path: Path
) -> Callable[[str], Run]:
    keys = key_pair()
    user = f"{database}_DBT"
    run(
        admin,
        "create role if not exists proof_reader",
        f"create role {user}",
        f"create user {user} type = service rsa_public_key = '{keys.public}' default_role = {user}",
        f"grant role {user} to user {user}",
        f"grant role {user} to role sysadmin",
        f"grant usage on warehouse compute_wh to role {user}",
        f"grant usage, create schema on database {database} to role {user}",
        "create schema silver",
        f"grant usage, create table, create view on schema silver to role {user}",
    )

    def start(schema: str) -> Run:
        project = tmp_path / schema
        if not project.exists():
            shutil.copytree(PROJECT, project)
        environment = {
            **os.environ,
            "SNOWFLAKE_PORT": str(warehouse.port),
            "SNOWFLAKE_USER": user,
            "SNOWFLAKE_ROLE": user,
            "SNOWFLAKE_WAREHOUSE": "COMPUTE_WH",
            "SNOWFLAKE_DATABASE": database,
            "PROOF_SCHEMA": schema,
            "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": keys.private,
            "SNOWFLAKE_DISABLE_MINICORE": "true",  # as in the image: a thread that the connector's import would start
        }
        return program.start(["build", "--profiles-dir", "."], str(project), environment)

    return start


def passed(build: Run, project: Path, warehouse: Warehouse) -> dict[str, str]:
    """The status of every node, once the build has ended well. If it does not end, it and the warehouse say where they
    are."""
    patience = threading.Timer(PATIENCE, _ask, [build, warehouse])
    patience.start()
    with build.stdout:
        output = build.stdout.read()
    patience.cancel()
    code = build.wait(10)
    assert code == 0, "\n".join([output, (project / "logs" / "dbt.log").read_text()[-5000:], warehouse.log[-20_000:]])
    results = json.loads((project / "target" / "run_results.json").read_text())["results"]
    return {result["unique_id"]: result["status"] for result in results}


def _ask(build: Run, warehouse: Warehouse) -> None:
    assert warehouse.process is not None
    warehouse.process.send_signal(signal.SIGUSR1)
    os.kill(build.pid, signal.SIGABRT)


def test_a_project_builds_twice_and_its_increments_and_snapshots_are_right(
    dbt: Callable[[str], Run], admin: SnowflakeConnection, tmp_path: Path, warehouse: Warehouse
) -> None:
    for _ in range(2):
        statuses = passed(dbt("SILVER"), tmp_path / "SILVER", warehouse)
        assert len(statuses) == 14
        assert set(statuses.values()) <= {"success", "pass"}
    assert run(admin, "select count(*), count(distinct leg_id) from silver.merged") == [(4, 4)]
    assert run(admin, "select count(*), count(distinct leg_id) from silver.replaced") == [(4, 4)]
    assert run(admin, "select count(*), count(distinct leg_id) from silver.appended") == [(8, 4)]
    assert run(admin, "select count(*), count(dbt_valid_to) from silver.legs_history") == [(4, 0)]
    assert run(admin, "select distance from silver.totals where name = 'American'")[0][0] == pytest.approx(11.75)
    granted = {(row[1], row[5]) for row in run(admin, "show grants on table silver.legs")}
    assert ("SELECT", "PROOF_READER") in granted
    comments = "select comment from information_schema.tables where table_schema = 'SILVER' and table_name = 'LEGS'"
    assert run(admin, comments) == [("Four legs, as if from a source.",)]


def test_several_builds_run_at_once(dbt: Callable[[str], Run], tmp_path: Path, warehouse: Warehouse) -> None:
    running = {schema: dbt(schema) for schema in ("ONE", "TWO", "THREE")}
    for schema, build in running.items():
        assert set(passed(build, tmp_path / schema, warehouse).values()) <= {"success", "pass"}
