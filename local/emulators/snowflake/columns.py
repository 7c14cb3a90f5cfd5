"""The columns of tables, in Snowflake's types, read from DuckDB and from what the catalog remembers of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from . import spelling
from .store import ALIAS, DATA

LONGEST_TEXT = 16777216
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_INTEGERS = {"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "UBIGINT", "UINTEGER"}


@dataclass(frozen=True)
class Column:
    """``type`` is Snowflake's (NUMBER, TEXT, TIMESTAMP_NTZ…), ``duckdb`` the one it is stored in."""

    name: str
    duckdb: str
    position: int
    nullable: bool = True
    default: str | None = None
    length: int = LONGEST_TEXT
    comment: str | None = None

    @property
    def stored(self) -> str:
        """Its name in DuckDB, in quotes."""
        return spelling.quoted(spelling.encode(self.name))

    @property
    def precision(self) -> tuple[int, int] | None:
        if self.duckdb in _INTEGERS:
            return 38, 0
        if found := _DECIMAL.match(self.duckdb):
            return int(found[1]), int(found[2])
        return None

    @property
    def type(self) -> str:
        if self.precision:
            return "NUMBER"
        if self.duckdb in _TYPES:
            return _TYPES[self.duckdb]
        return "VARIANT" if self.duckdb.endswith(("]", ")")) else self.duckdb

    @property
    def full_type(self) -> str:
        """The type with its sizes, as DESCRIBE TABLE shows it."""
        if self.precision:
            return f"NUMBER({self.precision[0]},{self.precision[1]})"
        sizes = {"TEXT": f"VARCHAR({self.length})", "BINARY": "BINARY(8388608)"}
        if self.type.startswith("TIME"):
            return f"{self.type}(9)"
        return sizes.get(self.type, self.type)


_TYPES = {
    "VARCHAR": "TEXT",
    "DOUBLE": "FLOAT",
    "FLOAT": "FLOAT",
    "BLOB": "BINARY",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "TIMESTAMP_NS": "TIMESTAMP_NTZ",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP_TZ",
    "JSON": "VARIANT",
    '"NULL"': "TEXT",
}


def of_table(
    connection: duckdb.DuckDBPyConnection, physical: str, detail: Mapping[str, Any], *, temporary: bool = False
) -> list[Column]:
    """The columns of one DuckDB table, with the lengths and comments the catalog keeps in ``detail``."""
    database, schema = ("temp", "main") if temporary else (ALIAS, DATA)
    found = connection.execute(
        "SELECT column_name, data_type, is_nullable, column_default FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index",
        [database, schema, physical],
    ).fetchall()
    return [_column(index, row, detail) for index, row in enumerate(found, 1)]


def of_all_tables(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    """Every stored table's columns at once, by DuckDB name: rows for ``from_row``."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for table, *row in connection.execute(
        "SELECT table_name, column_name, data_type, is_nullable, column_default FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = ? ORDER BY table_name, column_index",
        [ALIAS, DATA],
    ).fetchall():
        found.setdefault(table, []).append(tuple(row))
    return found


def from_rows(rows: list[tuple[Any, ...]], detail: Mapping[str, Any]) -> list[Column]:
    return [_column(index, row, detail) for index, row in enumerate(rows, 1)]


def of_view(detail: Mapping[str, Any]) -> list[Column]:
    """A view's columns are those it had when it was made."""
    return [
        Column(name=name, duckdb=type_, position=index, comment=(detail.get("comments") or {}).get(name))
        for index, (name, type_) in enumerate(detail.get("columns") or [], 1)
    ]


def _column(position: int, row: tuple[Any, ...], detail: Mapping[str, Any]) -> Column:
    name, type_, nullable, default = row
    name = spelling.decode(name)
    return Column(
        name=name,
        duckdb=type_,
        position=position,
        nullable=nullable,
        default=default,
        length=(detail.get("lengths") or {}).get(name, LONGEST_TEXT),
        comment=(detail.get("comments") or {}).get(name),
    )
