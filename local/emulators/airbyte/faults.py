"""Faults on request: what Airbyte does to those who wait for it, at the press of a switch. Outside the public API."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.emulators.airbyte.sync import Cancellation

JOB_FAULTS = ("never_start", "queued", "stall", "fail", "incomplete")


@dataclass
class Faults:
    """What goes wrong next.

    `job`: never_start (stays pending), queued (as `queued`), stall (runs, and stops moving), fail, incomplete (the
    first attempt fails). It holds for `seconds`, or until the job is cancelled when that is None. `status` is answered
    to the next `times` requests of the public API.
    """

    job: str | None = None
    seconds: float | None = None
    status: int = 0
    times: int = 0

    def switch(self, asked: Mapping[str, Any]) -> None:
        """Replace all switches by those that are asked for. Raises ValueError for what no switch is or takes."""
        job, seconds, status = asked.get("job"), asked.get("seconds"), asked.get("status")
        times = asked.get("times", 1)
        if unknown := sorted(set(asked) - {"job", "seconds", "status", "times"}):
            raise ValueError(f"{unknown[0]!r} is no fault; give job, seconds, status or times")
        if job is not None and job not in JOB_FAULTS:
            raise ValueError(f"job must be one of {', '.join(JOB_FAULTS)}")
        if seconds is not None and (job is None or type(seconds) not in (int, float) or seconds <= 0):
            raise ValueError("seconds is a number above 0, beside a job")
        if status is not None and (type(status) is not int or not 400 <= status <= 599):
            raise ValueError("status is a number from 400 to 599")
        if "times" in asked and (status is None or type(times) is not int or times < 1):
            raise ValueError("times is a whole number above 0, beside a status")
        self.job, self.seconds = job, seconds
        self.status, self.times = (status, times) if status is not None else (0, 0)

    def takes_request(self) -> int | None:
        """Counts one request; the status to answer instead, if any."""
        if self.times <= 0:
            return None
        self.times -= 1
        return self.status

    def hold(self, cancellation: Cancellation) -> None:
        """Waits as long as the fault lasts: for its seconds, until it is switched off or the job is cancelled."""
        fault, end = self.job, None if self.seconds is None else time.monotonic() + self.seconds
        while self.job == fault and (end is None or time.monotonic() < end):
            if cancellation.wait(0.1):
                return
        if self.job == fault:
            self.job = None  # its seconds are over
