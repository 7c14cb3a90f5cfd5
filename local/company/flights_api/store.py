"""The flights, and what the company knows of them today: an SQLite file, small in memory and safe to kill."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.company.flights_api import data

SCHEMA = """
CREATE TABLE flights (flight_id TEXT NOT NULL, day TEXT NOT NULL, updated_at TEXT NOT NULL, line TEXT NOT NULL,
                      patch TEXT);
CREATE TABLE company (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
INDEXES = """
CREATE UNIQUE INDEX flights_by_id ON flights (flight_id);
CREATE INDEX flights_by_cursor ON flights (updated_at, flight_id);
"""
START = ""  # sorts before every timestamp and every id


@dataclass(frozen=True)
class Page:
    """Some flights in cursor order, and where the next page starts (None on the last one)."""

    records: list[dict[str, Any]]
    next_position: tuple[str, str] | None


class Store:
    """All flights of the data set, the company's clock and the changes made to single records.

    A day is visible once the clock stands on it or later. A change to a visible record moves its `updated_at` past
    everything served before, so that a client with a cursor sees it exactly once more.
    """

    def __init__(self, path: Path, rows: Iterable[Sequence[str]] | None = None) -> None:
        """Opens `path`, building it from `rows` (default: the data package) when it is not there yet."""
        if not path.exists():
            _build(path, data.read_rows(data.package_archive()) if rows is None else rows)
        self._db = sqlite3.connect(path)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")

    def close(self) -> None:
        self._db.close()

    @property
    def clock(self) -> str | None:
        """The last day that has ended (ISO), or None before the first one."""
        return self._get("clock")

    @clock.setter
    def clock(self, day: str | None) -> None:
        with self._db:
            if day is None:
                self._db.execute("DELETE FROM company WHERE key = 'clock'")
            else:
                self._put("clock", day)

    def count(self, day: str | None = None) -> int:
        """How many flights are visible, of one day or of all."""
        clock = self.clock or START
        if day is None:
            found = self._db.execute("SELECT count(*) FROM flights WHERE day <= ?", (clock,))
        else:
            found = self._db.execute("SELECT count(*) FROM flights WHERE day = ? AND day <= ?", (day, clock))
        return int(found.fetchone()[0])

    def page(self, updated_since: str, position: tuple[str, str] | None, size: int) -> Page:
        """Visible flights changed after `updated_since`, after `position`, ordered by (updated_at, flight_id)."""
        clock = self.clock
        if clock is None:
            return Page([], None)
        start = position or (updated_since, "\uffff")  # no id sorts later: strictly after the cursor
        # Nothing that is visible has changed later than this: the rest of the year need not be looked through for it.
        newest = max(data.closed_at(clock), self._get("newest_change") or "")
        rows = self._db.execute(
            "SELECT flight_id, updated_at, line, patch FROM flights"
            " WHERE (updated_at, flight_id) > (?, ?) AND updated_at <= ? AND day <= ?"
            " ORDER BY updated_at, flight_id LIMIT ?",
            (*start, newest, clock, size + 1),
        ).fetchall()
        page = rows[:size]
        more = (page[-1][1], page[-1][0]) if len(rows) > size else None
        return Page([_record(*row) for row in page], more)

    def change(self, flight_id: str, field: str, value: Any) -> dict[str, Any]:
        """Sets one field of one flight from now on, and returns the record. Raises KeyError for an unknown flight."""
        _, patch = self._find(flight_id)
        return self._rewrite(flight_id, {**patch, field: value})

    def fix(self, flight_id: str) -> dict[str, Any]:
        """Takes back every change to a flight, and returns the record. Raises KeyError for an unknown flight."""
        self._find(flight_id)
        return self._rewrite(flight_id, {})

    def first_of(self, day: str) -> str:
        """The id of a day's first flight. Raises KeyError when the data set has none."""
        row = self._db.execute("SELECT min(flight_id) FROM flights WHERE day = ?", (day,)).fetchone()
        if row[0] is None:
            raise KeyError(day)
        return str(row[0])

    def _find(self, flight_id: str) -> tuple[str, dict[str, Any]]:
        row = self._db.execute("SELECT day, patch FROM flights WHERE flight_id = ?", (flight_id,)).fetchone()
        if row is None:
            raise KeyError(flight_id)
        return row[0], json.loads(row[1] or "{}")

    def _rewrite(self, flight_id: str, patch: dict[str, Any]) -> dict[str, Any]:
        day, _ = self._find(flight_id)
        clock = self.clock
        with self._db:
            if clock is not None and day <= clock:
                changes = int(self._get("changes") or 0) + 1
                self._put("changes", str(changes))
                updated_at = data.closed_at(clock, seconds_later=changes)
                self._put("newest_change", max(updated_at, self._get("newest_change") or ""))
            else:
                updated_at = data.closed_at(day)  # not served yet: it arrives changed, with its day
            self._db.execute(
                "UPDATE flights SET patch = ?, updated_at = ? WHERE flight_id = ?",
                (json.dumps(patch) if patch else None, updated_at, flight_id),
            )
        row = self._db.execute(
            "SELECT flight_id, updated_at, line, patch FROM flights WHERE flight_id = ?", (flight_id,)
        ).fetchone()
        return _record(*row)

    def _get(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM company WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def _put(self, key: str, value: str) -> None:
        self._db.execute("INSERT INTO company VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                         (key, value))  # fmt: skip


def _record(flight_id: str, updated_at: str, line: str, patch: str | None) -> dict[str, Any]:
    return {
        "flight_id": flight_id,
        **data.as_record(line.split("\t")),
        "updated_at": updated_at,
        **json.loads(patch or "{}"),
    }


def _build(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Writes the database beside `path` and moves it there whole, so that a kill half-way leaves nothing behind."""
    unfinished = path.with_suffix(".building")
    unfinished.unlink(missing_ok=True)
    db = sqlite3.connect(unfinished)
    db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA)
    with db:
        db.executemany(
            "INSERT INTO flights (flight_id, day, updated_at, line) VALUES (?, ?, ?, ?)",
            ((data.flight_id(row), data.day_of(row), data.closed_at(data.day_of(row)), "\t".join(row)) for row in rows),
        )
    db.executescript(INDEXES)  # sorted once, which is a third of keeping them sorted from the first row
    db.close()
    unfinished.rename(path)
