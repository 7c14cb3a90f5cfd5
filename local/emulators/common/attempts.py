"""Wrong logins, slowed: each one under a name is answered later than the one before, whether the name exists or not."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

FIRST, LONGEST = 0.05, 2.0
"""Seconds that the answers to a name's first wrong login, and to its later ones at most, are held back."""

LONGEST_TOKEN = 0.5
"""The same for tokens of 24 random bytes, which are not guessed: a client with an old one is not held up for long."""

NAMES = 10_000
"""Names that are remembered: guesses under ever new names take no more memory than this."""

QUEUE = 10
"""Logins of one name that may wait for their turn; further ones are refused unread."""


class TooMany(Exception):
    """More logins of one name at once than are looked at."""

    def __init__(self) -> None:
        super().__init__("Too many logins at once under this name: try again in a moment.")


class Attempts:
    """Counts wrong logins by name. A right one ends the count. Safe to share between threads."""

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest
        self._wrong: OrderedDict[str, int] = OrderedDict()
        self._guard = threading.Lock()
        self._turns: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, int] = {}

    def wrong(self, name: str) -> float:
        """Count a wrong login. Return for how many seconds its answer is to be held back."""
        with self._guard:
            count = self._wrong[name] = min(self._wrong.get(name, 0) + 1, 64)
            self._wrong.move_to_end(name)
            if len(self._wrong) > NAMES:
                self._wrong.popitem(last=False)
        return min(FIRST * 2.0 ** (count - 1), self._longest)

    def right(self, name: str) -> None:
        with self._guard:
            self._wrong.pop(name, None)

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Let the logins of a name that has failed run one after another, so that guesses side by side gain nothing.

        Raises TooMany where more than QUEUE wait already. A name that has not failed waits for nothing.
        """
        if name not in self._wrong:
            yield
            return
        if self._waiting.get(name, 0) >= QUEUE:
            raise TooMany
        self._waiting[name] = self._waiting.get(name, 0) + 1
        try:
            async with self._turns.setdefault(name, asyncio.Lock()):
                yield
        finally:
            self._waiting[name] -= 1
            if not self._waiting[name]:
                del self._waiting[name]
                self._turns.pop(name, None)
