"""Logs that stay small. A service writes to its file by itself; a full file is copied aside and emptied in place."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

LIMIT_BYTES = 20_000_000


def rotate(path: Path, limit: int = LIMIT_BYTES) -> None:
    """Moves a full log's text to `<name>.1`. The writer appends (O_APPEND), so it goes on at the new beginning;
    lines written in the moment between copy and cut are lost, which a log can bear."""
    try:
        if path.stat().st_size < limit:
            return
        shutil.copyfile(path, path.with_name(path.name + ".1"))
        path.with_name(path.name + ".1").chmod(0o600)
        with path.open("r+b") as file:
            file.truncate(0)
    except FileNotFoundError:
        return
    except OSError as problem:
        logging.getLogger("assay.supervisor").warning("log %s could not be rotated: %s", path, problem)


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a log, or none when there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 400 * lines - 4096))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []


def follow(path: Path, poll: float = 0.3) -> Iterator[str]:
    """What is written to the log from now on, for as long as one cares to read; starts again when it is emptied."""
    import time

    position = path.stat().st_size if path.exists() else 0
    while True:
        size = path.stat().st_size if path.exists() else 0
        if size < position:
            position = 0
        if size > position:
            with path.open("rb") as file:
                file.seek(position)
                text = file.read(size - position)
            position += len(text)
            yield text.decode(errors="replace")
        else:
            time.sleep(poll)
