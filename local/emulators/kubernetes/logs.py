"""Reads the log a shim writes: `<RFC 3339 time, 30 characters> <line>`, followed while the container runs."""

import asyncio
import datetime
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

STAMP = 31  # the time and the space behind it
CHUNK = 1 << 20
FOLLOW_SECONDS = 0.1
MESSAGE_LINES, MESSAGE_BYTES = 80, 2048


@dataclass(frozen=True)
class LogRequest:
    follow: bool = False
    timestamps: bool = False
    tail: int | None = None
    since: datetime.datetime | None = None
    limit: int | None = None


async def read(path: Path, request: LogRequest, over: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Chunks of whole lines. Following ends once `over()` (the container has ended) and the file is read out.

    A shim is another process and outlives this one, so the file is looked at again every tenth of a second.
    """
    since = request.since.strftime("%Y-%m-%dT%H:%M:%S.%f").encode() if request.since else b""
    offset, left = _tail_offset(path, request.tail), request.limit
    while True:
        finished = over()  # asked before reading: whatever was written before the end is then read
        with_more = True
        while with_more:
            data = _whole_lines(path, offset)
            with_more = bool(data)
            offset += len(data)
            out = _render(data, since, request.timestamps)
            if left is not None:
                out, left = out[:left], left - len(out[:left])
            if out:
                yield out
            if left == 0:
                return
        if finished or not request.follow:
            return
        await asyncio.sleep(FOLLOW_SECONDS)


def _render(data: bytes, since: bytes, timestamps: bool) -> bytes:
    lines = data.splitlines(keepends=True) if b"\r" not in data else [line + b"\n" for line in data.split(b"\n")[:-1]]
    if since:
        lines = [line for line in lines if line[: len(since)] >= since]
    return b"".join(lines) if timestamps else b"".join(line[STAMP:] for line in lines)


def _whole_lines(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(CHUNK)
    except FileNotFoundError:
        return b""
    return data[: data.rfind(b"\n") + 1]


def _tail_offset(path: Path, lines: int | None) -> int:
    """Where the last `lines` lines begin, found from the end."""
    if lines is None or not path.exists():
        return 0
    with path.open("rb") as file:
        position = file.seek(0, os.SEEK_END)
        found = b""
        while position and found.count(b"\n") <= lines:
            step = min(65536, position)
            position -= step
            file.seek(position)
            found = file.read(step) + found
    kept = found.split(b"\n")[:-1][-lines:] if lines else []
    return position + len(found) - sum(len(line) + 1 for line in kept)


def last_words(path: Path) -> str:
    """What `terminationMessagePolicy: FallbackToLogsOnError` takes: at most 80 lines and 2048 bytes from the end."""
    data = _whole_lines(path, _tail_offset(path, MESSAGE_LINES))
    return _render(data, b"", False)[-MESSAGE_BYTES:].decode(errors="ignore")
