"""Rules of a contract that can never or always hold: bounds the wrong way round, patterns that are none."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from assay.checks import unmet
from assay.checks.contract_sql import contract_document, qualities
from assay.contracts import Contract
from assay.contracts.sql_types import Family, SqlType

UNITS = frozenset(["s", "second", "seconds", "m", "minute", "minutes", "h", "hour", "hours", "d", "day", "days"])
PAIRS = (
    ("minimum", "maximum", False),
    ("exclusiveMinimum", "exclusiveMaximum", True),
    ("minimum", "exclusiveMaximum", True),
    ("exclusiveMinimum", "maximum", True),
    ("minLength", "maxLength", False),
)
BETWEEN = ("mustBeBetween", "mustNotBeBetween")
COUNTS = ("mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan", "mustBeLessOrEqualTo")
NOT_SNOWFLAKES = (
    (r"\(\?[=!<]", "looks ahead or back ((?=…), (?!…), (?<…))"),
    (r"\(\?", "has a group that begins with (?"),
    (r"\\[1-9]", "refers back to a group (\\1)"),
    (r"(?<!\\)[*+?}]\?", "has a lazy quantifier (*?, +?, ??)"),
    (r"(?<!\\)[*+?}]\+", "has a possessive quantifier (*+)"),
    (r"\\[AZGKQEzpPuUN]", "has an escape that Snowflake does not know"),
)
"""Of a regular expression (https://docs.snowflake.com/en/sql-reference/functions-regexp)."""


def wrong(folder: Path, contract: Contract) -> Iterator[str]:
    """What is wrong with the values in the rules of a zone's table, with file, line and key."""
    document = contract_document(folder, contract.table)
    types = {column.name: column.type.stored for column in contract.columns}
    exact = {column.name: column.type for column in contract.columns}
    for index, column in enumerate(document.content["schema"][0]["properties"]):
        path: list[str | int] = ["schema", 0, "properties", index]
        options = column.get("logicalTypeOptions") or {}
        for key, problem in _options(options, types.get(column["name"], "")):
            yield document.about([*path, "logicalTypeOptions", key], problem)
        for key, problem in _outside(options, exact[column["name"]]):
            yield document.about([*path, "logicalTypeOptions", key], problem)
        values = [entry.get("value") for entry in column.get("enum") or [] if isinstance(entry, dict)]
        for at, problem in _values(values, types.get(column["name"], "")):
            yield document.about([*path, "enum", at, "value"], problem)
        for at, value in enumerate(values):
            if problem := _not_held(value, exact[column["name"]]):
                yield document.about([*path, "enum", at, "value"], problem)
        for inner, problem in unmet.wrong(column, exact[column["name"]]):
            yield document.about([*path, *inner], problem)
    for rule, quality, name in qualities(document.content):
        for inner, problem in _quality(quality, types.get(name, "")):
            yield document.about([*rule, *inner], problem)
    for index, promise in enumerate(document.content.get("slaProperties") or []):
        for key, problem in _promise(promise):
            yield document.about(["slaProperties", index, key], problem)


def _options(options: dict[str, Any], type_: str) -> Iterator[tuple[str, str]]:
    for low, high, strict in PAIRS:
        lower, upper = _comparable(options.get(low)), _comparable(options.get(high))
        if lower is None or upper is None:
            continue
        if lower > upper or (strict and lower == upper):
            yield high, f"is {options[high]}, and {low} is {options[low]}: no value is between; write them in order"
    for key in ("minLength", "maxLength"):
        value = options.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            yield key, f"is {value}; write a whole number of characters"
    for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if (value := options.get(key)) is not None and (problem := _not_of(value, type_)):
            yield key, problem
    if (pattern := options.get("pattern")) is not None and (problem := _no_pattern(pattern)):
        yield "pattern", problem


def _outside(options: dict[str, Any], type_: SqlType) -> Iterator[tuple[str, str]]:
    """Bounds between which the column's type has no value."""
    low, high = _whole_numbers(options)
    if type_.family is Family.INTEGER and low is not None and high is not None and low > high:
        yield "exclusiveMaximum" if "exclusiveMaximum" in options else "maximum", "leaves no whole number; widen it"
    if type_.family in (Family.INTEGER, Family.NUMBER):
        most = 10 ** (type_.precision - type_.scale)
        beyond = {"minimum": low is not None and low >= most, "maximum": high is not None and high <= -most}
        for key in (key for key, is_beyond in beyond.items() if is_beyond):
            written = key if key in options else f"exclusive{key.capitalize()}"
            yield written, f"is {options[written]}, and no {type_.written} is there; correct one of the two"
    shortest = options.get("minLength")
    if type_.length is not None and isinstance(shortest, int) and shortest > type_.length:
        yield "minLength", f"is {shortest}, and the column holds {type_.length} characters; correct one of the two"
    if options.get("maxLength") == 0:
        yield "maxLength", "is 0, so that every value but an empty one breaks it; write a number above 0"


def _whole_numbers(options: dict[str, Any]) -> tuple[int | None, int | None]:
    """The lowest and the highest whole number between the bounds, where there are bounds."""
    lows = [math.ceil(options["minimum"])] if _is_number(options.get("minimum")) else []
    lows += [math.floor(options["exclusiveMinimum"]) + 1] if _is_number(options.get("exclusiveMinimum")) else []
    highs = [math.floor(options["maximum"])] if _is_number(options.get("maximum")) else []
    highs += [math.ceil(options["exclusiveMaximum"]) - 1] if _is_number(options.get("exclusiveMaximum")) else []
    return max(lows, default=None), min(highs, default=None)


def _not_held(value: Any, type_: SqlType) -> str:
    """What is wrong with a listed value that a column of this type could never hold."""
    if isinstance(value, str) and type_.length is not None and len(value) > type_.length:
        return f'is "{value}", and the column holds {type_.length} characters'
    if _is_number(value) and type_.family in (Family.INTEGER, Family.NUMBER):
        exact = Decimal(str(value))
        if exact != round(exact, type_.scale) or abs(exact) >= 10 ** (type_.precision - type_.scale):
            return f"is {value}, which no {type_.written} is"
    return ""


def _values(values: list[Any], type_: str) -> Iterator[tuple[int, str]]:
    for index, value in enumerate(values):
        if value in values[:index]:
            yield index, f"is {value}, which is there twice; keep one"
        elif problem := _not_of(value, type_, exact=True):
            yield index, problem


def _quality(quality: dict[str, Any], type_: str) -> Iterator[tuple[list[str | int], str]]:
    percent = quality.get("unit") == "percent"
    for key in BETWEEN:
        value = quality.get(key)
        if value is None:
            continue
        if not isinstance(value, list) or len(value) != 2 or not all(_is_number(each) for each in value):
            yield [key], "must be two numbers, [lowest, highest]"
        elif value[0] > value[1]:
            yield [key], f"is {value}, which ends before it begins; write the lower number first"
        elif percent and not 0 <= value[0] <= value[1] <= 100:
            yield [key], f"is {value}, and a percentage is between 0 and 100"
    for key in COUNTS:
        value = quality.get(key)
        if value is None:
            continue
        if not _is_number(value):
            yield [key], f"is {value}; write a number"
        elif percent and not 0 <= value <= 100:
            yield [key], f"is {value}, and a percentage is between 0 and 100"
        elif quality.get("type") in (None, "library") and (problem := _never(key, value)):
            yield [key], problem
    measures = quality.get("type") == "sql" or quality.get("metric") == "rowCount"
    if measures and not any(quality.get(key) is not None for key in (*BETWEEN, *COUNTS)):
        yield [], "says no bound, such as mustBeGreaterThan: 0; add one"
    arguments = quality.get("arguments")
    for key, value in arguments.items() if isinstance(arguments, dict) else ():
        if key == "pattern" and (problem := _no_pattern(value)):
            yield ["arguments", key], problem
        if key in ("minimum", "maximum") and (problem := _not_of(value, type_)):
            yield ["arguments", key], problem
        if key == "validValues" and (not isinstance(value, list) or not value):
            yield ["arguments", key], "must be a list of at least one value"
        for at, problem in _values(value, type_) if key == "validValues" and isinstance(value, list) else ():
            yield ["arguments", key, at], problem


def _never(key: str, value: float) -> str:
    """Of a count, which is never negative."""
    never = {"mustBe": value < 0, "mustBeLessThan": value <= 0, "mustBeLessOrEqualTo": value < 0}
    always = {"mustNotBe": value < 0, "mustBeGreaterThan": value < 0, "mustBeGreaterOrEqualTo": value < 0}
    if never.get(key) or always.get(key):
        return f"is {value}, and a count is never negative; {'no load' if never.get(key) else 'every load'} would pass"
    return ""


def _promise(promise: dict[str, Any]) -> Iterator[tuple[str, str]]:
    value, unit = promise.get("value"), promise.get("unit")
    if isinstance(unit, str) and unit not in UNITS:
        yield "unit", f'is "{unit}"; write s, m, h or d (seconds, minutes, hours, days)'
    if value is None or not _is_number(value) or value <= 0:
        yield "value", f"is {value}; write a number above 0"


def _no_pattern(pattern: Any) -> str:
    if not isinstance(pattern, str):
        return f"is {pattern}; write a regular expression in quotes"
    try:
        re.compile(pattern)
    except re.error as error:
        return f'is "{pattern}", which is no regular expression: {error}'
    for shape, what in NOT_SNOWFLAKES:
        if re.search(shape, pattern):
            return f'is "{pattern}", which {what}; Snowflake has none of it'
    if re.compile(pattern).fullmatch("") and re.fullmatch(r"[.]?[*]?", pattern):
        return f'is "{pattern}", which every text matches; remove it'
    return ""


def _not_of(value: Any, type_: str, exact: bool = False) -> str:
    """What is wrong with a value that columns of this type are compared with."""
    if type_.startswith(("number", "float")):
        return "" if _is_number(value) else f"is {value}, and the column is a number; write a number without quotes"
    if type_.startswith(("date", "timestamp")):
        if isinstance(value, str):
            try:
                datetime.fromisoformat(value)
            except ValueError:
                return f'is "{value}", which is no day or time there is; write it as "2013-01-31"'
            return ""
        return f'is {value}, and the column is a time; write it in quotes, such as "2013-01-31"'
    if exact and type_.startswith("varchar") and not isinstance(value, str):
        return f'is {value}, and the column is a text; write it in quotes: "{value}"'
    return ""


def _comparable(value: Any) -> float | None:
    """A number, or a time as seconds; what is no bound has a sentence of its own."""
    if _is_number(value):
        return float(value)
    try:
        return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp() if isinstance(value, str) else None
    except ValueError:
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
