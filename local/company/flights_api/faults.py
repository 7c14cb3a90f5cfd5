"""What the API does wrong on request, so that its clients can be tested."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """An answer that is given instead of data."""

    status: int
    sentence: str
    retry_after: int | None = None


class Faults:
    """Fails the next `times` requests with `status`; rejects more than `rate_limit` in a second (0: no limit)."""

    def __init__(self, rate_limit: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate_limit = rate_limit
        self.status = 0
        self.times = 0
        self._clock = clock
        self._seen: deque[float] = deque()

    def fail(self, status: int, times: int) -> None:
        self.status, self.times = status, times

    def next_refusal(self) -> Refusal | None:
        """Counts one request, and says how to refuse it (None: answer it)."""
        if self._hammered():
            return Refusal(429, "too many requests", retry_after=1)
        if self.times > 0:
            self.times -= 1
            return Refusal(self.status, "failing on request")
        return None

    def _hammered(self) -> bool:
        if self.rate_limit <= 0:
            return False
        now = self._clock()
        while self._seen and now - self._seen[0] >= 1:
            self._seen.popleft()
        if len(self._seen) >= self.rate_limit:
            return True
        self._seen.append(now)
        return False
