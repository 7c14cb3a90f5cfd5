"""Runs an Airbyte sync and polls it. A thin shell: `watch` decides on time-outs and stalls."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from airbyte_api import api, errors, models
from airflow.providers.airbyte.hooks.airbyte import AirbyteHook
from airflow.sdk import BaseOperator
from httpx import HTTPError, Response

from assay.errors import AssayError
from assay.in_log import in_log
from assay.ingestion.airbyte.watch import ACTIVE, Clocks, GiveUp, Job, Limits, Succeeded, watch

if TYPE_CHECKING:
    from airflow.sdk import Context

PAGE = 100
PUBLIC_PATH = "/api/public/v1"


class SyncFailed(AssayError):
    """The sync did not succeed; the text says what Airbyte knows about it."""


class Unavailable(Exception):
    """Airbyte did not answer, or said that it cannot now; asking again may help."""


class Busy(Exception):
    """The connection has an active job already (HTTP 409)."""


class Airbyte:
    """The calls the operator makes, on the provider's hook.

    Answers are read from the response's own JSON: the SDK's models refuse job statuses that they do not know.
    Raises Unavailable, Busy, or SyncFailed with what Airbyte said.
    """

    def __init__(self, connection_id: str) -> None:
        self._hook = AirbyteHook(airbyte_conn_id=connection_id)
        self._api = self._hook.airbyte_api
        self._authorization = ""

    def connection(self, name: str) -> str:
        """The id of the connection of that name."""
        names: list[str] = []
        while True:
            request = api.ListConnectionsRequest(limit=PAGE, offset=len(names))
            page = self._json(partial(self._api.connections.list_connections, request=request))["data"]
            for connection in page:
                if connection["name"] == name:
                    return str(connection["connectionId"])
            names += [connection["name"] for connection in page]
            if len(page) < PAGE:
                known = ", ".join(sorted(names)) or "none"
                raise SyncFailed(f'Airbyte has no connection "{name}" (it has: {known}); apply airbyte/ first.')

    def start(self, connection_id: str) -> Job:
        request = models.JobCreateRequest(connection_id=connection_id, job_type=models.JobTypeEnum.SYNC)
        return Job.of(self._json(partial(self._api.jobs.create_job, request=request)))

    def active(self, connection_id: str) -> Job | None:
        """The connection's job that has not ended, if there is one."""
        request = api.ListJobsRequest(connection_id=connection_id, limit=PAGE, order_by="updatedAt|DESC")
        jobs = [Job.of(body) for body in self._json(partial(self._api.jobs.list_jobs, request=request))["data"]]
        return max((job for job in jobs if job.status in ACTIVE), key=lambda job: job.id, default=None)

    def job(self, job_id: int) -> Job:
        return Job.of(self._json(partial(self._api.jobs.get_job, request=api.GetJobRequest(job_id=job_id))))

    def cancel(self, job_id: int) -> Job:
        return Job.of(self._json(partial(self._api.jobs.cancel_job, request=api.CancelJobRequest(job_id=job_id))))

    def reasons(self, job_id: int) -> str:
        """Why the last attempt failed, in the connector's own words; "" where this Airbyte does not tell.

        The public API has no error text; a self-managed Airbyte tells it through its configuration API.
        """
        base = str(self._api.sdk_configuration.get_server_details()[0]).rstrip("/")
        client = self._api.sdk_configuration.client
        if not base.endswith(PUBLIC_PATH) or client is None:
            return ""
        url = base.removesuffix(PUBLIC_PATH) + "/api/v1/jobs/get"
        headers = {"Authorization": self._authorization} if self._authorization else {}
        try:
            answer = client.send(client.build_request("POST", url, json={"id": job_id}, headers=headers))
            attempts = answer.json().get("attempts", []) if answer.status_code == 200 else []
        except (HTTPError, ValueError):
            return ""
        summary = (attempts[-1].get("attempt", {}).get("failureSummary") or {}) if attempts else {}
        found = summary.get("failures", [])
        return "; ".join(f"{one.get('failureOrigin', 'airbyte')}: {one.get('externalMessage')}" for one in found)

    def _json(self, call: Callable[[], Any]) -> Any:
        for last_try in (False, True):
            try:
                response: Response = call().raw_response
            except errors.ResponseValidationError as error:
                response = error.raw_response
            except errors.SDKError as error:
                if error.status_code == 401 and not last_try:
                    continue  # the token has expired; the SDK has dropped it, and the next call gets another
                raise self._explained(error) from error
            except (HTTPError, errors.NoResponseError) as error:
                raise Unavailable(f"{type(error).__name__}: {error}") from error
            except Exception as error:  # the SDK reports a refused login as a bare Exception
                if re.search(r"status code 5\d\d", str(error)):
                    raise Unavailable(str(error)) from error
                raise SyncFailed(f"Logging in to Airbyte failed: {error}. Check the Airflow connection.") from error
            self._authorization = response.request.headers.get("Authorization", "")
            return response.json()

    @staticmethod
    def _explained(error: errors.SDKError) -> Exception:
        said = f"{error.status_code}: {error.body[:300]}"
        if error.status_code == 409:
            return Busy(said)
        if error.status_code in (408, 425, 429) or error.status_code >= 500:
            return Unavailable(said)
        return SyncFailed(f"Airbyte refused the request with {said}")


class AirbyteSyncOperator(BaseOperator):
    """Runs the sync of the Airbyte connection called `connection`, or adopts the one that is running.

    Airbyte is asked every `poll_interval`. The job is cancelled, and the task fails, when the job has not started
    `start_within`, has not moved for `stalled_after`, or is not done by `deadline`; all are counted from when this task
    began to wait. Returns {"job_id": int, "rows": int, "bytes": int}.
    """

    ui_color = "#e8e3ff"

    def __init__(
        self,
        *,
        connection: str,
        airbyte_conn_id: str = "airbyte",
        poll_interval: timedelta = timedelta(seconds=5),
        start_within: timedelta = timedelta(minutes=10),
        stalled_after: timedelta = timedelta(minutes=15),
        deadline: timedelta = timedelta(hours=2),
        silent_after: timedelta = timedelta(minutes=2),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.connection = connection
        self.airbyte_conn_id = airbyte_conn_id
        self.poll_interval = poll_interval
        self.start_within = start_within
        self.stalled_after = stalled_after
        self.deadline = deadline
        self.silent_after = silent_after
        self._job_id: int | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        airbyte = Airbyte(self.airbyte_conn_id)
        limits = Limits(
            start_within=self.start_within.total_seconds(),
            stalled_after=self.stalled_after.total_seconds(),
            deadline=self.deadline.total_seconds(),
            silent_after=self.silent_after.total_seconds(),
        )
        clocks = Clocks.started(limits, time.monotonic())
        job: Job | None = self._patiently(clocks, lambda: self._started(airbyte))
        while True:
            now = time.monotonic()
            clocks = clocks.advanced(job, now)
            decision = watch(job, clocks, now)
            if isinstance(decision, Succeeded):
                done = decision.job
                self.log.info("%s.", done)
                return {"job_id": done.id, "rows": done.rows, "bytes": done.bytes}
            if isinstance(decision, GiveUp):
                raise SyncFailed(in_log(self._last_words(airbyte, decision)))
            time.sleep(min(self.poll_interval.total_seconds(), 1 + (now - clocks.began) / 4))  # short syncs end early
            job = self._look(airbyte)

    def on_kill(self) -> None:
        """Cancel the job: no task waits for it any more."""
        if self._job_id is not None:
            self._cancel(Airbyte(self.airbyte_conn_id))

    def _started(self, airbyte: Airbyte) -> Job:
        """The sync that this task waits for: a new one, or the one that is active."""
        connection_id = airbyte.connection(self.connection)
        try:
            job = airbyte.start(connection_id)
            self.log.info("Airbyte began job %s of %s.", job.id, self.connection)
        except Busy as busy:
            active = airbyte.active(connection_id)
            if active is None:
                raise Unavailable(f"the connection was busy a moment ago ({busy})") from busy
            if active.type not in ("sync", "refresh"):
                raise SyncFailed(
                    f'The connection "{self.connection}" is being cleared by job {active.id}; try again.'
                ) from busy
            job = active
            self.log.info("Airbyte is running job %s of %s already; this task adopts it.", job.id, self.connection)
        self._job_id = job.id
        return job

    def _patiently(self, clocks: Clocks, act: Callable[[], Job]) -> Job:
        """Repeats what Airbyte cannot do now, as long as its silence may last."""
        while True:
            try:
                return act()
            except Unavailable as error:
                decision = watch(None, clocks, time.monotonic())
                if isinstance(decision, GiveUp):
                    raise SyncFailed(f"{decision.sentence} Its last answer was {error}.") from error
                self.log.warning("Airbyte cannot start the sync now: %s", error)
                time.sleep(self.poll_interval.total_seconds())

    def _look(self, airbyte: Airbyte) -> Job | None:
        assert self._job_id is not None
        try:
            return airbyte.job(self._job_id)
        except Unavailable as error:
            self.log.warning("Airbyte did not answer: %s", error)
            return None

    def _last_words(self, airbyte: Airbyte, decision: GiveUp) -> str:
        assert self._job_id is not None
        done = f" {self._cancel(airbyte)}" if decision.cancel else ""
        reasons = airbyte.reasons(self._job_id)
        return f'Sync "{self.connection}": {decision.sentence}{done}' + (
            f" Reason given: {reasons}." if reasons else ""
        )

    def _cancel(self, airbyte: Airbyte) -> str:
        """Cancels the job and says how that went; never raises, for there is something worse to report."""
        assert self._job_id is not None
        try:
            airbyte.cancel(self._job_id)
        except (Unavailable, Busy, SyncFailed) as error:
            self.log.warning("job %s could not be cancelled: %s", self._job_id, error)
            return f"It could not be cancelled and may still run: {error}."
        self.log.info("job %s is cancelled.", self._job_id)
        return "It has been cancelled."
