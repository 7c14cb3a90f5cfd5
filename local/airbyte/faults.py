"""Faults on request: what Airbyte does to those who wait for it, at the press of a switch. Outside the public API."""

from __future__ import annotations

import time
from dataclasses import dataclass

from local.airbyte.sync import Cancellation

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
