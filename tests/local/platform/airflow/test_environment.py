"""Airflow's settings: nothing beyond loopback, nothing from the user's shell, secrets in owner-only places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.emulators.common import files
from local.platform.airflow import environment as airflow
from local.platform.supervisor.services import PORTS, prepare, table, with_needs
from local.state.endpoints import Endpoints
from tools.runtime.layout import Layout


@pytest.fixture
def endpoints(tmp_path: Path, root: Path, known: dict[str, Any]) -> Endpoints:
    files.write_json(tmp_path / "ports.json", {name: 20_000 + number for number, name in enumerate(PORTS)})
    return Endpoints(Layout(root=root, state=tmp_path))


def test_the_users_own_airflow_and_aws_settings_do_not_reach_the_platform(
    endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("SNOWFLAKE_PASSWORD", "x")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    found = airflow.environment(endpoints)
    assert found["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert not {"AWS_PROFILE", "SNOWFLAKE_PASSWORD", "PYTHONDONTWRITEBYTECODE"} & set(found)


def test_nothing_is_reported_to_anybody(endpoints: Endpoints) -> None:
    found = airflow.settings(endpoints)
    assert found["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert found["AIRFLOW__COSMOS__ENABLE_TELEMETRY"] == "False"


def test_the_warehouses_temporary_files_lie_below_the_state(endpoints: Endpoints) -> None:
    """fakesnow makes a folder at each start and leaves it behind; in /tmp these would gather."""
    prepare(endpoints.layout)
    (warehouse,) = [each for each in table(endpoints) if each.name == "warehouse"]
    folder = Path(warehouse.environment["TMPDIR"])
    assert folder.is_relative_to(endpoints.layout.state)
    assert folder.stat().st_mode & 0o077 == 0
    (folder / "fakesnow_bucket_x").mkdir()
    prepare(endpoints.layout)
    assert list(folder.iterdir()) == []


def test_every_address_is_loopback(endpoints: Endpoints) -> None:
    found = airflow.settings(endpoints)
    assert found["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert "@127.0.0.1:" in found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert found["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].startswith("http://127.0.0.1:")


def test_a_dag_file_is_one_whatever_words_it_holds(
    endpoints: Endpoints, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default Airflow passes over a file in which it does not find the words `dag` and `airflow`."""
    from airflow.configuration import conf
    from airflow.utils.file import list_py_file_paths, might_contain_dag

    text = (root / "dags/weather.py").read_text()
    file = tmp_path / "zone.py"
    file.write_text(text[text.index("from assay") :])
    assert not might_contain_dag(str(file), safe_mode=True)
    for setting in (
        airflow.settings(endpoints)["AIRFLOW__CORE__DAG_DISCOVERY_SAFE_MODE"],
        yaml.safe_load((root / "helm/airflow/values.yaml").read_text())["config"]["core"]["dag_discovery_safe_mode"],
    ):
        monkeypatch.setenv("AIRFLOW__CORE__DAG_DISCOVERY_SAFE_MODE", setting)
        safe_mode = conf.getboolean("core", "dag_discovery_safe_mode")
        assert list_py_file_paths(str(tmp_path), safe_mode=safe_mode) == [str(file)]


def test_connections_come_from_secrets_manager_as_in_production(endpoints: Endpoints) -> None:
    found = airflow.settings(endpoints)
    assert found["AIRFLOW__SECRETS__BACKEND"].endswith("SecretsManagerBackend")
    assert json.loads(found["AIRFLOW__SECRETS__BACKEND_KWARGS"])["connections_prefix"] == "assay/connections"


def test_the_login_is_in_a_file_for_its_owner_only(endpoints: Endpoints, known: dict[str, Any]) -> None:
    airflow.prepare(endpoints)
    path = endpoints.layout.airflow_home / airflow.PASSWORD_FILE
    assert path.stat().st_mode & 0o077 == 0
    assert json.loads(path.read_text()) == {"admin": known["airflow"]["password"]}


def test_a_small_machine_still_runs_four_tasks_and_a_large_one_is_not_flooded() -> None:
    assert [airflow.parallelism(count) for count in (1, 2, 4, 64)] == [4, 4, 8, 16]


def test_each_part_comes_after_what_it_needs_and_no_secret_is_in_a_command(
    endpoints: Endpoints, known: dict[str, Any]
) -> None:
    services = table(endpoints)
    for position, service in enumerate(services):
        assert set(service.needs) <= {earlier.name for earlier in services[:position]}, service.name
    words = " ".join(word for service in services for word in (*service.command, *service.farewell))
    for value in secret_values(known):
        assert value not in words


def test_parts_are_started_with_what_they_need(endpoints: Endpoints) -> None:
    names = [service.name for service in with_needs(table(endpoints), ["warehouse"])]
    assert names == ["aws", "warehouse"]


def secret_values(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [each for item in value.values() for each in secret_values(item)]
    return [value] if isinstance(value, str) and len(value) > 8 and value != "ASSAY_ADMIN" else []
