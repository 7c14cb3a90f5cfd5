"""What Airflow's image starts, and how it says that it is well."""

from __future__ import annotations

import os
import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("given", "started"),
    [
        (["bash", "-c", "echo chart"], "chart"),
        (["scheduler", "--skip-serve-logs"], "airflow scheduler --skip-serve-logs"),
        (["airflow", "db", "migrate"], "airflow db migrate"),
        (["/bin/echo", "a path"], "a path"),
        ([], "airflow"),
    ],
)
def test_commands_are_taken_as_airflows_own_image_takes_them(
    root: Path, tmp_path: Path, given: list[str], started: str
) -> None:
    program = tmp_path / "airflow"
    program.write_text('#!/bin/sh\necho airflow "$@"\n')
    program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    entry = root / "images" / "airflow" / "entrypoint"
    done = subprocess.run([entry, *given], env={"PATH": path}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == started


@pytest.fixture
def healthy(root: Path) -> dict[str, Any]:
    return runpy.run_path(str(root / "images" / "airflow" / "healthy"))


def test_health_asks_the_component_that_runs(healthy: dict[str, Any]) -> None:
    component = healthy["component"]
    assert component(["/opt/venv/bin/python", "/opt/venv/bin/airflow", "scheduler", "--skip-serve-logs"]) == "scheduler"
    assert component(["airflow", "api_server", "--", "host:0.0.0.0", "port:8080"]) == "api-server"
    assert component(["airflow", "api-server"]) == "api-server"
    assert component(["airflow", "db", "migrate"]) is None


def test_health_is_a_sentence_where_nobody_answers(healthy: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert healthy["_answers"]("http://127.0.0.1:1/api/v2/monitor/health") == 1
    assert "Connection refused" in capsys.readouterr().err


def test_airflow_imports_the_platform_by_its_name_and_not_file_by_file(root: Path) -> None:
    """Imported as plugins, files named as modules of the standard library would take their place."""
    assert "assay/" in (root / "plugins" / ".airflowignore").read_text().splitlines()
    assert "\nCOPY plugins /opt/airflow/plugins\n" in (root / "images" / "airflow" / "Dockerfile").read_text()
