"""Terraform with providers that touch nothing, and the plans that several tests look at. Without Terraform: skipped."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.workspace import ENVIRONMENTS, Workspace, copy


@pytest.fixture(scope="session")
def providers(root: Path, env_python: Callable[[str], Path]) -> Iterator[str]:
    """The stand-in providers, serving until the tests end."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on this machine: validate, test and plan of the infrastructure did not run")
    command = [env_python("delivery"), "-m", "local.emulators.terraform", "--types-of", root / "terraform"]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the stand-in providers ended at once; their words are above"
        yield line.strip()
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def infrastructure(root: Path, providers: str, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy that no test changes."""
    return copy(root, tmp_path_factory.mktemp("infrastructure"), providers)


@pytest.fixture
def changed_infrastructure(root: Path, providers: str, tmp_path: Path) -> Workspace:
    """A copy of the test's own."""
    return copy(root, tmp_path / "changed", providers)


@pytest.fixture(scope="session")
def _applied(root: Path, providers: str, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """dev, applied once: its state is what the stand-ins made up."""
    made = copy(root, tmp_path_factory.mktemp("applied"), providers)
    made.must(made.environment("dev"), "init", "-input=false")
    made.must(made.environment("dev"), "apply", "-auto-approve", "-input=false")
    return made


@pytest.fixture
def applied_infrastructure(_applied: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the test's own in which dev exists."""
    shutil.copytree(_applied.folder, tmp_path / "applied", symlinks=True)
    return Workspace(tmp_path / "applied", _applied.providers)


@pytest.fixture(scope="session")
def plans(infrastructure: Workspace) -> dict[str, dict[str, Any]]:
    """The plan of each environment, from nothing."""
    return {environment: infrastructure.plan(environment) for environment in ENVIRONMENTS}
