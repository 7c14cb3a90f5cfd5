"""What the reader reports of each file, how the file is therefore copied, and what came of it. Pure.

Every record is accounted for: `COPY INTO` loads as many as the reader counted in a file, or the file is refused.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay.errors import AssayError
from assay.ingestion.staged_files import StagedFile, relative
from assay.load_ledger import Item


class UnexpectedAnswer(AssayError):
    """The warehouse's answer about staged files does not fit what was asked."""


@dataclass(frozen=True)
class Report:
    """One file as its format's reader found it. `header`: the names of its columns, None in a file without text.
    `error` is its first fault. `blank_end`: whether what is no record ends it, such as blank lines."""

    header: tuple[str, ...] | None
    records: int
    characters: int
    blank_end: bool
    error: str | None

    @classmethod
    def parse(cls, text: str) -> "Report":
        found = json.loads(text)
        return cls(
            header=None if found["header"] is None else tuple(found["header"]),
            records=int(found["records"]),
            characters=int(found["characters"]),
            blank_end=bool(found["blank_end"]),
            error=None if found["fault"] is None else f"line {found['line']} {found['fault']}",
        )


@dataclass(frozen=True)
class Shape:
    """What the files of one COPY statement have in common. `places`: the number of each column's field in the file;
    `compression` as COPY names it."""

    places: tuple[tuple[str, int], ...]
    compression: str
    blank_end: bool


def places(report: Report, columns: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Return the columns that a file has, each with the number of its field. `columns` are the names that the
    contract's columns have in files; upper and lower case are the same."""
    fields = {name.lower(): place for place, name in enumerate(report.header or (), 1)}
    return tuple((name, fields[name.lower()]) for name in columns if name.lower() in fields)


def refused(file: StagedFile, report: Report, columns: Sequence[str], no_columns: str) -> Item | None:
    """The record of a file of which nothing is copied, or None for a file that COPY takes. `no_columns` is said of one
    that has none of the columns."""
    if report.error is not None:
        return _item(file, report, "failed", 0, report.error)
    if report.header is None:
        return _item(file, report, "empty", 0, None)
    if not report.records:
        return _item(file, report, "loaded", 0, None)
    return None if places(report, columns) else _item(file, report, "failed", 0, no_columns)


def unread(file: StagedFile, error: str) -> Item:
    return Item(path=file.path, etag=file.etag, bytes=file.bytes, status="failed", errors=1, first_error=error)


def uncopied(file: StagedFile, report: Report, error: str) -> Item:
    """The record of a file for which COPY failed as a whole."""
    return _item(file, report, "failed", 0, error)


def copied(reports: Mapping[StagedFile, Report], rows: Iterable[Mapping[str, Any]], root: str) -> list[Item]:
    """The record of each file that COPY INTO was given: loaded if COPY loaded as many records as the reader counted.

    Raises UnexpectedAnswer when COPY is silent about one of them.
    """
    answers = {relative(str(row["file"]), root): row for row in rows if "file" in row}
    items = []
    for file, report in reports.items():
        row = answers.get(file.path)
        if row is None:
            raise UnexpectedAnswer(f"COPY INTO says nothing about {file.path}, which it was given; nothing is recorded")
        parsed, loaded = int(row["rows_parsed"] or 0), int(row["rows_loaded"] or 0)
        if str(row["status"]).upper() == "LOADED" and parsed == loaded == report.records:
            items.append(_item(file, report, "loaded", loaded, None))
            continue
        said = _first_error(row) or f"COPY INTO parsed {parsed:,} records and loaded {loaded:,}"
        error = f"the file holds {report.records:,} records: {said}"
        items.append(_item(file, report, "partial" if loaded else "failed", loaded, error))
    return items


def measured(
    items: Iterable[Item], reports: Mapping[str, Report], rows: Iterable[Mapping[str, Any]], root: str
) -> list[Item]:
    """The items, those failed of which the load's table holds other records or characters than the file.

    `reports` are by path, `rows` say of each file in the table how many records and characters it has.
    """
    found = {relative(str(row["file"]), root): (int(row["records"]), int(row["characters"])) for row in rows}
    kept = []
    for item in items:
        report = reports[item.path]
        landed = found.get(item.path, (0, 0))
        if item.status == "loaded" and landed != (report.records, report.characters):
            error = (
                f"the file holds {report.records:,} records of {report.characters:,} characters, and what landed of it "
                f"{landed[0]:,} of {landed[1]:,}"
            )
            item = replace(item, status="failed", rows_loaded=0, errors=item.rows_parsed, first_error=error)
        kept.append(item)
    return kept


def changed(items: Iterable[Item], chosen: Iterable[StagedFile], listed: Iterable[StagedFile]) -> list[Item]:
    """The items, those failed whose file is not any more what it was when it was chosen."""
    before, now = ({file.path: file for file in files} for files in (chosen, listed))
    kept = []
    for item in items:
        if now.get(item.path) != before[item.path]:
            what = "changed" if item.path in now else "was removed"
            error = f"it {what} while it was read; the next run takes what is there then"
            item = replace(item, status="failed", rows_loaded=0, errors=item.rows_parsed, first_error=error)
        kept.append(item)
    return kept


def _item(file: StagedFile, report: Report, status: str, loaded: int, error: str | None) -> Item:
    """`rows_parsed` = `rows_loaded` + `errors`, in every record of the ledger."""
    parsed = max(report.records, loaded) + (report.error is not None)
    return Item(
        path=file.path,
        etag=file.etag,
        bytes=file.bytes,
        status=status,
        rows_parsed=parsed,
        rows_loaded=loaded,
        errors=parsed - loaded,
        first_error=error,
        header=None if report.header is None else json.dumps(report.header, ensure_ascii=False),
    )


def _first_error(row: Mapping[str, Any]) -> str | None:
    if not row["first_error"]:
        return None
    line = row.get("first_error_line")
    return f"{' '.join(str(row['first_error']).split())}{f' (line {line})' if line else ''}"
