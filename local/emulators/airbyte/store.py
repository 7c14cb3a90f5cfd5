"""What the server remembers: documents by kind and id in one SQLite file. A write that has returned survives a kill."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    position INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (kind, id)
)
"""


class Store:
    """Thread-safe. Kinds are `sources`, `destinations`, `connections`, `definitions`, `jobs`, `states`, `catalogs`,
    `applications`."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)  # configurations hold secrets
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(SCHEMA)
        self._depth = 0

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is read and written inside happens at once, or not at all."""
        with self._lock:
            if self._depth:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def get(self, kind: str, id: str) -> Document | None:
        with self._lock:
            row = self._db.execute("SELECT body FROM documents WHERE kind = ? AND id = ?", (kind, id)).fetchone()
        return None if row is None else json.loads(row[0])

    def all(self, kind: str) -> list[Document]:
        """Every document of a kind, oldest first."""
        with self._lock:
            rows = self._db.execute("SELECT body FROM documents WHERE kind = ? ORDER BY position", (kind,)).fetchall()
        return [json.loads(row[0]) for row in rows]

    def put(self, kind: str, id: str, body: Document) -> None:
        with self._lock:
            self._db.execute(
                "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                (kind, id, json.dumps(body)),
            )

    def delete(self, kind: str, id: str) -> None:
        with self._lock:
            self._db.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, id))

    def update(self, kind: str, id: str, **changes: Any) -> Document:
        """Sets some keys of a document that exists, and returns all of it."""
        with self.transaction():
            body = self.get(kind, id)
            if body is None:
                raise KeyError(f"{kind}/{id}")
            body.update(changes)
            self.put(kind, id, body)
            return body
