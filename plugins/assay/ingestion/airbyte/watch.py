"""When to keep waiting for an Airbyte job and when to give it up: three clocks, and one for a silent server. Pure.

Times are seconds on one clock of the caller's choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

NOT_STARTED = frozenset({"pending", "queued"})
ENDED = frozenset({"succeeded", "failed", "cancelled"})
ACTIVE = NOT_STARTED | {"running", "incomplete"}


@dataclass(frozen=True)
class Job:
    """What Airbyte tells about a job. `status` may be one that we have never heard of: it then counts as running."""

    id: int
    status: str
    type: str = "sync"
    rows: int = 0
    bytes: int = 0
    updated_at: str = ""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Job:
        """From the public API's JSON; only jobId and status are always there."""
        return cls(
            id=int(body["jobId"]),
            status=str(body["status"]),
            type=str(body.get("jobType", "sync")),
            rows=int(body.get("rowsSynced") or 0),
            bytes=int(body.get("bytesSynced") or 0),
            updated_at=str(body.get("lastUpdatedAt") or ""),
        )

    def __str__(self) -> str:
        return f"job {self.id} is {self.status} with {self.rows:,} rows and {self.bytes:,} bytes"


@dataclass(frozen=True)
class Limits:
    """Seconds: until it starts, without any movement, in all, and without an answer from Airbyte."""

    start_within: float
    stalled_after: float
    deadline: float
    silent_after: float = 120


@dataclass(frozen=True)
class Clocks:
    """Since when what has been the case. `advanced` makes the next ones; `last` is the job as it was last seen."""

    limits: Limits
    began: float
    heard: float
    waiting: float
    moved: float
    last: Job | None = None

    @classmethod
    def started(cls, limits: Limits, now: float) -> Clocks:
        return cls(limits, began=now, heard=now, waiting=now, moved=now)

    def advanced(self, job: Job | None, now: float) -> Clocks:
        """After one more look; `job` is None when Airbyte did not answer.

        A job that goes back to waiting after it ran has been rescheduled: the clock for its start begins again.
        """
        if job is None:
            return self
        rescheduled = self.last is not None and self.last.status not in NOT_STARTED and job.status in NOT_STARTED
        return replace(
            self,
            heard=now,
            last=job,
            moved=now if job != self.last else self.moved,
            waiting=now if rescheduled else self.waiting,
        )


@dataclass(frozen=True)
class Wait:
    """Look again later."""


@dataclass(frozen=True)
class Succeeded:
    job: Job


@dataclass(frozen=True)
class GiveUp:
    """Fail with this sentence; `cancel` says that the job may still be running and must not be left alone."""

    sentence: str
    cancel: bool


Decision = Wait | Succeeded | GiveUp


def watch(job: Job | None, clocks: Clocks, now: float) -> Decision:
    """What to do after a look at the job (None: Airbyte did not answer). `clocks` are those advanced by this look."""
    if job is not None and job.status in ENDED:
        if job.status == "succeeded":
            return Succeeded(job)
        return GiveUp(f"Airbyte says: {job}.", cancel=False)
    limits, known = clocks.limits, clocks.last
    seen = f"at last look {known}" if known else "nothing is known of the job"
    if now - clocks.began > limits.deadline:
        return GiveUp(f"The sync is not done after {_spoken(limits.deadline)}; {seen}.", cancel=True)
    if now - clocks.heard > limits.silent_after:
        return GiveUp(f"Airbyte has not answered for {_spoken(limits.silent_after)}; {seen}.", cancel=True)
    if job is None:
        return Wait()
    if job.status in NOT_STARTED:
        if now - clocks.waiting > limits.start_within:
            return GiveUp(f"The sync has not started within {_spoken(limits.start_within)}; {seen}.", cancel=True)
    elif now - clocks.moved > limits.stalled_after:
        return GiveUp(f"The sync has not moved for {_spoken(limits.stalled_after)}; {seen}.", cancel=True)
    return Wait()


def _spoken(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min" if minutes and not rest else f"{seconds:g} s"
