"""Which files of a folder a load takes, and what became of each. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from assay.errors import AssayError
from assay.ingestion.window import Window
from assay.registers import Item

STATUS = {"LOADED": "loaded", "PARTIALLY_LOADED": "partial", "LOAD_FAILED": "failed"}


class UnexpectedAnswer(AssayError):
    """The warehouse's answer about staged files does not fit what was asked."""


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


def empty(file: StagedFile) -> Item:
    return Item(path=file.path, etag=file.etag, bytes=file.bytes, status="empty")


def failed(file: StagedFile, error: str) -> Item:
    return Item(path=file.path, etag=file.etag, bytes=file.bytes, status="failed", errors=1, first_error=error)


def copied(files: Sequence[StagedFile], rows: Iterable[Mapping[str, Any]], root: str) -> list[Item]:
    """What COPY INTO says of each file. Raises UnexpectedAnswer when it is silent about one that it was given."""
    answers = {relative(str(row["file"]), root): row for row in rows if "file" in row}
    items = []
    for file in files:
        row = answers.get(file.path)
        if row is None:
            raise UnexpectedAnswer(f"COPY INTO says nothing about {file.path}, which it was given; nothing is recorded")
        items.append(
            Item(
                path=file.path,
                etag=file.etag,
                bytes=file.bytes,
                status=STATUS.get(str(row["status"]).upper(), "failed"),
                rows_parsed=int(row["rows_parsed"] or 0),
                rows_loaded=int(row["rows_loaded"] or 0),
                errors=int(row["errors_seen"] or 0),
                first_error=_first_error(row),
            )
        )
    return items


def _first_error(row: Mapping[str, Any]) -> str | None:
    if not row["first_error"]:
        return None
    line = row.get("first_error_line")
    return f"{' '.join(str(row['first_error']).split())}{f' (line {line})' if line else ''}"


def with_headers(items: Iterable[Item], rows: Iterable[Mapping[str, Any]], root: str) -> list[Item]:
    """The items, each with its file's columns. `rows` say of a column in which files it is (column_name, filenames)."""
    headers: dict[str, list[str]] = {}
    for row in rows:
        for name in str(row["filenames"]).split(","):
            headers.setdefault(relative(name.strip(), root), []).append(str(row["column_name"]).lower())
    return [replace(item, header=",".join(headers[item.path])) if item.path in headers else item for item in items]
