"""The one DuckDB file that holds every table and the catalog, so that a change to both is one commit.

Snowflake lets a transaction span databases, and DuckDB does not let one span files: hence one file. Tables live in
it under numbers (see catalog.py); the catalog is a table of JSON entries beside them.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Protocol

import duckdb
from fakesnow import macros

from . import errors, spelling
from .catalog import ENTITIES, Catalog, Draft, Entity
from .history import History
from .storage import S3

ALIAS = "wh"
DATA = "data"
LOCK_TIMEOUT = 300.0
IDLE_TRANSACTION = 60.0


class Writer(Protocol):
    """What can hold the writer lock; see ``WriterLock``."""

    def idle_for(self) -> float: ...

    def abandon(self) -> bool: ...

    def require_uncancelled(self) -> None: ...


class WriterLock:
    """One writer at a time, from its first change to its commit, so that DuckDB never meets a write conflict.

    A client that died in the middle of a transaction would keep it for ever: who waits may end a transaction whose
    session has been idle for ``IDLE_TRANSACTION`` seconds.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._holder: Writer | None = None

    def acquire(self, writer: Writer, timeout: float = LOCK_TIMEOUT) -> None:
        deadline = time.monotonic() + timeout
        while True:
            with self._condition:
                if self._holder is None or self._holder is writer:
                    self._holder = writer
                    return
                holder = self._holder
                writer.require_uncancelled()
                self._condition.wait(min(1.0, max(0.01, deadline - time.monotonic())))
                if self._holder is not holder:
                    continue
            if holder.idle_for() > IDLE_TRANSACTION and holder.abandon():
                continue
            if time.monotonic() > deadline:
                raise errors.SqlError(
                    f"Statement was aborted because it waited {timeout:.0f} seconds for another transaction's locks.",
                    code=625,
                    state="57014",
                )

    def release(self, writer: Writer) -> None:
        with self._condition:
            if self._holder is writer:
                self._holder = None
                self._condition.notify_all()


class Store:
    """The open file: connections to it, the published catalog snapshot and the writer lock."""

    def __init__(self, folder: Path, s3: S3) -> None:
        self.s3 = s3
        folder.mkdir(parents=True, exist_ok=True)
        spill = folder / "spill"
        self._root = duckdb.connect(
            config={
                # sqlglot still writes arrow lambdas
                "lambda_syntax": "ENABLE_SINGLE_ARROW",
                "memory_limit": "1GB",
                "temp_directory": str(spill),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        file = str(folder / "warehouse.duckdb").replace("'", "''")
        self._root.execute(f"ATTACH '{file}' AS {ALIAS}")
        self._root.execute("SET GLOBAL TimeZone = 'UTC'")
        self._root.execute("SET GLOBAL error_on_division_by_zero = false")  # our divisions raise, also in constants
        self._root.execute(f"USE {ALIAS}.main")
        self._root.execute(f"CREATE SCHEMA IF NOT EXISTS {DATA}; CREATE SCHEMA IF NOT EXISTS assay")
        self._root.execute("CREATE TABLE IF NOT EXISTS assay.entries (key VARCHAR, body JSON)")
        self._root.execute(
            "CREATE TABLE IF NOT EXISTS assay.load_history "
            '("table" BIGINT, path VARCHAR, etag VARCHAR, loaded_at TIMESTAMP, status VARCHAR, rows BIGINT)'
        )
        self._root.execute(macros.creation_sql(ALIAS))
        self._root.execute((Path(__file__).parent / "sql" / "functions.sql").read_text())
        self._spell_columns()
        # From here on nothing that a statement says can reach a file or change a setting.
        self._root.execute("SET GLOBAL enable_external_access = false")
        self._root.execute("SET GLOBAL lock_configuration = true")
        self.lock = WriterLock()
        self._publishing = threading.Lock()
        self.history = History()
        self.catalog = Catalog(dict(self._entries()))
        used = [getattr(e, "id", 0) for e in self.catalog.entries.values()]
        self._ids = itertools.count(max(used, default=0) + 1)

    def _entries(self) -> list[tuple[str, Entity]]:
        """What the file holds; grants of a file from before two roles could grant the same get their keys of today."""
        found = list(map(_decode, self._root.execute("FROM assay.entries").fetchall()))
        if old := [(key, entity.key) for key, entity in found if key != entity.key]:
            self._root.executemany("UPDATE assay.entries SET key = ? WHERE key = ?", [(new, key) for key, new in old])
        return [(entity.key, entity) for _, entity in found]

    def _spell_columns(self) -> None:
        """Give columns of a file from before `spelling` the names that they have by it."""
        for table, name in self._root.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = ?",
            [ALIAS, DATA],
        ).fetchall():
            if (stored := spelling.stored(name)) != name:
                old, new = spelling.quoted(name), spelling.quoted(stored)
                self._root.execute(f"ALTER TABLE {DATA}.{spelling.quoted(table)} RENAME COLUMN {old} TO {new}")

    def connection(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own for one session: its own transactions and temporary tables."""
        connection = self._root.cursor()
        connection.execute(f"USE {ALIAS}.main")
        return connection

    def draft(self) -> Draft:
        return Draft(self.catalog, self._ids)

    def publish(self, connection: duckdb.DuckDBPyConnection, after: Catalog | None) -> None:
        """Commits, and has every statement from now on resolve its names against `after`."""
        with self._publishing:
            connection.execute("COMMIT")
            if after is not None:
                self.catalog = after

    def outdated(self, catalog: Catalog) -> bool:
        """Whether something was published since this snapshot was taken: what it names may be gone."""
        with self._publishing:  # a commit shows in the file a moment before its names do
            return self.catalog is not catalog

    def write(self, connection: duckdb.DuckDBPyConnection, draft: Draft) -> None:
        """Put the changes of a draft into the open transaction of ``connection``."""
        if draft.changed:
            if old := [key for key in draft.changed if key in draft.base.entries]:
                connection.execute("DELETE FROM assay.entries WHERE list_contains(?, key)", [old])
            kept = [[key, _encode(entity)] for key, entity in draft.changed.items() if entity is not None]
            if kept:
                connection.execute(
                    "INSERT INTO assay.entries SELECT unnest(?), unnest(?)",
                    [[k for k, _ in kept], [b for _, b in kept]],
                )

    def close(self) -> None:
        self._root.execute(f"CHECKPOINT {ALIAS}")
        self._root.close()


def _encode(entity: Entity) -> str:
    return json.dumps(asdict(entity), separators=(",", ":"), default=str)


def _decode(row: tuple[str, str]) -> tuple[str, Entity]:
    key, body = row
    kind = ENTITIES[key.split("/", 1)[0]]
    values: dict[str, Any] = json.loads(body)
    make: Any = kind
    known = {f.name for f in fields(kind)}
    restored = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items() if k in known}
    return key, make(**restored)
