"""Tests are of a tier by what they use, and what is marked wrongly is found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import subprocess, sys
import pytest

@pytest.fixture(scope="session")
def env_python():
    return lambda name: name

@pytest.fixture(scope="session")
def server(env_python):
    return env_python("warehouse")

@pytest.fixture
def account(server):
    return server

def test_pure(): pass
@pytest.mark.parametrize("run", [1, 2])
def test_pure_with_a_name_that_is_a_parameter(run): pass
def test_serving(account): pass
@pytest.mark.core
def test_needed(account): pass
@pytest.mark.wide
def test_long(): pass
@pytest.mark.deep
def test_deep(account): pass
@pytest.mark.core
class TestClass:
    def test_inherits(self, account): pass
    def test_starts_nothing(self): pass
    @pytest.mark.wide
    def test_closest_wins(self, account): pass
def test_git(): subprocess.run(["git", "--version"], check=True)
def test_hides_a_server(): subprocess.run(["/x/.assay/envs/warehouse/bin/python", "-m", "local.emulators.snowflake"])
def test_hides_the_platform(): subprocess.run("./assay up", shell=True)
def test_is_another_after_it(): subprocess.run([sys.executable, "-c", ""], check=True)
"""
TIERS = {
    "test_pure": "fast",
    "test_pure_with_a_name_that_is_a_parameter[1]": "fast",
    "test_pure_with_a_name_that_is_a_parameter[2]": "fast",
    "test_serving": "wide",
    "test_needed": "core",
    "test_long": "wide",
    "test_deep": "deep",
    "TestClass::test_inherits": "core",
    "TestClass::test_starts_nothing": "fast",
    "TestClass::test_closest_wins": "wide",
    "test_git": "fast",
    "test_hides_a_server": "fast",
    "test_hides_the_platform": "fast",
    "test_is_another_after_it": "fast",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  core\n  wide\n  deep\n")
    return tmp_path


def ran(project: Path, root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "tests.costs", "-p", "tests.tiers", "-p", "no:cacheprovider", "-q"]
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [*command, *options], cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def test_a_test_is_of_a_tier_by_its_markers_or_else_by_its_fixtures(project: Path, root: Path) -> None:
    assert ran(project, root, "--collect-only", "--plan", "plan.json").returncode == 0
    plan = json.loads((project / "plan.json").read_text())
    assert {name.removeprefix("test_some.py::"): found["tier"] for name, found in plan.items()} == TIERS
    assert plan["test_some.py::test_serving"]["shares"] == ["test_some.py::server"]
    assert plan["test_some.py::test_pure"]["shares"] == []


def test_a_fast_test_that_starts_a_server_fails_and_says_what_to_do(project: Path, root: Path) -> None:
    done = ran(project, root, "--tiers", "fast", "--cost", "costs.jsonl")
    assert done.returncode == 1
    notes = [json.loads(line) for line in (project / "costs.jsonl").read_text().splitlines()]
    assert {note["test"].removeprefix("test_some.py::"): note["outcome"] for note in notes} == {
        name: "failed" if "hides" in name else "passed" for name, tier in TIERS.items() if tier == "fast"
    }
    assert "mark it `wide`, or `core` if `make test` needs it" in done.stdout


def test_an_unknown_tier_is_refused(project: Path, root: Path) -> None:
    done = ran(project, root, "--tiers", "fast,slow")
    assert (done.returncode, "--tiers slow: there are fast, core, wide, deep" in done.stderr) == (4, True)
