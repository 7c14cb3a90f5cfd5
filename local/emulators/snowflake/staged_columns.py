"""INFER_SCHEMA: which columns staged files have, and in which of them each is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
from sqlglot import exp

from . import errors
from .file_formats import FileFormat
from .names import Names
from .session import Session
from .staged_rows import parse
from .statements.stages import find_stage
from .words import Words

KNOWN = frozenset({"LOCATION", "FILES", "FILE_FORMAT", "IGNORE_CASE"})
_TYPES = (
    ("BOOLEAN", re.compile(r"true|false", re.IGNORECASE)),
    ("NUMBER", re.compile(r"[+-]?\d+(\.\d+)?")),
    ("DATE", re.compile(r"\d{4}-\d\d-\d\d")),
    ("TIMESTAMP_NTZ", re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?Z?")),
)


@dataclass
class Found:
    type: str
    nullable: bool
    files: list[str]


def infer_schema(session: Session, names: Names, call: exp.Anonymous) -> pa.Table:
    """The rows of TABLE(INFER_SCHEMA(…)): COLUMN_NAME, TYPE, NULLABLE, EXPRESSION, FILENAMES, ORDER_ID."""
    given = {argument.this.name.upper(): argument.expression for argument in call.expressions}
    if unknown := set(given) - KNOWN:
        raise errors.unsupported(f"INFER_SCHEMA with {min(unknown)}")
    format_ = names.object(Words(given["FILE_FORMAT"].name).path(), "FILE FORMAT")
    names.access.require("USAGE", format_)
    format = FileFormat.of({key: value for key, value in format_.detail.items() if key != "COMMENT"})
    if format.type != "CSV" or not format.parse_header:
        raise errors.unsupported("INFER_SCHEMA of anything but CSV files with PARSE_HEADER = TRUE")
    stage, prefix = find_stage(session, names, given["LOCATION"].name)
    base = stage.detail["url"] + prefix
    wanted = [literal.name for literal in given["FILES"].find_all(exp.Literal)] if "FILES" in given else None
    ignore_case = "IGNORE_CASE" in given and given["IGNORE_CASE"].sql().upper() == "TRUE"
    found: dict[str, Found] = {}
    for file in session.store.s3.files(base):
        if wanted is not None and file.url.removeprefix(base if base.endswith("/") else f"{base}/") not in wanted:
            continue
        read = parse(session.store.s3.read(file), file.path, format, [])
        if read.failure:
            raise errors.SqlError(read.failure, code=100079, state="22000")
        for name, values in zip(read.names, read.columns, strict=False):
            _add(found, name.upper() if ignore_case else name, file.path, values.to_pylist(), format)
    return pa.table(
        {
            "COLUMN_NAME": pa.array(found, pa.string()),
            "TYPE": pa.array([one.type for one in found.values()], pa.string()),
            "NULLABLE": pa.array([one.nullable for one in found.values()], pa.bool_()),
            "EXPRESSION": pa.array([f"${at + 1}::{one.type}" for at, one in enumerate(found.values())], pa.string()),
            "FILENAMES": pa.array([",".join(one.files) for one in found.values()], pa.string()),
            "ORDER_ID": pa.array(range(len(found)), pa.int64()),
        }
    )


def _add(found: dict[str, Found], name: str, path: str, values: Sequence[str | None], format: FileFormat) -> None:
    known = [value for value in values if value is not None and value != "" and value not in format.null_if]
    type = _type(known)
    if name not in found:
        found[name] = Found(type, len(known) < len(values), [path])
        return
    one = found[name]
    one.files.append(path)
    one.nullable |= len(known) < len(values)
    if one.type != type:
        one.type = "TEXT"


def _type(values: Iterable[str]) -> str:
    values = list(values)
    for name, pattern in _TYPES:
        if values and all(pattern.fullmatch(value) for value in values):
            return f"NUMBER(38, {max(len(v.partition('.')[2]) for v in values)})" if name == "NUMBER" else name
    return "TEXT"
