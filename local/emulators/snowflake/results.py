"""What a statement gives back: a table of rows in Snowflake's types, or the counts of changed rows."""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from fakesnow import statement_type
from fakesnow.arrow import to_ipc, to_sf
from fakesnow.rowtype import ColumnInfo, describe_as_rowtype, duckdb_to_sf_type

from . import errors
from .spelling import decode

warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", category=UserWarning)

_INTEGERS = {"TINYINT", "SMALLINT", "UTINYINT", "USMALLINT", "UINTEGER", "UHUGEINT", "BIGNUM"}


@dataclass
class Result:
    """``type_id`` is Snowflake's statement type: clients read counts from DML and rows from the rest.

    ``stats`` are the rows that a statement changed, under Snowflake's own names; CREATE TABLE AS has some too.
    """

    table: pa.Table
    rowtype: list[ColumnInfo]
    type_id: int = statement_type.SELECT
    stats: dict[str, int] = dataclasses.field(default_factory=dict)

    @property
    def is_dml(self) -> bool:
        return self.type_id in statement_type.DML_TYPE_IDS


def fetched(connection: duckdb.DuckDBPyConnection, type_id: int = statement_type.SELECT) -> Result:
    """The result of what ``connection`` has just executed."""
    description = [(decode(column[0]), *column[1:]) for column in connection.description or []]
    types = [str(column[1]) for column in description]
    table: pa.Table = connection.to_arrow_table()
    table = table.rename_columns([column[0] for column in description])
    for index, type_ in enumerate(types):
        if type_ in _INTEGERS:
            types[index] = "BIGINT"
        elif type_ == "INTERVAL":
            raise errors.unsupported(f"intervals as values, as in {description[index][0][:60]} (use DATEDIFF)")
        elif type_ == "FLOAT":
            types[index] = "DOUBLE"
        elif type_.startswith("TIMESTAMP_") or type_ == "TIMESTAMP":
            types[index] = "TIMESTAMP"
            table = _recast(table, index, pa.timestamp("us"))
        elif not type_.startswith("DECIMAL") and type_ not in duckdb_to_sf_type:
            types[index] = "JSON" if type_.endswith(("]", ")")) else "VARCHAR"
            values = [_as_text(value) for value in table.column(index).to_pylist()]
            table = table.set_column(index, table.field(index).name, pa.array(values, pa.string()))
    rows = [(column[0], type_, None, None, None, None) for column, type_ in zip(description, types, strict=True)]
    return Result(table, describe_as_rowtype(rows), type_id)


def _recast(table: pa.Table, index: int, to: pa.DataType) -> pa.Table:
    field = table.field(index)
    return table if field.type == to else table.set_column(index, field.name, table.column(index).cast(to, safe=False))


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, default=str) if isinstance(value, list | dict) else str(value)


_ARROW = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC")}


def rows(columns: Sequence[str | tuple[str, str]], values: Iterable[Sequence[Any]], type_id: int = 0) -> Result:
    """A result made here. A column is a name, or a name and a DuckDB type (BIGINT, TIMESTAMP WITH TIME ZONE)."""
    named = [(column, "VARCHAR") if isinstance(column, str) else column for column in columns]
    listed = list(values)
    arrays = [pa.array([row[i] for row in listed], _ARROW[type_]) for i, (_, type_) in enumerate(named)]
    table = pa.Table.from_arrays(arrays, names=[name for name, _ in named])
    described = [(name, type_, None, None, None, None) for name, type_ in named]
    return Result(table, describe_as_rowtype(described), type_id)


def encoded(result: Result) -> bytes:
    """The rows in Arrow's stream format, as Snowflake's clients expect it."""
    table = result.table
    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(index, field.name, _timestamps(table.column(index)))
    return bytes(to_ipc(to_sf(table, result.rowtype)))


def _timestamps(column: pa.ChunkedArray) -> pa.StructArray:
    """Seconds and nanoseconds (and an offset of none, which Snowflake writes as 1440 minutes); NULL stays NULL."""
    values = column.combine_chunks()
    microseconds = values.cast(pa.timestamp("us", values.type.tz)).cast(pa.int64()).fill_null(0)
    whole = pc.divide(microseconds, 1_000_000)  # towards zero: before 1970 the second before is the one that it is in
    before = pc.less(microseconds, pc.multiply(whole, 1_000_000)).cast(pa.int64())
    seconds = pc.subtract(whole, before)
    fraction = pc.multiply(pc.subtract(microseconds, pc.multiply(seconds, 1_000_000)), 1000).cast(pa.int32())
    arrays, names = [seconds, fraction], ["epoch", "fraction"]
    if values.type.tz:
        arrays.append(pa.array([1440] * len(values), pa.int32()))
        names.append("timezone")
    return pa.StructArray.from_arrays(arrays, names=names, mask=values.is_null())


STATS = {"rows_inserted": "numRowsInserted", "rows_updated": "numRowsUpdated", "rows_deleted": "numRowsDeleted"}


def status(
    message: str = "Statement executed successfully.", type_id: int = statement_type.DDL, inserted: int | None = None
) -> Result:
    """``inserted`` are the rows that the statement put into what it made."""
    stats = {} if inserted is None else {"numRowsInserted": inserted}
    return replace(rows(["status"], [[message]], type_id), stats=stats)


def already_there(name: str) -> Result:
    """What CREATE … IF NOT EXISTS answers where there is one."""
    return status(f"{name} already exists, statement succeeded.")


def already_gone(name: str) -> Result:
    """What DROP … IF EXISTS answers where there is none."""
    return status(f"Drop statement executed successfully ({name} already dropped).")


def counts(type_id: int, **changed: int) -> Result:
    """The counts of a DML statement, e.g. ``counts(INSERT, rows_inserted=3)`` → "number of rows inserted"."""
    columns = [(f"number of {name.replace('_', ' ')}", "BIGINT") for name in changed]
    stats = {STATS[name]: count for name, count in changed.items() if name in STATS}
    return replace(rows(columns, [list(changed.values())], type_id), stats=stats)
