"""The objects the API serves, kept in one SQLite file, with a history from which watches resume.

Everything is also held in memory; the file is written before anyone sees the change. A killed server loses nothing it
acknowledged, and a watch that gives the last resource version it saw gets what it missed, deletions included.
"""

import asyncio
import copy
import datetime
import json
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.emulators.kubernetes.errors import ApiError, conflict, not_found

Object = dict[str, Any]
HISTORY = 5000
SCHEMA = """
create table if not exists objects (
    resource text, namespace text, name text, body text, primary key (resource, namespace, name)
);
create table if not exists history (version integer primary key, resource text, type text, body text);
create table if not exists floor (version integer);
"""


@dataclass(frozen=True)
class Change:
    """What a watch sends: ADDED, MODIFIED or DELETED, and the object as it was then."""

    version: int
    resource: str
    type: str
    object: Object


def now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _clock() -> int:
    return time.time_ns() // 1000


class Store:
    """Create, replace and delete objects; list them; subscribe to changes. All from one event loop."""

    def __init__(self, path: Path, remembered: dict[str, Callable[[Object], Object]] | None = None) -> None:
        """`remembered`: resource → what of an object goes into the history, for objects with secret values."""
        self._remembered = remembered or {}
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("pragma journal_mode = wal")
        self._file.execute(
            "pragma synchronous = off"
        )  # survives a killed process; a lost machine loses the pods anyway
        self._file.executescript(SCHEMA)
        self._objects: dict[str, dict[tuple[str, str], Object]] = {}
        for resource, namespace, name, body in self._file.execute(
            "select resource, namespace, name, body from objects"
        ):
            self._objects.setdefault(resource, {})[namespace, name] = json.loads(body)
        rows = self._file.execute("select version, resource, type, body from history order by version").fetchall()
        self._history = [Change(version, resource, kind, json.loads(body)) for version, resource, kind, body in rows]
        if not self._file.execute("select version from floor").fetchall():
            self._file.execute("insert into floor values (?)", (_clock(),))
        ((self._floor,),) = self._file.execute("select version from floor")  # the history is complete from here on
        self._version = self._history[-1].version if self._history else self._floor
        self._listeners: set[asyncio.Queue[Change | None]] = set()

    @property
    def version(self) -> str:
        return str(self._version)

    def all(self, resource: str, namespace: str | None = None) -> list[Object]:
        found = self._objects.get(resource, {})
        return [object for (place, _), object in found.items() if namespace in (None, place)]

    def find(self, resource: str, namespace: str, name: str) -> Object | None:
        return self._objects.get(resource, {}).get((namespace, name))

    def get(self, resource: str, namespace: str, name: str) -> Object:
        found = self.find(resource, namespace, name)
        if found is None:
            raise not_found(resource, name)
        return found

    def create(self, resource: str, object: Object) -> Object:
        metadata = object["metadata"]
        if self.find(resource, metadata["namespace"], metadata["name"]) is not None:
            raise ApiError(409, "AlreadyExists", f'{resource} "{metadata["name"]}" already exists')
        metadata.setdefault("uid", str(uuid.uuid4()))
        metadata["creationTimestamp"] = now()
        return self._write(resource, "ADDED", object)

    def replace(self, resource: str, object: Object) -> Object:
        """Writes an object that exists. A `resourceVersion` that is not the stored one's is a conflict."""
        metadata = object["metadata"]
        old = self.get(resource, metadata["namespace"], metadata["name"])
        if metadata.get("resourceVersion") not in (None, old["metadata"]["resourceVersion"]):
            raise conflict(
                f'Operation cannot be fulfilled on {resource} "{metadata["name"]}": the object has been modified; '
                "please apply your changes to the latest version and try again"
            )
        return self._write(resource, "MODIFIED", object)

    def delete(self, resource: str, namespace: str, name: str) -> Object:
        return self._write(resource, "DELETED", copy.deepcopy(self.get(resource, namespace, name)))

    def _write(self, resource: str, kind: str, object: Object) -> Object:
        # By the clock: versions rise even over a state folder that was emptied while clients remember the old one.
        self._version = max(self._version + 1, _clock())
        metadata = object["metadata"]
        metadata["resourceVersion"] = self.version
        body = json.dumps(object)
        place = (metadata["namespace"], metadata["name"])
        with self._transaction():
            if kind == "DELETED":
                arguments = (resource, *place)
                self._file.execute("delete from objects where resource = ? and namespace = ? and name = ?", arguments)
            else:
                self._file.execute("replace into objects values (?, ?, ?, ?)", (resource, *place, body))
            if resource in self._remembered:
                body = json.dumps(self._remembered[resource](object))
            self._file.execute("insert into history values (?, ?, ?, ?)", (self._version, resource, kind, body))
            if len(self._history) > 2 * HISTORY:
                self._floor = self._history[-HISTORY - 1].version
                self._history = self._history[-HISTORY:]
                self._file.execute("delete from history where version <= ?", (self._floor,))
                self._file.execute("update floor set version = ?", (self._floor,))
        if kind == "DELETED":
            del self._objects[resource][place]
        else:
            self._objects.setdefault(resource, {})[place] = object
        change = Change(self._version, resource, kind, json.loads(body))
        self._history.append(change)
        for listener in self._listeners:
            listener.put_nowait(change)
        return object

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._file.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._file.execute("rollback")
            raise
        self._file.execute("commit")

    def since(self, version: int) -> list[Change]:
        """Changes after a version; 410 Gone where the history does not reach back that far."""
        if version < self._floor:
            raise ApiError(410, "Expired", f"too old resource version: {version} ({self._floor})")
        return [change for change in self._history if change.version > version]

    @contextmanager
    def listen(self) -> Iterator["asyncio.Queue[Change | None]"]:
        """A queue of every change from now on; None says that the server stops."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    async def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Waits until a condition on stored objects holds, looking after every change."""
        with self.listen() as changes:
            deadline = time.monotonic() + seconds
            while not holds():
                try:
                    await asyncio.wait_for(changes.get(), max(0.0, deadline - time.monotonic()))
                except TimeoutError:
                    return holds()
        return True

    def end_watches(self) -> None:
        for listener in self._listeners:
            listener.put_nowait(None)

    def close(self) -> None:
        self._file.close()
