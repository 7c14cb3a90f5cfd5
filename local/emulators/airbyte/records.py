"""How a record becomes a row: column types and values, the way destination-snowflake types them.

Pure. The rules follow Airbyte's documented type mapping: a value that does not fit its column becomes NULL, and
`_AIRBYTE_META.changes` says so. https://docs.airbyte.com/platform/understanding-airbyte/airbyte-metadata-fields
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import Any

INTEGER_LIMIT = 10**38
EXACT_FLOAT = 2**53
INTEGER = re.compile(r"-?[0-9]+", re.ASCII)
NUMBER = re.compile(r"-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?", re.ASCII)
MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2})([.][0-9]{1,6}0*)?"
    r"(Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?",
    re.ASCII,
)
"""Spellings with one meaning. Python's own readers take more: blanks, underscores, other scripts' digits."""
TYPECAST = "DESTINATION_TYPECAST_ERROR"
SEMI_STRUCTURED = {"OBJECT", "ARRAY", "VARIANT"}


@dataclass(frozen=True)
class Column:
    """A field of a stream and the column it lands in."""

    field: str
    name: str
    type: str


def columns_of(schema: Mapping[str, Any]) -> list[Column]:
    """The columns of a stream's JSON schema, in its order. Raises ValueError when two fields share a column name."""
    columns: dict[str, Column] = {}
    for field, declared in schema.get("properties", {}).items():
        column = Column(field, field.upper(), column_type(declared))
        if column.name in columns:
            raise ValueError(
                f"the fields {columns[column.name].field!r} and {field!r} are one column in Snowflake: rename one"
            )
        columns[column.name] = column
    return list(columns.values())


def column_type(declared: Mapping[str, Any]) -> str:
    """The Snowflake type of a JSON schema property; several possible types make a VARIANT."""
    given = declared.get("type", [])
    kinds = [kind for kind in ([given] if isinstance(given, str) else given) if kind != "null"]
    if len(kinds) != 1:
        return "VARIANT"
    if kinds[0] == "string":
        return _text_type(declared)
    if kinds[0] == "number" and declared.get("airbyte_type") == "integer":
        return "NUMBER(38,0)"
    return {
        "integer": "NUMBER(38,0)",
        "number": "FLOAT",
        "boolean": "BOOLEAN",
        "object": "OBJECT",
        "array": "ARRAY",
    }.get(kinds[0], "VARIANT")


def _text_type(declared: Mapping[str, Any]) -> str:
    form = declared.get("format")
    zoned = declared.get("airbyte_type") != f"{'timestamp' if form == 'date-time' else 'time'}_without_timezone"
    if form == "date-time":
        return "TIMESTAMP_TZ" if zoned else "TIMESTAMP_NTZ"
    if form == "date":
        return "DATE"
    if form == "time" and not zoned:
        return "TIME"
    return "VARCHAR"


def fit(columns: Sequence[Column], data: Mapping[str, Any]) -> tuple[list[Any], list[dict[str, str]]]:
    """The row's values in column order, ready for JSON, and the changes that had to be made to them."""
    values: list[Any] = []
    changes: list[dict[str, str]] = []
    for column in columns:
        value = data.get(column.field)
        try:
            values.append(None if value is None else _cast(value, column.type))
        except (ValueError, OverflowError):
            values.append(None)
            changes.append({"field": column.name, "change": "NULLED", "reason": TYPECAST})
    return values, changes


def _cast(value: Any, kind: str) -> Any:
    """`value` as `kind`, or ValueError."""
    if kind == "VARCHAR":
        return value if isinstance(value, str) else _json(value)
    if kind == "NUMBER(38,0)":
        return _integer(value)
    if kind == "FLOAT":
        return _float(value)
    if kind == "BOOLEAN":
        return _expect(value, bool)
    if kind in SEMI_STRUCTURED:
        _json(value)
        return _expect(value, {"OBJECT": dict, "ARRAY": list, "VARIANT": object}[kind])
    return _moment(_expect(value, str), kind)


def _json(value: Any) -> str:
    """As JSON text; ValueError for numbers that JSON does not have, such as NaN."""
    return json.dumps(value, allow_nan=False)


def _expect(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ValueError(value)
    return value


def _integer(value: Any) -> str:
    """As text: JSON numbers of 38 digits do not survive every parser."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(value)
    if isinstance(value, str) and not INTEGER.fullmatch(value):
        raise ValueError(value)
    number = int(value)
    if isinstance(value, float) and (value != number or abs(number) > EXACT_FLOAT):
        raise ValueError(value)
    if abs(number) >= INTEGER_LIMIT:
        raise OverflowError(value)
    return str(number)


def _float(value: Any) -> float:
    """ValueError for what a FLOAT would not give back digit by digit."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(value)
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        raise ValueError(value)
    number = float(value)
    if not isfinite(number) or Decimal(repr(number)) != Decimal(str(value)):
        raise ValueError(value)
    return number


def _moment(text: str, kind: str) -> str:
    if kind == "DATE":
        if not DATE.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text).isoformat()
    if kind == "TIME":
        if not TIME.fullmatch(text):
            raise ValueError(text)
        return time.fromisoformat(text).isoformat()
    found = MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    moment = datetime.fromisoformat(found[1] + (found[2] or "") + (found[3] or ""))
    if kind == "TIMESTAMP_NTZ":
        return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None).isoformat(sep=" ")
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC).isoformat(sep=" ")
