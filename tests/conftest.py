"""What every test may use: the environments' interpreters and ports that nobody listens on."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"  # each login would ask six clouds whose machine this is


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def env_python() -> Callable[[str], Path]:
    """The interpreter of one of the environments (`warehouse`, `dbt`, …), in which its program is started."""

    def python(name: str) -> Path:
        found = ROOT / ".assay" / "envs" / name / "bin" / "python"
        assert found.exists(), f"the environment {name} is missing: run the tests with `make test`, which builds it"
        return found

    return python


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    def port() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return port
