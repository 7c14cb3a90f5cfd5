"""One client's session: who it is, where it is, its transaction and its temporary objects."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from . import errors
from .access import Access
from .catalog import Catalog, Draft
from .history import Running
from .store import Store

_numbers = itertools.count(1)
KEPT_RESULTS = 20


@dataclass
class Temporary:
    """A temporary table (a DuckDB temporary table) or view (its text) of one session."""

    kind: str
    physical: str
    detail: dict[str, Any] = field(default_factory=dict)


class Session:
    def __init__(self, store: Store, user: str, role: str) -> None:
        self.store = store
        self.number = next(_numbers)
        self.user = user
        self.role = role
        self.secondary_roles: frozenset[str] | None = frozenset()  # None: ALL that the user is granted by now
        self.database: str | None = None
        self.schema: str | None = None
        self.warehouse: str | None = None
        self.autocommit = True
        self.parameters: dict[str, Any] = {}
        self.variables: dict[str, str] = {}
        self.temporary: dict[tuple[int, str], Temporary] = {}
        self.results: OrderedDict[str, pa.Table] = OrderedDict()
        self.last_query_id = ""
        self.connection = store.connection()
        self.busy = threading.Lock()
        self.statement: Running | None = None
        self._idle_since = time.monotonic()
        self._in_transaction = False
        self._writing = False
        self._abandoned = False

    @property
    def catalog(self) -> Catalog:
        return self.store.catalog

    def access(self, catalog: Catalog | None = None) -> Access:
        catalog = catalog or self.catalog
        granted = catalog.roles_of_user(self.user)
        chosen = granted if self.secondary_roles is None else self.secondary_roles & granted
        return Access(catalog, self.role, chosen)

    def secondary_roles_text(self) -> str:
        """What CURRENT_SECONDARY_ROLES() gives."""
        if self.secondary_roles is not None:
            return '{"roles":"","value":""}'
        roles = sorted(self.catalog.roles_of_user(self.user) - {self.role, "PUBLIC"})
        return json.dumps({"roles": ",".join(roles), "value": "ALL"}, separators=(",", ":"))

    # -- transactions ------------------------------------------------------------------------------------------
    #
    # DuckDB's own transaction starts with the first change, under the writer lock. Until then every statement
    # reads what is committed, which is Snowflake's isolation level; afterwards no other session can commit.

    def begin(self) -> None:
        self._in_transaction = True

    def commit(self) -> None:
        self._in_transaction = False
        if self._writing:
            try:
                self.connection.execute("COMMIT")
            finally:
                self._done()

    def rollback(self) -> None:
        self._in_transaction = False
        if self._writing:
            try:
                self.connection.execute("ROLLBACK")
            finally:
                self._done()

    @property
    def in_transaction(self) -> bool:
        return self._in_transaction

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around a statement that changes rows. Outside a transaction it is one by itself."""
        self._start()
        alone = self.autocommit and not self._in_transaction
        if not alone:
            self._in_transaction = True
        try:
            yield
            self.require_uncancelled()
        except BaseException:
            if alone:
                self.rollback()
            raise
        if alone:
            self.commit()

    @contextmanager
    def changing(self) -> Iterator[Draft]:
        """Around a statement that changes what exists. It commits the open transaction first, as Snowflake does."""
        self.commit()
        self._start()
        draft = self.store.draft()
        try:
            yield draft
            for do in draft.last:
                do()
            self.require_uncancelled()
            self.store.write(self.connection, draft)
            after = draft.catalog() if draft.changed else None
            self.store.publish(self.connection, after)
        except BaseException:
            if self._writing:
                self.connection.execute("ROLLBACK")
            raise
        finally:
            self._done()

    def _start(self) -> None:
        if not self._writing:
            self.store.lock.acquire(self)
            try:
                self.connection.execute("BEGIN TRANSACTION")
            except BaseException:
                self.store.lock.release(self)
                raise
            self._writing = True

    def _done(self) -> None:
        self._writing = False
        self.store.lock.release(self)

    def failed(self) -> None:
        """After a failed statement: DuckDB gives up the transaction where Snowflake undoes one statement; own up."""
        if self._writing:
            try:
                self.connection.execute("SELECT 1").fetchone()
            except duckdb.Error:
                self.rollback()
                self._abandoned = True

    def require_uncancelled(self) -> None:
        """Raise if the statement has been cancelled that the session runs."""
        if self.statement is not None:
            self.statement.require_uncancelled()

    # -- being waited for --------------------------------------------------------------------------------------

    def touch(self, *, rolling_back: bool) -> None:
        """A statement begins: it must not run on as if a transaction that was given up were still open."""
        self._idle_since = float("inf")
        abandoned, self._abandoned = self._abandoned, False
        if abandoned and not rolling_back:
            raise errors.SqlError(
                "The open transaction was rolled back: it failed, or was idle while others waited. Begin it again.",
                code=603,
                state="40001",
            )

    def rest(self) -> None:
        self._idle_since = time.monotonic()

    def idle_for(self) -> float:
        return max(0.0, time.monotonic() - self._idle_since)

    def abandon(self) -> bool:
        if not self.busy.acquire(blocking=False):
            return False
        try:
            if self._writing:
                self.rollback()
                self._abandoned = True
            return True
        finally:
            self.busy.release()

    def close(self) -> None:
        with self.busy:
            self.rollback()
            self.connection.close()

    # -- results -----------------------------------------------------------------------------------------------

    def remember(self, query_id: str, table: pa.Table) -> None:
        """Keep the result for RESULT_SCAN; only the latest few, and only small ones."""
        self.last_query_id = query_id
        if table.nbytes < 20_000_000:
            self.results[query_id] = table
            while len(self.results) > KEPT_RESULTS:
                self.results.popitem(last=False)
