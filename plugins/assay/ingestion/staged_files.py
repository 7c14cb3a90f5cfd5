"""Which files of a folder a load takes. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from assay.ingestion.window import Window


@dataclass(frozen=True)
class StagedFile:
    """`path` is relative to the zone's folder of the landing bucket; `modified` is UTC without a zone."""

    path: str
    etag: str
    bytes: int
    modified: datetime


def staged_files(rows: Iterable[Mapping[str, Any]], root: str) -> list[StagedFile]:
    """From the rows of LIST (name, size, md5, last_modified). `root` is the stage's URL. Folders are left out."""
    return [
        StagedFile(
            relative(row["name"], root), str(row["md5"]).strip('"'), int(row["size"]), _instant(row["last_modified"])
        )
        for row in rows
        if not row["name"].endswith("/")
    ]


def _instant(last_modified: str) -> datetime:
    """From the date of an HTTP header, such as `Fri, 27 Nov 2026 08:49:37 GMT`."""
    return parsedate_to_datetime(last_modified).astimezone(UTC).replace(tzinfo=None)


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
    approved: Collection[tuple[str, str, datetime | None]],
    pattern: str,
    date_pattern: str,
    window: Window | None,
) -> list[StagedFile]:
    """The files of the next load, by name: whatever no approved load has brought, and the days that are taken again.

    A file that was written again is new: with another content, or with one that it had before, which takes its place
    again. A good file of a refused load is new still. `approved` are paths, fingerprints and when the file was written;
    None stands for any time.
    """
    wanted = re.compile(pattern, re.DOTALL)  # a file's name may have a line end
    chosen = [
        file
        for file in listed
        if wanted.fullmatch(file.path.rpartition("/")[2])
        and (_is_new(file, approved) or (window and (day := day_of(file, date_pattern)) and day in window))
    ]
    return sorted(chosen, key=lambda file: file.path)


def _is_new(file: StagedFile, approved: Collection[tuple[str, str, datetime | None]]) -> bool:
    return (file.path, file.etag, file.modified) not in approved and (file.path, file.etag, None) not in approved


def day_of(file: StagedFile, date_pattern: str) -> date | None:
    """The day in the file's path, if there is one."""
    found = re.search(date_pattern, file.path, re.DOTALL)
    try:
        return date.fromisoformat(found.group(found.re.groups)) if found else None
    except ValueError:
        return None
