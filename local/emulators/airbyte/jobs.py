"""Jobs: one at a time per connection, tried again when that can help, and finished whatever happens to this process.

The rule that nothing is lost or doubled: a job's rows become visible in one transaction, its state is committed with
its success, and a job that ends any other way takes its rows back (`dirty` says that this is still to be done).
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from local.emulators.airbyte.catalogue import Catalogue
from local.emulators.airbyte.connectors import ConnectorError
from local.emulators.airbyte.destination import Snowflake
from local.emulators.airbyte.failures import RESTARTED, Failure, described, failure_of
from local.emulators.airbyte.faults import Faults
from local.emulators.airbyte.secrets import secret_values
from local.emulators.airbyte.store import Document, Store
from local.emulators.airbyte.sync import DESTINATION_MODES, Attempt, Cancellation, Cancelled, KnownStreams, Plan

ACTIVE = ("pending", "queued", "running", "incomplete")
TYPES = ("sync", "reset", "clear", "refresh")
MOST_ATTEMPTS = 5  # counting those that a restart of the server cut short

log = logging.getLogger(__name__)


class Conflict(Exception):
    """The connection has an active job already."""


class Jobs:
    """Runs jobs in threads. `attempts` is how often a failing one is tried, `pause` the seconds in between."""

    def __init__(
        self, store: Store, catalogue: Catalogue, faults: Faults, state: Path, attempts: int, pause: float
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._faults = faults
        self._private = state / "private"
        self._logs = state / "logs"
        self._attempts = attempts
        self._pause = pause
        self._turns: dict[str, threading.Lock] = {}  # one job at a time per connection
        self._running: dict[int, Cancellation] = {}
        self._threads: list[threading.Thread] = []

    def recover(self) -> None:
        """Takes up what an earlier process left: active jobs get another attempt, ended ones take their rows back."""
        for job in self._store.all("jobs"):
            if job["status"] in ACTIVE or job["dirty"]:
                for attempt in job["attempts"]:
                    if attempt["status"] == "running":
                        attempt.update(status="failed", failure=described(RESTARTED))
                self._change(job["jobId"], attempts=job["attempts"])
                self._start(job["jobId"])

    def submit(self, connection_id: str, job_type: str) -> Document:
        """Creates a job and starts it. Raises Conflict while another one of the connection is active."""
        with self._store.transaction():
            jobs = self._store.all("jobs")
            for job in jobs:
                if job["connectionId"] == connection_id and job["status"] in ACTIVE:
                    raise Conflict(f"A sync is already running: job {job['jobId']}")
            job = {
                "jobId": max((one["jobId"] for one in jobs), default=0) + 1,
                "connectionId": connection_id,
                "jobType": job_type,
                "status": "queued" if self._faults.job == "queued" else "pending",
                "startTime": timestamp(),
                "lastUpdatedAt": timestamp(),
                "bytesSynced": 0,
                "rowsSynced": 0,
                "attempts": [],
                "dirty": False,
                "wrote": [],
            }
            self._store.put("jobs", str(job["jobId"]), job)
        self._start(job["jobId"])
        return job

    def cancel(self, job: Document) -> Document:
        """Ends an active job now; its rows are taken back behind the scenes. An ended job stays as it is."""
        with self._store.transaction():
            current = self._job(job["jobId"])
            if current["status"] in ACTIVE:
                current = self._change(job["jobId"], status="cancelled")
        if cancellation := self._running.get(job["jobId"]):
            cancellation.cancel()
        return current

    def interrupt(self, seconds: float) -> None:
        """Stops working without ending any job: the next process takes them up."""
        for cancellation in list(self._running.values()):
            cancellation.cancel()
        for thread in self._threads:
            thread.join(seconds)

    def _start(self, job_id: int) -> None:
        self._running[job_id] = Cancellation()
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._work, args=(job_id,), name=f"job-{job_id}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self, job_id: int) -> None:
        cancellation = self._running[job_id]
        try:
            turn = self._turns.setdefault(self._job(job_id)["connectionId"], threading.Lock())
            with turn, (self._logs / f"job-{job_id}.log").open("a", 1) as out:
                self._run(job_id, cancellation, out)
        except Exception:
            log.exception("job %s", job_id)
            self._end(job_id, "failed")
        finally:
            self._running.pop(job_id, None)

    def _run(self, job_id: int, cancellation: Cancellation, out: IO[str]) -> None:
        if self._faults.job in ("never_start", "queued"):
            self._faults.hold(cancellation)
        for number in range(len(self._job(job_id)["attempts"]) + 1, MOST_ATTEMPTS + 1):
            if not self._begin(job_id, number):
                break
            failure = self._try(job_id, number, cancellation, out)
            if failure is None:
                break
            again = not failure.final and number < self._attempts
            if not self._failed(job_id, failure, again) or not again or cancellation.wait(self._pause):
                break
        if self._job(job_id)["status"] in ("running", "incomplete") and not cancellation.wait(0):
            self._end(job_id, "failed")  # its last attempt was cut short by a restart
        self._clean(job_id, out)

    def _try(self, job_id: int, number: int, cancellation: Cancellation, out: IO[str]) -> Failure | None:
        """One attempt, committed when it succeeds. None also when the job was cancelled meanwhile."""
        job = self._job(job_id)
        secrets: list[str] = []
        try:
            plan = self._plan(job)
            secrets = self._secrets(plan, job)
            self._clean_others(job, out)
            if self._faults.job == "fail" or (self._faults.job == "incomplete" and number == 1):
                raise ConnectorError("failing on request")
            if job["jobType"] in ("reset", "clear"):
                self._clear(plan, job)
                return None
            state = Attempt(
                plan, self._private, out, secrets, cancellation,
                progress=lambda rows, size: self._moved(job_id, rows, size),
                hold=lambda: self._faults.hold(cancellation) if self._faults.job == "stall" else None,
            ).run()  # fmt: skip
            self._succeeded(job, plan, state)
        except Cancelled:
            return None
        except Exception as error:
            failure = failure_of(error, secrets)
            out.write(f"attempt {number} failed ({failure.origin}): {failure.sentence}\n")
            return failure
        return None

    def _plan(self, job: Document) -> Plan:
        connection = self._known("connections", job["connectionId"])
        source = self._known("sources", connection["sourceId"])
        destination = self._known("destinations", connection["destinationId"])
        committed = self._store.get("states", job["connectionId"]) or {"streams": [], "generations": {}}
        streams = connection["configurations"]["streams"]
        afresh = job["jobType"] == "refresh"
        generations = {
            stream["name"]: committed["generations"].get(stream["name"], 0)
            + (1 if afresh or DESTINATION_MODES[stream["syncMode"]] == "overwrite" else 0)
            for stream in streams
        }
        return Plan(
            source=self._catalogue.source(source["definitionId"]),
            source_configuration=source["configuration"],
            known_streams=KnownStreams(self._store, source["sourceId"]),
            destination_configuration={
                **destination["configuration"],
                **({"schema": connection["namespaceFormat"]} if connection.get("namespaceFormat") else {}),
            },
            streams=streams,
            prefix=connection.get("prefix") or "",
            state=[] if afresh else committed["streams"],
            generations=generations,
            job_id=job["jobId"],
            began=job["startTime"],
        )

    def _secrets(self, plan: Plan, job: Document) -> list[str]:
        connection = self._known("connections", job["connectionId"])
        found: list[str] = []
        for kind, key in (("sources", "sourceId"), ("destinations", "destinationId")):
            end = self._known(kind, connection[key])
            found += secret_values(end["configuration"], self._catalogue.spec(kind, end["definitionId"]))
        return sorted(found, key=len, reverse=True)

    def _clear(self, plan: Plan, job: Document) -> None:
        destination = Snowflake(plan.destination_configuration, job["jobId"], job["startTime"])
        try:
            destination.clear([plan.prefix + stream["name"] for stream in plan.streams])
        finally:
            destination.close()
        with self._store.transaction():
            if self._end(job["jobId"], "succeeded", dirty=False):
                self._store.delete("states", job["connectionId"])

    def _succeeded(self, job: Document, plan: Plan, state: list[Document]) -> None:
        """Success and state are one write: a reader of the one can rely on the other."""
        with self._store.transaction():
            if self._end(job["jobId"], "succeeded", dirty=False):
                body = {"streams": state, "generations": dict(plan.generations)}
                self._store.put("states", job["connectionId"], body)

    def _begin(self, job_id: int, number: int) -> bool:
        """Notes that an attempt starts; False when the job is not to run any more."""
        with self._store.transaction():
            job = self._job(job_id)
            connection = self._store.get("connections", job["connectionId"])
            if job["status"] not in ACTIVE or connection is None:
                return False
            wrote = [(connection.get("prefix") or "") + one["name"] for one in connection["configurations"]["streams"]]
            attempts = [*job["attempts"], {"number": number, "status": "running", "startedAt": timestamp()}]
            self._change(
                job_id, status="running", attempts=attempts, dirty=True, wrote=wrote, rowsSynced=0, bytesSynced=0
            )
        return True

    def _failed(self, job_id: int, failure: Failure, again: bool) -> bool:
        """Notes why an attempt failed; False when the job has ended meanwhile."""
        with self._store.transaction():
            job = self._job(job_id)
            job["attempts"][-1].update(status="failed", failure=described(failure))
            status = ("incomplete" if again else "failed") if job["status"] in ACTIVE else job["status"]
            self._change(job_id, status=status, attempts=job["attempts"])
            return status == "incomplete"

    def _end(self, job_id: int, status: str, **changes: Any) -> bool:
        """Gives an active job its last status; False when it has one already."""
        with self._store.transaction():
            job = self._job(job_id)
            if job["status"] not in ACTIVE:
                return False
            if job["attempts"]:
                job["attempts"][-1]["status"] = status
            self._change(job_id, status=status, attempts=job["attempts"], **changes)
            return True

    def _moved(self, job_id: int, rows: int, size: int) -> None:
        with self._store.transaction():
            job = self._job(job_id)
            if job["status"] in ACTIVE and (rows or size):
                self._change(job_id, rowsSynced=job["rowsSynced"] + rows, bytesSynced=job["bytesSynced"] + size)

    def _clean_others(self, job: Document, out: IO[str]) -> None:
        """Rows of the connection's ended jobs must be gone before more come; if they cannot go, nothing may come."""
        for other in self._store.all("jobs"):
            if other["connectionId"] == job["connectionId"] and other["dirty"] and other["jobId"] != job["jobId"]:
                self._clean(other["jobId"], out)
                if self._job(other["jobId"])["dirty"]:
                    raise ConnectorError(f"rows of job {other['jobId']}, which did not succeed, could not be removed")

    def _clean(self, job_id: int, out: IO[str]) -> None:
        """Takes back the rows of a job that ended without success."""
        job = self._job(job_id)
        if not job["dirty"] or job["status"] not in ("failed", "cancelled"):
            return
        secrets: list[str] = []
        try:
            plan = self._plan(job)
            secrets = self._secrets(plan, job)
            destination = Snowflake(plan.destination_configuration, job_id, job["startTime"])
            try:
                destination.discard(job["wrote"])
            finally:
                destination.close()
        except Exception as error:
            out.write(f"rows of job {job_id} are still to be removed: {failure_of(error, secrets).sentence}\n")
            return
        self._store.update("jobs", str(job_id), dirty=False)

    def _job(self, job_id: int) -> Document:
        return self._known("jobs", str(job_id))

    def _known(self, kind: str, id: str) -> Document:
        found = self._store.get(kind, id)
        if found is None:
            raise ConnectorError(f"{kind[:-1]} {id} has been deleted", final=True)
        return found

    def _change(self, job_id: int, **changes: Any) -> Document:
        return self._store.update("jobs", str(job_id), lastUpdatedAt=timestamp(), **changes)


def timestamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
