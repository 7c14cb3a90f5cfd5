"""Verbs of one zone in processes of their own, stepped statement by statement, and killed as a machine kills: SIGKILL.

What a process had open stays open, as its client has said nothing. The warehouse ends such a session's transaction
when others wait for it (Snowflake after five minutes, the embedded one after one); so that no test waits for that, its
session is closed from outside.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import closing
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, NoReturn

import requests

from assay.releases.ledger import Release
from assay.releases.lifecycle import ReleaseRefused
from assay.warehouse import ConnectionWarehouse, Row, Warehouse
from tests.plugins.assay.releases.conftest import Cut
from tests.plugins.assay.releases.interleaving import WAITS_AT_MOST, Stepped


class Forked(Stepped):
    """A verb in a child process, on a login that the child opens itself."""

    def __init__(
        self, name: str, connect: Callable[[], Any], verb: Callable[[Warehouse], Release], bundle: str
    ) -> None:
        super().__init__(name)
        self._bundle = bundle
        self._pipe, theirs = Pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._pipe.close()
            _child(theirs, connect, verb)
        theirs.close()
        self._url, self._token = self._heard()
        self._listen()

    def step(self) -> None:
        self._stepped()
        self._pipe.send("go")
        self._listen()

    def kill(self) -> None:
        """It is killed before its next statement, and what it has open is lost."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._pipe.close()
        header = {"Authorization": f'Snowflake Token="{self._token}"'}
        closed = requests.post(
            f"{self._url}/session?delete=true", json={}, headers=header, verify=self._bundle, timeout=WAITS_AT_MOST
        )
        assert closed.ok, closed.text
        self.outcome = Cut(self.next)
        self._ended_transaction()

    def _listen(self) -> None:
        kind, content = self._heard()
        if kind == "next":
            self.next = content
            return
        self.outcome = content
        os.waitpid(self.pid, 0)
        self._pipe.close()

    def _heard(self) -> Any:
        assert self._pipe.poll(WAITS_AT_MOST), f"{self.name} hangs at: {self.next}"
        return self._pipe.recv()


class _Asking(ConnectionWarehouse):
    """The child's login: says each statement before it runs it, and waits until it may."""

    def __init__(self, pipe: Connection, connection: Any) -> None:
        super().__init__(connection)
        self._pipe = pipe

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        self._pipe.send(("next", sql))
        self._pipe.recv()
        return super().execute(sql, params)


def _child(pipe: Connection, connect: Callable[[], Any], verb: Callable[[Warehouse], Release]) -> NoReturn:
    try:
        with closing(connect()) as connection:
            rest = connection.rest
            pipe.send((rest.server_url, rest.token))
            try:
                outcome: Release | ReleaseRefused = verb(_Asking(pipe, connection))
            except ReleaseRefused as refused:
                outcome = refused
        pipe.send(("ended", outcome))
    except BaseException as error:  # as text: not every exception can be sent
        pipe.send(("ended", RuntimeError(f"{type(error).__name__}: {error}")))
    finally:
        os._exit(0)
