"""The zone that docs/zones.md makes has everything in an environment's plans, and no Python or HCL changes for it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkout import copy_checkout
from tests.helm.conftest import merged
from tests.helm.judging import named
from tests.terraform.workspace import changes, copy

FILE = re.compile(r"^`((?:dags|dbt)/\S+)`\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHARED = "plugins/assay/secrets/pods.yml"


@pytest.fixture(scope="module")
def checkout(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which the page has been followed."""
    folder = tmp_path_factory.mktemp("third") / "assay"
    copy_checkout(root, folder)
    files = dict(FILE.findall((root / "docs/zones.md").read_text()))
    assert len(files) == 7
    assert {Path(name).suffix for name in files} == {".py", ".yml", ".yaml", ".sql"}
    assert [name for name in files if name.endswith(".py")] == ["dags/stations.py"], (
        "three lines, the same in every zone"
    )
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    shared = folder / SHARED
    shared.write_text(shared.read_text().replace("zones: [flights]", "zones: [flights, stations]"))
    return folder


def test_its_database_roles_users_and_secrets_are_in_the_plan(checkout: Path, providers: str, tmp_path: Path) -> None:
    plan = changes(copy(checkout, tmp_path, providers).plan("dev"))
    created = {each["change"]["after"].get("name"): each["type"] for each in plan.values()}
    assert created["DEV_STATIONS"] == "snowflake_database"
    assert created["DEV_STATIONS_WH"] == "snowflake_warehouse"
    for name in ("LOADER", "TRANSFORMER", "PUBLISHER", "ANALYST", "OWNER"):
        assert f'module.assay.module.zone["stations"].snowflake_account_role.this["{name}"]' in plan
    for name in (
        "pods/warehouse-stations-transformer",
        "pods/postgres-company",
        "connections/snowflake_stations_publisher",
    ):
        assert created[f"assay/{name}"] == "aws_secretsmanager_secret", name


def test_its_pods_get_their_secrets_and_an_account(
    checkout: Path,
    env_python: Callable[[str], Path],
    render: Callable[[dict[str, Any]], dict[str, Any]],
    values_of: Callable[[str, str], dict[str, Any]],
) -> None:
    environment = os.environ | {"PYTHONPATH": str(checkout / "plugins")}
    made = subprocess.run(
        [env_python("platform"), checkout / "helm/zones.py"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    objects = render(merged(values_of("assay", "dev"), yaml.safe_load(made)))["objects"]
    secrets = {name for name in named(objects, "ExternalSecret") if "stations" in name}
    assert secrets == {"warehouse-stations-transformer", "warehouse-stations-loader", "landing-stations"}
    assert "pods-stations" in named(objects, "ServiceAccount")


def test_its_dag_has_its_tasks_and_gateways(checkout: Path, env_python: Callable[[str], Path], tmp_path: Path) -> None:
    program = (
        "import json, runpy; print('tasks', json.dumps(sorted(runpy.run_path('dags/stations.py')['dag'].task_ids)))"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ASSAY_", "AIRFLOW"))} | {
        "PYTHONPATH": "plugins",
        "ASSAY_ENV": "dev",
        "ASSAY_DBT": str(env_python("dbt").with_name("dbt")),
        "AIRFLOW_HOME": str(tmp_path),
    }

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words], cwd=checkout, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("-m", "assay.cli", "dbt", "manifest")
    tasks = set(json.loads(run("-c", program).split("tasks ")[-1]))
    assert {"ingest.stations_job", "approve.stations", "gold.stations_today.run", "release.publish"} <= tasks
