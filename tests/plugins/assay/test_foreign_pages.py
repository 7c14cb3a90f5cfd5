"""Pages that other packages mount in Airflow's server answer nobody; Airflow's own and ours are as they were."""

from __future__ import annotations

import os
import runpy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.api_fastapi import app as airflow_app
from fastapi import FastAPI
from starlette.testclient import TestClient

from assay import foreign_pages


def page(text: str) -> FastAPI:
    made = FastAPI()
    made.get("/page")(lambda: text)
    return made


@pytest.fixture
def client(root: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """Airflow's own function mounts our plugin, Cosmos', and one that nobody knows yet."""
    from cosmos.plugin.airflow3 import CosmosAF3Plugin

    ours: Any = runpy.run_path(str(root / "plugins" / "assay_airflow.py"))["AssayPlugin"]
    applications = [
        *CosmosAF3Plugin().fastapi_apps,
        {"name": "stranger", "app": page("open"), "url_prefix": "/stranger/"},
        {"name": "assay zones", "app": page("ours"), "url_prefix": "/zones"},
    ]
    monkeypatch.setattr(
        "airflow.plugins_manager.get_fastapi_plugins", lambda: (applications, ours.fastapi_root_middlewares)
    )
    app = page("airflow's")
    app.get("/cosmosis")(lambda: "not theirs")
    airflow_app.init_plugins(app)
    return TestClient(app)


PATHS = ("/cosmos", "/cosmos/", "/cosmos/docs", "/cosmos/openapi.json", "/cosmos/redoc", "/cosmos/%64ocs",
         "/%63osmos/docs", "/cosmos/x/../docs", "/cosmos//docs", "/stranger/page", "/stranger")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_another_packages_page_is_not_found(client: TestClient, path: str) -> None:
    for method in ("GET", "POST", "HEAD", "OPTIONS"):
        assert client.request(method, path).status_code == 404


def test_airflows_pages_and_ours_answer(client: TestClient) -> None:
    assert [client.get(path).json() for path in ("/page", "/zones/page", "/cosmosis")] == [
        "airflow's", "ours", "not theirs",
    ]  # fmt: skip


def test_cosmos_pages_answer_anybody_without_it(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once Cosmos asks for a login itself this fails, and the middleware can go."""
    monkeypatch.setattr(foreign_pages, "foreign_prefixes", list)
    assert client.get("/cosmos/openapi.json").status_code == 200


def test_cosmos_sends_no_telemetry_from_the_image_nor_from_this_machine(
    root: Path, env_python: Callable[[str], Path]
) -> None:
    setting = "AIRFLOW__COSMOS__ENABLE_TELEMETRY"
    assert f"{setting}=false" in (root / "images/airflow/Dockerfile").read_text()
    program = "from cosmos import telemetry; print(telemetry.should_emit())"
    answers = []
    for more in ({}, {setting: "false"}):
        environment = {"PATH": os.environ["PATH"], "AIRFLOW_HOME": "/nonexistent", **more}
        command = [env_python("airflow"), "-c", program]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        answers.append(told.stdout.split()[-1])
    assert answers == ["True", "False"]
