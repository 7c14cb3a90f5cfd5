"""Which files of a folder a load takes. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from assay.ingestion.window import Window


@dataclass(frozen=True)
class StagedFile:
    """`path` is relative to the zone's folder of the landing bucket."""

    path: str
    etag: str
    bytes: int


def staged_files(rows: Iterable[Mapping[str, Any]], root: str) -> list[StagedFile]:
    """From the rows of LIST (name, size, md5). `root` is the stage's URL. Folders' own markers are left out."""
    return [
        StagedFile(relative(row["name"], root), str(row["md5"]).strip('"'), int(row["size"]))
        for row in rows
        if not row["name"].endswith("/")
    ]


def relative(name: str, root: str) -> str:
    """A staged file's path below the stage. Statements differ in whether they show the URL, the bucket's key, or just
    this."""
    _, _, bucket_and_folder = root.rstrip("/").partition("://")
    _, _, folder = bucket_and_folder.partition("/")
    for known in (f"{root.rstrip('/')}/", f"{folder}/"):
        if name.startswith(known):
            return name.removeprefix(known)
    return name


def choose(
    listed: Iterable[StagedFile],
    approved: Collection[tuple[str, str]],
    pattern: str,
    date_pattern: str,
    window: Window | None,
) -> list[StagedFile]:
    """The files of the next load, by name: whatever no approved load has brought, and the days that are taken again.

    A mended file has a new fingerprint and so is new; a good file of a refused load is new still.
    """
    wanted = re.compile(pattern)
    chosen = [
        file
        for file in listed
        if wanted.fullmatch(file.path.rpartition("/")[2])
        and ((file.path, file.etag) not in approved or (window is not None and _falls_in(file, date_pattern, window)))
    ]
    return sorted(chosen, key=lambda file: file.path)


def _falls_in(file: StagedFile, date_pattern: str, window: Window) -> bool:
    found = re.search(date_pattern, file.path)
    if found is None:
        return False
    try:
        return date.fromisoformat(found.group(found.re.groups)) in window
    except ValueError:
        return False
