"""Every change that was acknowledged, in order, in one owner-only file: replaying it gives the same state again."""

from __future__ import annotations

import base64
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from local.emulators.common import files


@dataclass(frozen=True)
class Record:
    """One request, with all that decides its effect: the moment, and the seed of the random names it gave out."""

    service: str
    action: str
    environ: dict[str, Any]
    body: bytes
    time: float = field(default_factory=time.time)
    seed: int = field(default_factory=lambda: secrets.randbits(53))

    def to_line(self) -> bytes:
        return json.dumps(asdict(self) | {"body": base64.b64encode(self.body).decode()}).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Record:
        fields = json.loads(line)
        return cls(**fields | {"body": base64.b64decode(fields["body"])})

    @property
    def path(self) -> str:
        path: str = self.environ.get("PATH_INFO", "")
        return path

    @property
    def bucket(self) -> str:
        return self.path.lstrip("/").partition("/")[0]


class Journal:
    """The file. A record is on the disk when `append` returns; a torn last line was never acknowledged."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def read(self) -> list[Record]:
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        return [Record.from_line(line) for line in lines[:-1]]

    def rewrite(self, records: list[Record]) -> None:
        """Replaces the file by these records, whole or not at all."""
        files.write(self.path, b"".join(record.to_line() for record in records))

    def append(self, record: Record) -> None:
        """Raises StateError, with the file as it was before, when the disk will not take it."""
        if self._handle is None:
            self._handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            files.sync_folder(self.path.parent)
        size = os.fstat(self._handle).st_size
        line = record.to_line()
        try:
            written = 0
            while written < len(line):
                written += os.write(self._handle, line[written:])
            os.fsync(self._handle)
        except OSError as problem:
            os.ftruncate(self._handle, size)
            raise files.StateError(files.sentence(problem, self.path)) from problem


def compact(records: list[Record]) -> list[Record]:
    """The records without those whose effect a later one has undone: objects written again or deleted. What might
    are still needed stays: objects in versioned buckets, and sources of copies."""
    versioned = {record.bucket for record in records if record.service == "s3" and _is_bucket_versioning(record)}
    sources = {_copy_source(record) for record in records if record.service == "s3"} - {None}
    kept: list[Record] = []
    settled: set[str] = set()
    for record in reversed(records):
        single = record.service == "s3" and _is_single_object(record) and record.bucket not in versioned
        if single and record.path not in sources:
            if record.path in settled:
                continue
            settled.add(record.path)
        kept.append(record)
    return kept[::-1]


def _is_single_object(record: Record) -> bool:
    """A plain PUT or DELETE of one object: nothing in the query, and a key after the bucket."""
    plain = not record.environ.get("QUERY_STRING") or record.environ["QUERY_STRING"].startswith("x-id=")
    key = record.path.lstrip("/").partition("/")[2]
    return bool(plain and key and record.environ["REQUEST_METHOD"] in ("PUT", "DELETE"))


def _is_bucket_versioning(record: Record) -> bool:
    return "versioning" in str(record.environ.get("QUERY_STRING", "")) and record.environ["REQUEST_METHOD"] == "PUT"


def _copy_source(record: Record) -> str | None:
    source = record.environ.get("HTTP_X_AMZ_COPY_SOURCE")
    return "/" + unquote(str(source)).lstrip("/").partition("?")[0] if source else None
