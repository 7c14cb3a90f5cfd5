"""A checkout of its own for a test or a benchmark, and what a user does in it.

It is a copy, so that tests may break zone files, contracts and models as a user would: by editing them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import requests

from local.company.demo_company import FIRST_DAY, DemoCompany
from local.platform.airflow_client import Airflow, AirflowError, Run, wait
from local.platform.zone_run import reasons
from local.state.endpoints import Endpoints
from tools.runtime.interrupts import STARTED_BY
from tools.runtime.layout import ROOT, Layout

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
    def company(self) -> DemoCompany:
        return DemoCompany(self.endpoints)

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs a command in the checkout as a user's shell would."""
        environment = {
            key: value
            for key, value in os.environ.items()
            if key == STARTED_BY or not key.startswith(("ASSAY_", "AIRFLOW", "AWS_"))
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
            raise AssertionError(
                f"{' '.join(command)} exited {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
            )
        return done

    def assay(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.run("./assay", *arguments, check=check)

    def sql(self, statement: str, role: str | None = None) -> list[dict[str, Any]]:
        """The rows, as `./assay sql --json` gives them."""
        asking, answers = self._asking.stdin, self._asking.stdout
        assert asking
        assert answers
        print(json.dumps({"statement": statement, "role": role}), file=asking, flush=True)
        answer: dict[str, Any] = json.loads(answers.readline())
        if "error" in answer:
            raise AssertionError(f"{statement}: {answer['error']}")
        rows: list[dict[str, Any]] = answer["rows"]
        return rows

    @cached_property
    def _asking(self) -> subprocess.Popen[str]:
        """Ends when this process does. It is not of the checkout: stopping the platform is no reason to end it."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.asking", self.root],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def count(self, table: str, where: str = "true") -> int:
        return int(self.sql(f"select count(*) as n from {table} where {where}")[0]["N"])

    def run_zone(self, zone: str, seconds: float = 600, **form: object) -> Run:
        """Trigger the zone with what the form says, and wait until its run has ended, well or not."""
        airflow = self.airflow
        return airflow.wait_for_run(zone, airflow.trigger(zone, form), seconds)

    def succeeded(self, run: Run) -> Run:
        """The run, if it went well. If not, the test fails with what its tasks have said."""
        assert run.state == "success", "\n".join([run.run_id, *reasons(self.airflow, run)])
        return run

    def newest_green_run(self, zone: str) -> Run:
        runs = self.airflow.call("GET", f"dags/{zone}/dagRuns", params={"state": "success", "order_by": "-run_after"})
        return self.airflow.run(zone, runs["dag_runs"][0]["dag_run_id"])

    def tasks(self, run: Run) -> dict[str, dict[str, Any]]:
        """The run's task instances by task id."""
        return {task["task_id"]: task for task in self.airflow.tasks(run.dag_id, run.run_id)}

    def gold_by_day(self, zone: str) -> dict[str, int]:
        """What readers see now: flights or hours of weather by day."""
        statement = {
            "flights": "select flight_date as day, sum(legs_scheduled) as n "
            "from LOCAL_FLIGHTS.GOLD.DAILY_PUNCTUALITY group by 1",
            "weather": "select observed_date as day, sum(hours_observed) as n "
            "from LOCAL_WEATHER.GOLD.DAILY_WEATHER group by 1",
        }[zone]
        return {str(row["DAY"]): int(row["N"]) for row in self.sql(statement)}

    def days(self) -> list[str]:
        """The days that have passed of the demo company."""
        last = self.company.today
        assert last is not None
        return [(FIRST_DAY + timedelta(days=step)).isoformat() for step in range((last - FIRST_DAY).days + 1)]

    def until(self, done: Callable[[], bool], seconds: float, what: str) -> None:
        wait(done, seconds, lambda: AssertionError(f"{what}: not within {seconds:.0f} s"), every=1)

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        return {task["task_id"]: task["state"] for task in self.airflow.tasks(dag_id, run_id)}

    def has_ended(self, dag_id: str, run_id: str, prefix: str) -> bool:
        """Whether a task of this prefix has succeeded."""
        states = self.task_states(dag_id, run_id)
        return any(state == "success" for task, state in states.items() if task.startswith(prefix))

    def is_running(self, dag_id: str, run_id: str, task_id: str) -> bool:
        return self.task_states(dag_id, run_id)[task_id] == "running"

    def patient_airflow(self) -> Airflow:
        """A client once Airflow answers: it may just be restarting."""
        found: list[Airflow] = []

        def answers() -> bool:
            try:
                found.append(self.airflow)
            except (requests.ConnectionError, AirflowError):
                return False
            return True

        self.until(answers, 120, "Airflow answers")
        return found[-1]

    def messages(self, zone: str) -> list[str]:
        """What the zone's chat channel has been told, newest first."""
        login = self.endpoints.credentials["airflow"]
        answer = requests.get(
            f"{self.endpoints.url('inbox')}/api/messages",
            params={"channel": zone},
            auth=(login["user"], login["password"]),
            timeout=30,
        )
        answer.raise_for_status()
        return [message["text"] for message in answer.json()]

    def newer_message(self, zone: str, told: int) -> str:
        """The newest message of a channel that had `told`, once it has more: Airflow calls when a run has ended."""
        self.until(lambda: len(self.messages(zone)) > told, 60, f"a message in the channel of {zone}")
        return self.messages(zone)[0]


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
    (target / ".assay" / "envs").symlink_to((source / ".assay" / "envs").resolve())  # theirs may be a link too


def processes_of(root: Path) -> set[int]:
    """Processes that the checkout started: those whose environment or working folder is its own."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            if str(root).encode() in environment or (folder / "cwd").resolve().is_relative_to(root):
                found.add(int(folder.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found - {os.getpid()}
