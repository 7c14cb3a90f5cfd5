"""The logins of one installation, from the JSON file that ASSAY_CREDENTIALS names. Standard library only."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from local.emulators.common import files
from local.emulators.common.files import StateError

VARIABLE = "ASSAY_CREDENTIALS"


def path() -> Path:
    """Return the file's path. Raises StateError where the variable is not set."""
    name = os.environ.get(VARIABLE)
    if not name:
        raise StateError(f"{VARIABLE} is not set: it must name the JSON file with the installation's logins.")
    return Path(name)


def section(name: str, file: Path | None = None) -> dict[str, Any]:
    """Return one system's logins. Raises StateError where there is no file, or nothing of that name in it."""
    file = file or path()
    known = files.read_json(file, default={}).get(name)
    if not isinstance(known, dict):
        raise StateError(f'{file} has no "{name}", an object with its logins.')
    return known


def own(name: str, *keys: str) -> dict[str, Any]:
    """Return a program's own logins; end the program with a sentence where a key of them is missing."""
    try:
        found = section(name)
        if lacking := [key for key in keys if key not in found]:
            raise StateError(f"{path()} has no {name}.{lacking[0]}.")
    except StateError as problem:
        sys.exit(f"{name}: {problem}")
    return found
