"""The statements of this process: those that run, which can be cancelled, and the latest of those that have ended."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace

import duckdb

from . import errors

KEPT = 10_000


@dataclass(frozen=True)
class Query:
    """One statement. `seconds` is None while it runs, and so are `error` and `rows`."""

    id: str
    text: str
    kind: str
    session: int
    user: str
    role: str
    database: str | None
    schema: str | None
    warehouse: str | None
    tag: str
    started: float
    seconds: float | None = None
    error: str | None = None
    rows: int | None = None


class Running:
    """A statement that has begun. Cancelled, it fails before it commits, however far it has come."""

    def __init__(self, query: Query, connection: duckdb.DuckDBPyConnection) -> None:
        self.query = query
        self._connection = connection
        self._lock = threading.Lock()
        self._cancelled = False
        self._ended = False

    def cancel(self) -> None:
        with self._lock:  # the session's next statement must not be interrupted in its place
            if not self._ended:
                self._cancelled = True
                self._connection.interrupt()

    def end(self) -> None:
        with self._lock:
            self._ended = True

    def require_uncancelled(self) -> None:
        if self._cancelled:
            raise errors.cancelled()


class History:
    """Safe to use from the threads of all sessions."""

    def __init__(self) -> None:
        self._running: dict[str, Running] = {}
        self._ended: deque[Query] = deque(maxlen=KEPT)

    def begin(self, query: Query, connection: duckdb.DuckDBPyConnection) -> Running:
        running = self._running[query.id] = Running(query, connection)
        return running

    def end(self, running: Running, *, seconds: float, error: str | None, rows: int) -> None:
        running.end()
        self._ended.append(replace(running.query, seconds=seconds, error=error, rows=rows))
        del self._running[running.query.id]

    def running(self, query_id: str) -> Running | None:
        return self._running.get(query_id.lower())

    def ended(self) -> list[Query]:
        """The oldest first."""
        return list(self._ended)

    def all(self) -> list[Query]:
        """The latest first, and before them those that run."""
        return [running.query for running in list(self._running.values())] + self.ended()[::-1]
