"""Files that are whole or absent: how state is written, so that a kill or a full disk never leaves half of one.

Standard library only.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from pathlib import Path
from typing import Any


class StateError(Exception):
    """Something about the state on disk that a person has to know, as one sentence."""


def write(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Replaces `path` by `content` in one step, owner-only by default."""
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as problem:
        raise StateError(sentence(problem, path)) from problem


def sync_folder(folder: Path) -> None:
    """Makes a rename or a new file in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, value: Any, mode: int = 0o600) -> None:
    write(path, json.dumps(value, indent=2, sort_keys=True) + "\n", mode)


def read_json(path: Path, default: Any = None) -> Any:
    """The file's value, or `default` when there is no file. A file that is not JSON is an error, not a default."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return default
    except ValueError as problem:
        text = f"{path} is not readable as JSON ({problem}): remove it and run `./assay up` again."
        raise StateError(text) from problem
    except OSError as problem:
        raise StateError(sentence(problem, path)) from problem


def sentence(problem: OSError, path: Path) -> str:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full: {path} could not be written. Free some space and run the command again."
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{path} may not be written by this user: {problem.strerror}."
    return f"{path}: {problem.strerror or problem}."
