"""A small client of Airflow's REST API: what the demo and the end-to-end tests do by hand in the web UI."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from local.state.endpoints import Endpoints

EXCEPTION = re.compile(r"^(\w+\.)+\w+: ")
"""The class with which the last line of a traceback begins: the sentence behind it is for people."""

ATTEMPTS = 5
BROKE = 500

FINISHED = frozenset({"success", "failed"})


class AirflowError(Exception):
    """Airflow refused a request or a run did not end in time; the text says which."""


class AirflowBroke(AirflowError):
    """Airflow answered 5xx: what was asked may be asked again."""


@dataclass(frozen=True)
class Run:
    dag_id: str
    run_id: str
    state: str
    started: str | None
    ended: str | None


class Airflow:
    """Logged in as the platform's Airflow user. Raises AirflowError with Airflow's own words."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._base = endpoints.airflow
        self._login = {key: endpoints.credentials["airflow"][name] for key, name in
                       (("username", "user"), ("password", "password"))}  # fmt: skip
        self._session = requests.Session()
        self._authorise()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """`path` below /api/v2. A token that has run out is renewed once."""
        for _ in range(2):
            answer = self._session.request(method, f"{self._base}/api/v2/{path}", timeout=60, **options)
            if answer.status_code != requests.codes.unauthorized:
                break
            self._authorise()
        if not answer.ok:
            kind = AirflowBroke if answer.status_code >= BROKE else AirflowError
            raise kind(f"Airflow answered {answer.status_code} to {method} {path}: {answer.text[:500]}")
        return answer.json() if answer.content else None

    @property
    def header(self) -> str:
        """The header by which Airflow's API knows who asks."""
        return f"Authorization: {self._session.headers['Authorization']!s}"

    def declare_pool(self, name: str, slots: int) -> None:
        """Makes the pool, or gives it so many slots."""
        known = {pool["name"] for pool in self.call("GET", "pools", params={"limit": 1000})["pools"]}
        if name in known:
            settings = {
                "pool": name,
                "slots": slots,
                "include_deferred": False,
            }  # it wants all three, whatever is to change
            self.call("PATCH", f"pools/{name}", params={"update_mask": "slots"}, json=settings)
        else:
            self.call("POST", "pools", json={"name": name, "slots": slots})

    def unpause(self, dag_id: str) -> None:
        self.call("PATCH", f"dags/{dag_id}", json={"is_paused": False})

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Starts a run and returns its id."""
        run = self.call("POST", f"dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": dict(conf or {})})
        return str(run["dag_run_id"])

    def start(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Starts a run for what is there now, or for what `conf` asks for, and returns its id.

        A DAG that was paused starts one by itself when it is unpaused, because a time of its schedule has passed; to
        trigger another would only run twice.
        """
        dag = self.dags()[dag_id]
        if not dag["is_paused"]:
            return self.trigger(dag_id, conf)
        before = self._run_ids(dag_id)
        self.unpause(dag_id)
        if conf or dag["timetable_summary"] is None:
            return self.trigger(dag_id, conf)
        wait(
            lambda: bool(self._run_ids(dag_id) - before),
            60,
            lambda: AirflowError(
                f"Airflow has not started {dag_id} within 60 s of unpausing it: see `./assay status`."
            ),
        )
        return (self._run_ids(dag_id) - before).pop()

    def end_runs(self, dag_id: str) -> list[str]:
        """Set every run that has not ended to failed, and return their ids. Airflow ends the tasks of each.

        Airflow answers 500 when its scheduler changes the same run at that moment (a deadlock in its database), so
        that is tried again. Runs that wait come first: the scheduler starts the next as soon as the running one ends.
        """
        query = {"state": ["queued", "running"], "limit": 100}
        runs = self.call("GET", f"dags/{dag_id}/dagRuns", params=query)["dag_runs"]
        waiting_first = sorted(runs, key=lambda run: str(run["state"]) != "queued")
        ended = [str(run["dag_run_id"]) for run in waiting_first]
        for run_id in ended:
            for left in reversed(range(ATTEMPTS)):
                try:
                    self.call("PATCH", f"dags/{dag_id}/dagRuns/{run_id}", json={"state": "failed"})
                    break
                except AirflowBroke:
                    if not left:
                        raise
        return ended

    def _run_ids(self, dag_id: str) -> set[str]:
        return {run["dag_run_id"] for run in self.call("GET", f"dags/{dag_id}/dagRuns")["dag_runs"]}

    def run(self, dag_id: str, run_id: str) -> Run:
        found = self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}")
        return Run(dag_id, run_id, found["state"], found["start_date"], found["end_date"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The run's task instances as Airflow describes them, all pages."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.call(
                "GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances", params={"limit": 100, "offset": len(found)}
            )
            found += page["task_instances"]
            if not page["task_instances"] or len(found) >= page["total_entries"]:
                return found

    def clear(self, dag_id: str, run_id: str, only_failed: bool = True) -> None:
        """Sets a run's tasks back, so that Airflow tries them again."""
        self.call(
            "POST",
            f"dags/{dag_id}/clearTaskInstances",
            json={"dry_run": False, "dag_run_id": run_id, "only_failed": only_failed, "reset_dag_runs": True},
        )

    def dags(self) -> dict[str, dict[str, Any]]:
        return {dag["dag_id"]: dag for dag in self.call("GET", "dags", params={"limit": 100})["dags"]}

    def import_errors(self) -> list[dict[str, Any]]:
        errors: list[dict[str, Any]] = self.call("GET", "importErrors")["import_errors"]
        return errors

    def log(self, dag_id: str, run_id: str, task_id: str, attempt: int) -> str:
        lines = self._log_lines(dag_id, run_id, task_id, attempt)
        return "\n".join(str(line.get("event", line)) if isinstance(line, dict) else str(line) for line in lines)

    def reason(self, dag_id: str, run_id: str, task_id: str, attempt: int) -> str:
        """What the task's last error said, or an empty text when its log holds none."""
        lines = self._log_lines(dag_id, run_id, task_id, attempt)
        errors = [line["error_detail"][0] for line in lines if isinstance(line, dict) and line.get("error_detail")]
        return str(errors[-1]["exc_value"]) if errors else ""

    def _log_lines(self, dag_id: str, run_id: str, task_id: str, attempt: int) -> list[Any]:
        answer = self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}")
        lines: list[Any] = answer["content"]
        return lines

    def wait_for_dag(self, dag_id: str, seconds: float, newer_than: datetime | None = None) -> None:
        """Until Airflow has read the DAG's file. Raises AirflowError with the import error if it cannot.

        `newer_than`: when the DAG's files were last changed. A later import error is final, and nothing is waited for.
        """

        def is_there() -> bool:
            if newer_than:
                for error in self.import_errors():
                    if (
                        Path(error["filename"]).stem == dag_id
                        and datetime.fromisoformat(error["timestamp"]) > newer_than
                    ):
                        reason = EXCEPTION.sub("", error["stack_trace"].strip().splitlines()[-1])
                        raise AirflowError(f"Airflow cannot import {Path(error['filename']).name}: {reason}")
            return dag_id in self.dags()

        wait(is_there, seconds, lambda: self._missing(dag_id, seconds))

    def wait_for_run(self, dag_id: str, run_id: str, seconds: float, progress: Callable[[str], None] = print) -> Run:
        """Until the run has ended, telling `progress` about each change. Raises AirflowError when it takes too long."""
        printed = ""
        deadline = time.monotonic() + seconds
        while True:
            run = self.run(dag_id, run_id)
            states = [task["state"] for task in self.tasks(dag_id, run_id)]
            line = f"{sum(state == 'success' for state in states)} of {len(states)} tasks done" + "".join(
                f", {count} {state.replace('_', ' ')}"
                for state in ("running", "failed", "upstream_failed")
                if (count := states.count(state))
            )
            if line != printed:
                progress(f"{dag_id}: {line}")
                printed = line
            if run.state in FINISHED:
                return run
            if time.monotonic() > deadline:
                raise AirflowError(f"{dag_id}, run {run_id}: not finished after {seconds:.0f} s ({line})")
            time.sleep(1)

    def _authorise(self) -> None:
        try:
            answer = self._session.post(f"{self._base}/auth/token", json=self._login, timeout=60)
        except requests.ConnectionError as problem:
            raise AirflowError(f"Airflow does not answer at {self._base}: see `./assay status`.") from problem
        if not answer.ok:
            raise AirflowError(f"Airflow refused the login: {answer.status_code} {answer.text[:300]}")
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _missing(self, dag_id: str, seconds: float) -> AirflowError:
        errors = "; ".join(error["stack_trace"].strip().splitlines()[-1] for error in self.import_errors())
        return AirflowError(f"Airflow has no DAG {dag_id} after {seconds:.0f} s. Import errors: {errors or 'none'}")


def wait(done: Callable[[], bool], seconds: float, problem: Callable[[], Exception], every: float = 0.5) -> None:
    """Asks until `done`, at most `seconds`; then raises what `problem` makes."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise problem()
        time.sleep(every)
