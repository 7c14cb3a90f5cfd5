"""What Airflow's processes import before they fork: everything that a parse and a task would import again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugins.assay.transform.manifests import Project

FORKED = """
import json, os, sys
import airflow, airflow.settings
program, dags = sys.argv[0], sys.argv[2]
read, write = os.pipe()
if os.fork() == 0:
    before = set(sys.modules)
    sys.path.insert(0, dags)
    import flights
    os.write(write, json.dumps(sorted(set(sys.modules) - before)).encode())
    os._exit(0)
os.close(write)
print(open(read).read())
"""


@pytest.fixture
def dags(root: Path, tmp_path: Path) -> Path:
    """The repository's DAGs over a small dbt project."""
    folder = tmp_path / "dags"
    shutil.copytree(root / "dags", folder, ignore=shutil.ignore_patterns("manifest.json", "__pycache__"))
    project = Project()
    legs = project.model("fct_legs", "flights/silver")
    punctuality = project.model("daily_punctuality", "flights/gold", [legs])
    project.test("not_fewer_rows", [punctuality], "flights", folder="smoke", tags=["smoke"])
    (folder / "manifest.json").write_text(json.dumps(project.manifest))
    return folder


@pytest.fixture
def imported_after_fork(
    root: Path, tmp_path: Path, dags: Path, env_python: Callable[[str], Path]
) -> Callable[[str], set[str]]:
    """What a process forked from `airflow <component>` still imports to parse the flights zone."""

    def imported(component: str) -> set[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")} | {
            "AIRFLOW_HOME": str(tmp_path / "home"),
            "ASSAY_ENV": "local",
            "PYTHONPATH": os.pathsep.join(map(str, (root / "plugins", root / "images" / "airflow"))),
        }
        command = [str(env_python("airflow")), "-c", FORKED, component, str(dags)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        return set(json.loads(done.stdout.splitlines()[-1]))

    return imported


@pytest.mark.parametrize("component", ["scheduler", "dag-processor", "celery"])
def test_what_forks_tasks_and_parses_has_imported_what_they_need(
    component: str, imported_after_fork: Callable[[str], set[str]]
) -> None:
    imported = imported_after_fork(component)
    assert "flights" in imported
    packages = ("assay", "airflow", "cosmos", "dbt_airflow_factory", "kubernetes", "snowflake", "open_data_contract")
    assert not [name for name in imported if name.startswith(packages)]


def test_what_runs_no_tasks_imports_nothing_for_them(imported_after_fork: Callable[[str], set[str]]) -> None:
    assert "assay.pods.operator" in imported_after_fork("api-server")


THREADS = """
import sys, threading
import airflow, airflow.settings
from airflow_local_settings import preload
started = []
start = threading.Thread.start
threading.Thread.start = lambda thread: (started.append(repr(thread)), start(thread))
preload()
from airflow.sdk.configuration import ensure_secrets_loaded
from airflow.sdk.execution_time.secrets import DEFAULT_SECRETS_SEARCH_PATH_WORKERS
backend = ensure_secrets_loaded(DEFAULT_SECRETS_SEARCH_PATH_WORKERS)[0]
print(started, "snowflake.connector" in sys.modules, type(backend).__name__, "client" in vars(backend))
"""


def test_nothing_that_is_made_ahead_of_tasks_starts_a_thread(
    root: Path, tmp_path: Path, env_python: Callable[[str], Path]
) -> None:
    """A lock that a thread holds when a task is forked is never released in the fork.

    The client of Secrets Manager is made, and asks nobody: its address answers to no one.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "SNOWFLAKE"))}
    environment |= {
        "AIRFLOW_HOME": str(tmp_path / "home"),
        "ASSAY_ENV": "local",
        "PYTHONPATH": os.pathsep.join(map(str, (root / "plugins", root / "images" / "airflow"))),
        "AIRFLOW__SECRETS__BACKEND": "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
    }
    command = [str(env_python("airflow")), "-c", THREADS]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[] True SecretsManagerBackend True"
