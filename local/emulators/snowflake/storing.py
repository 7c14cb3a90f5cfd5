"""Values on their way into columns: converted as Snowflake converts them, and refused where they do not fit.

DuckDB would write its own text of a timestamp or a number into a VARCHAR column, read dates in its own formats only,
and keep texts of any length. What already has the column's type is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
from sqlglot import exp

from . import errors
from .columns import LONGEST_TEXT, Column
from .functions import conversions
from .functions.calls import call, literal, text
from .spelling import decode
from .translation import to_duckdb

_FROM_TEXT = {
    "DATE": "sf_date", "TIME": "sf_time", "TIMESTAMP": "sf_timestamp", "BOOLEAN": "sf_boolean",
    "TIMESTAMP WITH TIME ZONE": "sf_timestamp_tz",
}  # fmt: skip
_FLOATS = ("DOUBLE", "FLOAT")


def stored(value: exp.Expr, column: Column) -> exp.Expr:
    """One value of VALUES, SET or MERGE, as the column takes it."""
    plain = value.unnest()
    if isinstance(plain, exp.Null) or (isinstance(plain, exp.Var | exp.Column) and plain.name.upper() == "DEFAULT"):
        return value
    is_text = isinstance(plain, exp.Literal) and plain.is_string
    if column.duckdb == "VARCHAR":
        if is_text and len(plain.name) <= column.length:
            return value
        made = exp.cast(plain.copy(), "VARCHAR") if isinstance(plain, exp.Placeholder) else text(plain.copy())
        return _fitting(made, column)
    if is_text and column.duckdb == "JSON":
        raise _mismatch(column, "VARCHAR")
    if is_text and column.duckdb in _FROM_TEXT:
        return call(_FROM_TEXT[column.duckdb], plain.copy())
    return value


def _fitting(made: exp.Expr, column: Column) -> exp.Expr:
    return call("sf_stored", made, literal(column.length)) if column.length < LONGEST_TEXT else made


def _mismatch(column: Column, kind: str) -> errors.SqlError:
    return errors.SqlError(
        f"{errors.COMPILATION}Expression type does not match column data type, expecting {column.type} but got {kind} "
        f"for column {column.name}",
        code=2023,
        state="22000",
    )


def store_values(rows: exp.Values, columns: Sequence[Column]) -> None:
    """Change the rows of INSERT … VALUES in place."""
    for row in rows.expressions:
        store_row(row if isinstance(row, exp.Tuple) else exp.Tuple(expressions=[row]), columns)


def store_row(row: exp.Tuple, columns: Sequence[Column]) -> None:
    for value, column in zip(list(row.expressions), columns, strict=False):  # another count is DuckDB's to refuse
        made = stored(value, column)
        if made is not value:
            value.replace(made)


def assign(assignments: Sequence[exp.Expr], columns: Mapping[str, Column]) -> None:
    """Change the right sides of SET a = …, b = … in place."""
    for assignment in assignments:
        if isinstance(assignment, exp.EQ) and (column := columns.get(decode(assignment.this.name))) is not None:
            assignment.set("expression", stored(assignment.expression, column))


def query(
    source: exp.Expr, columns: Sequence[Column], connection: duckdb.DuckDBPyConnection, params: Sequence[Any] | None
) -> str:
    """DuckDB's SQL of a bound query whose rows go into the columns."""
    sql = to_duckdb(source, connection)
    kinds = [row[1] for row in connection.execute(f"DESCRIBE {sql}", params).fetchall()]
    if len(kinds) != len(columns):
        raise errors.SqlError(
            f"{errors.COMPILATION}Insert value list does not match column list expecting {len(columns)} but got "
            f"{len(kinds)}",
            code=2057,
            state="42601",
        )
    made = [_converted(f'"c{i}"', kind, column) for i, (kind, column) in enumerate(zip(kinds, columns, strict=True))]
    names = ", ".join(f'"c{i}"' for i in range(len(columns)))
    if ", ".join(made) == names:
        return sql
    return f'SELECT {", ".join(made)} FROM ({sql}) AS "source"({names})'


def _converted(name: str, kind: str, column: Column) -> str:
    if column.duckdb == "VARCHAR":
        made = name if kind == "VARCHAR" else f"sf_text({name})"
        return f"sf_stored({made}, {column.length})" if column.length < LONGEST_TEXT else made
    if kind == "VARCHAR" and column.duckdb in _FROM_TEXT:
        return f"{_FROM_TEXT[column.duckdb]}({name})"
    if kind in _FLOATS and column.precision:
        return str(conversions.number(exp.column(name.strip('"'), quoted=True), column.duckdb).sql(dialect="duckdb"))
    return name
