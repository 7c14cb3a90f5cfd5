"""COPY INTO <table>: staged files become rows, with one result row per file, exactly as Snowflake reports them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from fakesnow import statement_type

from .. import errors, results
from ..binding import Binder
from ..catalog import Catalog, Object
from ..columns import Column, of_table
from ..file_formats import FileFormat
from ..names import Names
from ..results import Result
from ..session import Session
from ..spelling import encode, quoted
from ..staged_rows import Parsed, RowError, parse
from ..storage import StagedFile
from ..store import DATA
from ..words import Words
from .copy_statement import Copy, parse_copy
from .rows import require_warehouse
from .stages import find_stage, matches


@dataclass
class Loaded:
    """What became of one file."""

    file: StagedFile
    parsed: int = 0
    loaded: int = 0
    errors: list[RowError] = field(default_factory=list)
    failure: str | None = None
    lines: Any = None

    @property
    def status(self) -> str:
        if self.failure is not None or (self.errors and not self.loaded):
            return "LOAD_FAILED"
        return "PARTIALLY_LOADED" if self.errors else "LOADED"


class Target:
    """The table, its columns, and where the files come from, as they are in one snapshot."""

    def __init__(self, session: Session, catalog: Catalog, copy: Copy) -> None:
        binder = Binder(session, catalog)
        names: Names = binder.names
        self.table: Object = names.object(copy.table, "TABLE", exactly=True)
        binder.access.require("INSERT", self.table)
        self.stage, self.prefix = find_stage(session, names, copy.stage)
        self.columns = of_table(session.connection, self.table.physical, self.table.detail)
        if copy.selected:
            self._select(copy)
        elif copy.columns:
            self.loaded = self._named(copy.columns)
        else:
            self.loaded = [c for c in self.columns if c.name not in copy.metadata]
        options = dict(self.stage.detail.get("format") or {}) | copy.format
        if named := options.pop("FORMAT_NAME", None):
            format = names.object(Words(str(named)).path(), "FILE FORMAT")
            names.access.require("USAGE", format)
            options = {k: v for k, v in format.detail.items() if k != "COMMENT"} | options
        self.format = FileFormat.of(options)
        if copy.by_name != "NONE" and self.format.type == "CSV" and not self.format.parse_header:
            raise errors.invalid("MATCH_BY_COLUMN_NAME needs a file format with PARSE_HEADER = TRUE for CSV")
        if copy.by_name == "NONE" and self.format.parse_header:
            raise errors.invalid("PARSE_HEADER = TRUE needs MATCH_BY_COLUMN_NAME")
        if copy.selected and self.format.type != "CSV":
            raise errors.unsupported("COPY INTO … FROM (SELECT …) of anything but CSV")

    def _named(self, columns: Sequence[str]) -> list[Column]:
        by_name = {c.name: c for c in self.columns}
        if absent := [name for name in columns if name not in by_name]:
            raise errors.SqlError(f"{errors.COMPILATION}invalid identifier '{absent[0]}'", code=904)
        return [by_name[name] for name in columns]

    def _select(self, copy: Copy) -> None:
        """Give each selected item its column."""
        columns = self._named(copy.columns) if copy.columns else self.columns
        if len(columns) != len(copy.selected):
            raise errors.SqlError(
                f"{errors.COMPILATION}Insert value list does not match column list expecting {len(columns)} but got "
                f"{len(copy.selected)}",
                code=2057,
            )
        pairs = list(zip(columns, copy.selected, strict=True))
        self.loaded = [column for column, item in pairs if isinstance(item, int)]
        copy.metadata = {column.name: item for column, item in pairs if isinstance(item, str)}


def copy_into(session: Session, words: Words) -> Result:
    copy = parse_copy(words)
    require_warehouse(session)
    target = Target(session, session.catalog, copy)
    files, absent = _chosen(session, copy, target)
    contents = {file.path: session.store.s3.read(file) for file in _new(session, copy, target, files)}
    names = [c.name for c in target.loaded]
    read = {
        path: parse(content, path, target.format, names, max(copy.places, default=0) if copy.selected else None)
        for path, content in contents.items()
    }
    with session.writing():
        target = Target(session, session.catalog, copy)
        done = [
            _load(session, copy, target, file, read[file.path])
            for file in _new(session, copy, target, files)
            if file.path in read
        ]
    return _report(copy, target, absent + done)


def _chosen(session: Session, copy: Copy, target: Target) -> tuple[list[StagedFile], list[Loaded]]:
    """The files that are meant, and for those named and not there, their failures."""
    base = target.stage.detail["url"] + target.prefix
    if not copy.files:
        found = [f for f in session.store.s3.files(base) if not f.path.endswith("/")]
        return [f for f in found if copy.pattern is None or matches(copy.pattern, f, target.stage)], []
    if base and not base.endswith("/"):
        base += "/"
    files: list[StagedFile] = []
    absent: list[Loaded] = []
    for name in copy.files:
        url = base + name.lstrip("/")
        exact = next((f for f in session.store.s3.files(url) if f.url == url), None)
        if exact is not None:
            files.append(exact)
            continue
        message = (
            f"Remote file '{url}' was not found. There are several potential causes. The file might not exist. "
            "The required credentials may be missing or invalid."
        )
        if copy.on_error == "ABORT_STATEMENT":
            raise errors.SqlError(message, code=91016, state="22000")
        bucket, _, path = url.removeprefix("s3://").partition("/")
        lost = StagedFile(bucket, path, 0, "", datetime.datetime.now(datetime.UTC))
        absent.append(Loaded(lost, failure=message))
    return files, absent


def _new(session: Session, copy: Copy, target: Target, files: Sequence[StagedFile]) -> Iterator[StagedFile]:
    """Without FORCE, only files (path and content) that this table has not loaded yet."""
    known: set[tuple[str, str]] = set()
    if not copy.force:
        known = set(
            session.connection.execute(
                "SELECT path, etag FROM assay.load_history WHERE \"table\" = ? AND status <> 'LOAD_FAILED'",
                [target.table.id],
            ).fetchall()
        )
    return (file for file in files if (file.path, file.etag) not in known)


def _load(session: Session, copy: Copy, target: Target, file: StagedFile, parsed: Parsed) -> Loaded:
    if (twice := _named_twice(copy, parsed)) is not None:
        parsed = Parsed(
            failure=f"The embedded warehouse does not support files that name the column '{twice}' twice (line 1)"
        )
    done = Loaded(file, parsed=parsed.parsed, errors=list(parsed.errors), failure=parsed.failure, lines=parsed.lines)
    if parsed.records:
        sources = _sources(copy, target, parsed)
        rows = {f"s{i}": column for i, column in enumerate(parsed.columns)}
        table = pa.table({**rows, "n": pa.array(parsed.records, pa.int64())})
        session.connection.register("assay_copy", table)
        try:
            _insert(session, copy, target, file, sources, done)
        finally:
            session.connection.unregister("assay_copy")
    done.errors.sort(key=lambda error: error.record)
    if copy.on_error == "ABORT_STATEMENT" and (done.failure or done.errors):
        raise _aborted(target, done)
    session.connection.execute(
        "INSERT INTO assay.load_history VALUES (?, ?, ?, ?, ?, ?)",
        [target.table.id, file.path, file.etag, datetime.datetime.now(datetime.UTC).replace(tzinfo=None), done.status,
         done.loaded],
    )  # fmt: skip
    return done


def _named_twice(copy: Copy, parsed: Parsed) -> str | None:
    """A name that stands for two of the file's columns, where columns are matched by name."""
    if copy.by_name == "NONE":
        return None
    seen: set[str] = set()
    for name in map(_folding(copy), parsed.names):
        if name in seen:
            return name
        seen.add(name)
    return None


def _folding(copy: Copy) -> Callable[[str], str]:
    return str.upper if copy.by_name == "CASE_INSENSITIVE" else str


def _sources(copy: Copy, target: Target, parsed: Parsed) -> list[tuple[Column, str | None]]:
    """For each column to load, the parsed column it comes from (None: nothing in the file has its name)."""
    if target.format.type == "JSON" and copy.by_name == "NONE":
        if len(target.loaded) != 1:
            raise errors.invalid("JSON without MATCH_BY_COLUMN_NAME loads one VARIANT column only")
        return [(target.loaded[0], f"s{len(parsed.columns) - 1}")]
    if copy.selected:
        return [(column, f"s{place - 1}") for column, place in zip(target.loaded, copy.places, strict=True)]
    if copy.by_name == "NONE":
        return [(column, f"s{i}") for i, column in enumerate(target.loaded)]
    fold = _folding(copy)
    places: dict[str, int] = {}
    for i, name in enumerate(parsed.names):
        places.setdefault(fold(name), i)
    return [
        (column, f"s{places[fold(column.name)]}" if fold(column.name) in places else None) for column in target.loaded
    ]


def _text(source: str, format: FileFormat) -> str:
    text = f"trim({source})" if format.trim_space else source
    if format.null_if:
        listed = ", ".join(_quoted(value) for value in format.null_if)
        text = f"CASE WHEN {text} NOT IN ({listed}) THEN {text} END"
    return text


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _insert(
    session: Session,
    copy: Copy,
    target: Target,
    file: StagedFile,
    sources: list[tuple[Column, str | None]],
    done: Loaded,
) -> None:
    """Find the rows that do not fit their columns, then insert the others, in two statements over the whole file."""
    texts: list[str] = []
    values: list[str] = []
    checks: list[str] = []
    for i, (column, source) in enumerate(sources):
        text = "CAST(NULL AS VARCHAR)" if source is None else _text(source, target.format)
        if copy.truncate and column.duckdb == "VARCHAR":
            text = f"left({text}, {column.length})"
        texts.append(f"{text} AS t{i}")
        if column.duckdb == "VARCHAR":
            values.append(f"t{i}")
            if source is not None and column.length < 16777216:
                checks.append(f"WHEN length(t{i}) > {column.length} THEN {i}")
        elif column.duckdb == "JSON":
            values.append(f"coalesce(TRY_CAST(t{i} AS JSON), to_json(t{i}))")
        else:
            values.append(f"TRY_CAST(t{i} AS {column.duckdb})")
            if source is not None:
                checks.append(f"WHEN t{i} IS NOT NULL AND TRY_CAST(t{i} AS {column.duckdb}) IS NULL THEN {i}")
        if not column.nullable:
            checks.append(f"WHEN t{i} IS NULL THEN {i}")
    bad = f"CASE {' '.join(checks)} END" if checks else "CAST(NULL AS INTEGER)"
    rows = f"SELECT *, {bad} AS bad FROM (SELECT {', '.join([*texts, 'n'])} FROM assay_copy)"
    if checks:
        shown = " ".join(f"WHEN {i} THEN t{i}" for i in range(len(sources)))
        for record, at, value in session.connection.execute(
            f"SELECT n, bad, CASE bad {shown} END FROM ({rows}) WHERE bad IS NOT NULL ORDER BY n"
        ).fetchall():
            done.errors.append(RowError(record, _misfit(sources[at][0], value), at))
    if done.errors and copy.on_error != "CONTINUE":
        return
    columns = [column.stored for column, _ in sources]
    for name, what in copy.metadata.items():
        columns.append(quoted(encode(name)))
        values.append(_metadata(what, file))
    listed = ", ".join(columns)
    inserted = session.connection.execute(
        f'INSERT INTO {DATA}."{target.table.physical}" ({listed}) '
        f"SELECT {', '.join(values)} FROM ({rows}) WHERE bad IS NULL ORDER BY n"
    ).fetchone()
    done.loaded = int(inserted[0]) if inserted else 0


def _metadata(what: str, file: StagedFile) -> str:
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    what, _, start = what.partition(" ")
    return {
        "METADATA$FILENAME": _quoted(file.path[int(start or 1) - 1 :]),
        "METADATA$FILE_ROW_NUMBER": "n",
        "METADATA$FILE_CONTENT_KEY": _quoted(file.etag),
        "METADATA$FILE_LAST_MODIFIED": f"TIMESTAMP '{file.modified.astimezone(datetime.UTC).replace(tzinfo=None)}'",
        "METADATA$START_SCAN_TIME": f"TIMESTAMP '{now}'",
    }[what]


def _misfit(column: Column, value: str | None) -> str:
    if value is None:
        return f"NULL result in a non-nullable column: {column.name}"
    if column.type == "TEXT":
        return f"User character length limit ({column.length}) exceeded by string '{value[:100]}'"
    kind = {
        "NUMBER": "Numeric value",
        "FLOAT": "Numeric value",
        "DATE": "Date",
        "TIME": "Time",
        "BOOLEAN": "Boolean value",
    }
    return f"{kind.get(column.type, 'Timestamp')} '{value[:100]}' is not recognized"


def _place(target: Target, error: RowError) -> str | None:
    if error.column is None or error.column >= len(target.loaded):
        return None
    return f'"{target.table.name}"["{target.loaded[error.column].name}":{error.column + 1}]'


def _line(done: Loaded, error: RowError) -> int:
    return int(done.lines.of(error.record)) if done.lines is not None else error.record


def _aborted(target: Target, done: Loaded) -> errors.SqlError:
    tail = (
        "\n  If you would like to continue loading when an error is encountered, use other values such as 'SKIP_FILE' "
        "or 'CONTINUE' for the ON_ERROR option."
    )
    if done.failure is not None:
        return errors.SqlError(f"{done.failure}\n  File '{done.file.path}'{tail}", code=100079, state="22000")
    first = done.errors[0]
    where = f"\n  File '{done.file.path}', line {_line(done, first)}\n  Row {first.record}"
    if place := _place(target, first):
        where += f", column {place}"
    code = 100080 if first.message.startswith("Number of columns") else 100038
    return errors.SqlError(first.message + where + tail, code=code, state="22000" if code == 100080 else "22018")


def _report(copy: Copy, target: Target, done: Sequence[Loaded]) -> Result:
    if not done:
        return results.status("Copy executed with 0 files processed.", statement_type.COPY)
    rows = []
    for one in done:
        if copy.only_failed and one.status == "LOADED":
            continue
        first = one.errors[0] if one.errors and one.failure is None else None
        limit = max(one.parsed, 1) if copy.on_error == "CONTINUE" else 1
        rows.append(
            [
                one.file.url,
                one.status,
                one.parsed,
                one.loaded,
                limit,
                len(one.errors) or (1 if one.failure else 0),
                one.failure or (first.message if first else None),
                (_failed_line(one.failure) if one.failure else None) if first is None else _line(one, first),
                1 if first else None,
                _place(target, first) if first else None,
            ]
        )
    return results.rows(
        ["file", "status", ("rows_parsed", "BIGINT"), ("rows_loaded", "BIGINT"), ("error_limit", "BIGINT"),
         ("errors_seen", "BIGINT"), "first_error", ("first_error_line", "BIGINT"),
         ("first_error_character", "BIGINT"), "first_error_column_name"],
        rows,
        statement_type.COPY,
    )  # fmt: skip


def _failed_line(failure: str) -> int | None:
    found = re.search(r"\(line (\d+)\)", failure)
    return int(found[1]) if found else None
