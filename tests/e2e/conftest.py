"""A whole platform in a checkout of its own, beside whatever the developer has running: what `make demo` gives a user.

The checkout is a copy, so that tests may break zone files, contracts and models as a user would: by editing them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from local.airflow_client import Airflow
from local.endpoints import Endpoints
from local.layout import Layout
from local.world import World

COMMAND_SECONDS = 1200


@dataclass(frozen=True)
class Checkout:
    """A copy of the repository and what a user does in it."""

    root: Path

    @property
    def layout(self) -> Layout:
        return Layout(root=self.root, state=self.root / ".assay")

    @cached_property
    def endpoints(self) -> Endpoints:
        return Endpoints(self.layout)

    @property
    def airflow(self) -> Airflow:
        return Airflow(self.endpoints)

    @property
    def world(self) -> World:
        return World(self.endpoints)

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs a command in the checkout as a user's shell would."""
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("ASSAY_", "AIRFLOW", "AWS_"))
        }
        environment.pop("PYTHONPATH", None)
        done = subprocess.run(
            command,
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        if check and done.returncode:
            pytest.fail(f"{' '.join(command)} exited {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done

    def assay(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.run("./assay", *arguments, check=check)

    def sql(self, statement: str, role: str | None = None) -> list[dict[str, Any]]:
        answer = self.assay("sql", statement, "--json", *(["--role", role] if role else []))
        rows: list[dict[str, Any]] = json.loads(answer.stdout)
        return rows

    def count(self, table: str, where: str = "true") -> int:
        return int(self.sql(f"select count(*) as n from {table} where {where}")[0]["N"])

    def run_zone(self, zone: str, seconds: float = 600) -> str:
        """Triggers the zone and returns the state its run ends in."""
        airflow = self.airflow
        return airflow.wait_for_run(zone, airflow.trigger(zone), seconds).state


def copy_checkout(source: Path, target: Path) -> None:
    """What git would clone of the working tree, with the environments shared: they depend on the locks only."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=source,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if not (source / name).is_file():
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target / name)
    (target / ".assay").mkdir(mode=0o700)
    (target / ".assay" / "envs").symlink_to(source / ".assay" / "envs")


@pytest.fixture(scope="session")
def checkout(root: Path) -> Iterator[Checkout]:
    """A second checkout, on which nothing has been run yet. Whatever a test started in it is stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        found = Checkout(Path(folder) / "assay")
        copy_checkout(root, found.root)
        try:
            yield found
        finally:
            found.assay("down")


@pytest.fixture(scope="session")
def demo(checkout: Checkout) -> Checkout:
    """The platform after `make demo`: three days in gold."""
    checkout.run("make", "demo")
    return checkout
