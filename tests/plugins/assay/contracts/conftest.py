"""The zones on trial, for every test of this folder, and a Postgres server with a company's tables."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from tests.plugins.assay.contracts.landing_ways import postgres
from tests.plugins.assay.embedded import embedded, flights, weather

__all__ = ["embedded", "flights", "weather"]
START_SECONDS = 60


@pytest.fixture(scope="session")
def company(
    root: Path, env_python: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, str]]:
    """A Postgres server; yields the environment by which the loader finds it."""
    state = tmp_path_factory.mktemp("postgres")
    known = {"postgres": {"airflow": "unused", "company_reader": "unused", "company": secrets.token_urlsafe(12)}}
    (state / "credentials.json").write_text(json.dumps(known))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [env_python("platform"), "-m", "local.emulators.postgres", "--port", str(port), "--state", state / "data"]
    with (state / "log").open("wb") as log:
        server = subprocess.Popen(
            command,
            cwd=root,
            env=os.environ | {"ASSAY_CREDENTIALS": str(state / "credentials.json")},
            stdout=log,
            stderr=log,
        )
    environment = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(port),
        "PGUSER": "company",
        "PGPASSWORD": known["postgres"]["company"],
        "PGDATABASE": "company",
    }
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with postgres(environment):
                    break
            except psycopg.OperationalError:
                assert server.poll() is None, (state / "log").read_text()
                assert time.monotonic() < deadline, (state / "log").read_text()
                time.sleep(0.1)
        yield environment
    finally:
        server.terminate()
        server.wait(20)
