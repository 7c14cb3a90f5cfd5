"""Alerts that wait for their chat server, in Airflow's variables: they outlive every process and are posted in order.

A message is kept before it is posted and removed when the server has taken it. One variable is one message,
`outbox.<connection>.<when>.<random>`; sorted, they are a channel's messages in order. `drain` is called by one process
at a time, the DAG `platform_alerts`.

A sender claims the message first, for longer than any post can last. A claim that has run out without a result, and a
server that was reached and did not answer, leave it open whether the message arrived. It is then posted again and says
so: an alert may be repeated with that remark, and is not lost.
"""

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol

from assay.alerts.best_effort import best_effort
from assay.alerts.channel import Answer
from assay.alerts.message import Message

PREFIX = "outbox."
CLAIM = 60.0  # seconds; longer than delivery.DEADLINE
BACKOFF, LONGEST_BACKOFF = 30.0, 900.0
KEEP = 3 * 86400.0  # seconds after which an undelivered message is dropped
MOST = 100  # of one channel
TRIES_OF_REFUSED = 3
AGAIN = "\n(Posted again: the chat server did not answer the first time.)"

log = logging.getLogger(__name__)

Poster = Callable[[str, Message], Answer]
"""Posts a message by a connection's id."""


class Store(Protocol):
    """Where messages wait."""

    def keys(self, prefix: str) -> Sequence[str]: ...

    def get(self, key: str) -> str | None: ...

    def set(self, key: str, value: str) -> None: ...

    def delete(self, key: str) -> None: ...


@dataclass(frozen=True)
class Waiting:
    """One message. Times are seconds since 1970. `open_ended`: an earlier post of it may have arrived."""

    message: Message
    kept_at: float
    not_before: float
    attempts: int = 0
    open_ended: bool = False

    @property
    def to_post(self) -> Message:
        return self.message | {"text": self.message["text"] + AGAIN} if self.open_ended else self.message


class Outbox:
    """`clock` is the time of day in seconds."""

    def __init__(self, store: Store, post: Poster, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._post = post
        self._clock = clock

    def send(self, connection: str, message: Message) -> bool:
        """Post now if nothing waits before it; keep it for later otherwise. Returns whether it was posted.

        What cannot be kept, because the store is away, is posted all the same.
        """
        kept = best_effort(lambda: self._keep(connection, message), None)
        if kept is None:
            return bool(self._post(connection, message))
        key, waiting = kept
        if not waiting.open_ended:
            best_effort(lambda: self._shorten(connection), None)
            return False
        answer = self._post(connection, message)
        best_effort(lambda: self._settle(key, replace(waiting, open_ended=False), answer), None)
        return bool(answer)

    def _keep(self, connection: str, message: Message) -> tuple[str, Waiting]:
        """Claimed, if it may be posted now."""
        now = self._clock()
        free = not any(self._waits(key, now) for key in self._of(connection))
        key = f"{PREFIX}{connection}.{int(now * 1e6):020d}.{uuid.uuid4().hex[:8]}"
        waiting = Waiting(message, now, now + CLAIM if free else now, open_ended=free)
        self._write(key, waiting)
        return key, waiting

    def drain(self, connection: str) -> float | None:
        """Post what waits for a channel, in order, until one is not taken. Returns when to try again, if at all."""
        for key in self._of(connection):
            waiting = self._read(key)
            if waiting is None:
                continue
            now = self._clock()
            if now - waiting.kept_at > KEEP:
                log.error("Dropped after %.0f days: %s", KEEP / 86400, waiting.message["text"])
                self._store.delete(key)
                continue
            if waiting.not_before > now:
                return waiting.not_before
            self._write(key, replace(waiting, not_before=now + CLAIM, open_ended=True))
            if not self._settle(key, waiting, self._post(connection, waiting.to_post)):
                left = self._read(key)
                if left is not None:
                    return left.not_before
        return None

    def connections(self) -> list[str]:
        """Those for which something waits."""
        return sorted({key.removeprefix(PREFIX).split(".")[0] for key in self._keys(PREFIX)})

    def count(self) -> int:
        return len(self._keys(PREFIX))

    def due(self) -> float | None:
        """When the first message may be posted; None when none waits."""
        heads = [next(iter(self._of(connection)), None) for connection in self.connections()]
        found = [waiting.not_before for key in heads if key and (waiting := self._read(key)) is not None]
        return min(found, default=None)

    def _settle(self, key: str, waiting: Waiting, answer: Answer) -> bool:
        if answer:
            self._store.delete(key)
            return True
        attempts = waiting.attempts + 1
        if answer.message_refused and attempts >= TRIES_OF_REFUSED:
            log.error("Dropped, because the chat server does not accept it: %s", waiting.message["text"])
            self._store.delete(key)
            return False
        pause = answer.retry_after or min(BACKOFF * 2 ** (attempts - 1), LONGEST_BACKOFF)
        self._write(
            key,
            replace(
                waiting,
                attempts=attempts,
                not_before=self._clock() + pause,
                open_ended=waiting.open_ended or answer.unknown,
            ),
        )
        return False

    def _waits(self, key: str, now: float) -> bool:
        """Whether a message is there to be posted before others; not one that its own sender is posting now."""
        waiting = self._read(key)
        return waiting is not None and not (waiting.attempts == 0 and waiting.open_ended and waiting.not_before > now)

    def _shorten(self, connection: str) -> None:
        for key in list(self._of(connection))[:-MOST]:
            if (dropped := self._read(key)) is not None:
                log.error("Dropped, because more than %s messages wait: %s", MOST, dropped.message["text"])
            self._store.delete(key)

    def _of(self, connection: str) -> Iterator[str]:
        yield from self._keys(f"{PREFIX}{connection}.")

    def _keys(self, prefix: str) -> list[str]:
        """Airflow's own listing takes an underscore in a prefix for any character."""
        return sorted(key for key in self._store.keys(prefix) if key.startswith(prefix))

    def _read(self, key: str) -> Waiting | None:
        text = self._store.get(key)
        return Waiting(**json.loads(text)) if text else None

    def _write(self, key: str, waiting: Waiting) -> None:
        self._store.set(key, json.dumps(asdict(waiting)))
