"""Two verbs of one zone, stepped statement by statement: which process runs when, and where it dies, is a schedule.

Each process has a login of its own, and a thread; `forked.py` has those that are processes indeed. A statement that
changes rows waits, as on a real account, until no other process has a transaction open; everything else may come
between any two statements of another process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from assay.warehouse import Row, Warehouse
from tests.plugins.assay.releases.conftest import Cut

WAITS_AT_MOST = 60
HARMLESS = ("select", "begin", "commit")


class Stepped:
    """One verb that runs statement by statement. `next` is the one before which it stands, `outcome` what it returned
    in the end, or the exception that it raised."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.statements: list[str] = []
        self.outcome: Any = None
        self.next = ""
        self.holds_rows = False
        self.in_transaction = False

    @property
    def ended(self) -> bool:
        return self.outcome is not None

    def may_step(self, others: Sequence[Stepped]) -> bool:
        waits = self._writes and any(other.holds_rows for other in others if other is not self)
        return not self.ended and not waits

    @property
    def _writes(self) -> bool:
        return not self.next.lstrip().lower().startswith(HARMLESS)

    def step(self) -> None:
        """One statement."""
        raise NotImplementedError

    def kill(self) -> None:
        """It dies before its next statement; a transaction that it has open is lost."""
        raise NotImplementedError

    def step_over(self, *words: str) -> None:
        """One statement, and those after it that begin with one of these words."""
        while not self.ended:
            self.step()
            if not self.next.lower().startswith(words):
                return

    def _stepped(self) -> None:
        """Note that it runs its next statement now."""
        self.statements.append(self.next)
        if self.next == "begin":
            self.in_transaction = True
        elif self.next in ("commit", "rollback"):
            self._ended_transaction()
        self.holds_rows = self.holds_rows or (self.in_transaction and self._writes)

    def _ended_transaction(self) -> None:
        self.in_transaction = self.holds_rows = False


class Process(Stepped):
    """A verb in a thread, on a login of its own."""

    def __init__(self, name: str, inner: Warehouse, verb: Callable[[Warehouse], Any]) -> None:
        super().__init__(name)
        self._inner = inner
        self._killed = False
        self._may_run, self._stands = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(verb,), daemon=True)
        self._thread.start()
        self._wait()

    def step(self) -> None:
        self._may_run.release()
        self._wait()

    def kill(self) -> None:
        self._killed = True
        self.step()

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        self._pause(sql)
        return self._inner.execute(sql, params)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.execute("begin")
        try:
            yield
            self.execute("commit")
        except BaseException:
            self._inner.execute("rollback")
            self._ended_transaction()
            raise

    def _pause(self, sql: str) -> None:
        self.next = sql
        self._stands.release()
        assert self._may_run.acquire(timeout=WAITS_AT_MOST)
        if self._killed:
            raise Cut(sql)
        self._stepped()

    def _run(self, verb: Callable[[Warehouse], Any]) -> None:
        try:
            self.outcome = verb(self) or "done"
        except BaseException as error:  # a refusal is an outcome too
            self.outcome = error
        self._stands.release()

    def _wait(self) -> None:
        assert self._stands.acquire(timeout=WAITS_AT_MOST), f"{self.name} hangs at: {self.next}"


def run(processes: Sequence[Stepped], turns: Iterator[int], after: Callable[[Stepped], None]) -> None:
    """Let the processes run to their ends. `turns` says who is next; one that waits for the other is passed over."""
    while ready := [process for process in processes if process.may_step(processes)]:
        wanted = processes[next(turns)]
        process = wanted if wanted in ready else ready[0]
        process.step()
        after(process)
