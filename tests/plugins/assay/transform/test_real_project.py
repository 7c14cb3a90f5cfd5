"""The graph of the repository's own dbt project, with dbt itself as the judge of what each command selects."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.transform.graph import Graph, graph
from assay.zones import Zone

SELECT = """
import io, json, sys
from contextlib import redirect_stdout
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

parsed = dbtRunner().invoke(["parse", "--quiet"])
assert parsed.success, parsed.exception
kinds = {"run": ["model"], "seed": ["seed"], "snapshot": ["snapshot"], "test": ["test", "unit_test"]}
found = []
for command in json.load(open(sys.argv[1])):
    resources = [part for kind in kinds[command[1]] for part in ("--resource-type", kind)]
    with redirect_stdout(io.StringIO()):
        listed = dbtRunner(manifest=parsed.result).invoke(
            ["ls", "--quiet", "--output", "json", "--output-keys", "unique_id", *resources, *command[2:]]
        )
    assert listed.success, listed.exception
    found.append([json.loads(line)["unique_id"] for line in listed.result])
json.dump(found, open(sys.argv[2], "w"))
"""


@pytest.fixture(scope="module")
def dbt(
    root: Path, tmp_path_factory: pytest.TempPathFactory, env_python: Callable[[str], Path]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """dbt in its own environment, on the repository's project."""
    target = tmp_path_factory.mktemp("target")
    environment = {
        **os.environ,
        "ASSAY_ENV": "local",
        "DBT_PROJECT_DIR": str(root / "dbt"),
        "DBT_PROFILES_DIR": str(root / "images" / "dbt"),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": "none: nothing connects",
        **dict.fromkeys(
            ("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER", "SNOWFLAKE_ROLE", "SNOWFLAKE_WAREHOUSE", "SNOWFLAKE_DATABASE"), "x"
        ),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [env_python("dbt"), *command], env=environment, cwd=target, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def manifest(dbt: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("manifest")
    dbt("-m", "dbt.cli.main", "parse", "--quiet", "--target-path", str(folder))
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


def test_each_node_and_test_is_selected_by_exactly_one_task_by_dbt_itself(
    manifest: dict[str, Any], zones: list[Zone], dbt: Callable[..., Any], tmp_path: Path
) -> None:
    plans: list[Graph] = [graph(manifest, zone.zone) for zone in zones]
    commands = [task.command for plan in plans for task in plan.tasks.values() if task.command]
    commands += [plan.smoke for plan in plans if plan.smoke]
    asked, answered = tmp_path / "commands.json", tmp_path / "selected.json"
    asked.write_text(json.dumps(commands))
    dbt("-c", SELECT, str(asked), str(answered))
    selected = json.loads(answered.read_text())
    assert all(selected), [command for command, found in zip(commands, selected, strict=True) if not found]
    kinds = ("model", "seed", "snapshot", "test")
    expected = {
        key
        for key, node in manifest["nodes"].items()
        if node["resource_type"] in kinds and node["config"].get("materialized") != "ephemeral"
    } | set(manifest["unit_tests"])
    runs = Counter(node for found in selected for node in found)
    assert set(runs) == expected
    assert {node: count for node, count in runs.items() if count > 1} == {}


def test_every_zone_has_models_in_every_layer_and_smoke_tests(manifest: dict[str, Any], zones: list[Zone]) -> None:
    for zone in zones:
        plan = graph(manifest, zone.zone)
        assert {"bronze", "silver", "gold"} <= {task.split(".")[0] for task in plan.tasks}
        assert plan.smoke


IMPORTS = """
import gc, time
import airflow
began = time.process_time()
import json, sys
from pathlib import Path
from airflow.sdk import DAG
from assay.settings import load
from assay.transform import smoke, transform
from assay.zones import Zone
settings = load(Path(sys.argv[1]), "local")
zone = Zone.model_validate(json.loads(sys.argv[2]))
with DAG(zone.zone, schedule=None, **settings.dag) as dag:
    transform(zone, settings)
    smoke(zone, settings)
print(json.dumps({"seconds": time.process_time() - began, "collects": gc.isenabled()}))
"""


def test_the_transformation_is_parsed_in_less_than_a_cpu_second(
    root: Path, tmp_path: Path, manifest: dict[str, Any], zones: list[Zone]
) -> None:
    (tmp_path / "config").symlink_to(root / "dags" / "config")
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    flights = next(zone for zone in zones if zone.zone == "flights")
    environment = {**os.environ, "PYTHONPATH": str(root / "plugins"), "AIRFLOW_HOME": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    measured = []
    for _ in range(3):  # the first may compile
        command = [sys.executable, "-W", "ignore", "-c", IMPORTS, str(tmp_path), flights.model_dump_json()]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        measured.append(json.loads(done.stdout.splitlines()[-1]))
    assert all(found["collects"] for found in measured)
    assert min(found["seconds"] for found in measured) < 1.0, measured
