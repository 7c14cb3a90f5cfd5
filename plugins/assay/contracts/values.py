"""Values that a contract itself names (bounds, lists, patterns), checked against the column they are about."""

import math
import re
from datetime import UTC, date, datetime
from typing import Any

from assay.contracts.sql_types import Family, SqlType

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?", re.ASCII)
# What POSIX expressions, Snowflake's, RE2 and ECMA's all read, and read alike.
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
KNOWN_ESCAPES = frozenset("dDsSwWbB" + r"\.[]{}()*+?^$|/-")
TIMES = (Family.DATE, Family.TIMESTAMP, Family.INSTANT)
NUMBERS = (Family.INTEGER, Family.NUMBER, Family.FLOAT)


def bound(value: Any, type_: SqlType) -> int | float | str:
    """A minimum or maximum as SQL compares it: a number, or a day or a time (UTC) as text. Raises ValueError with a
    clause."""
    if type_.family in NUMBERS:
        return _number(value)
    if type_.family in TIMES:
        return _time(value, type_.family)
    raise ValueError(f" does not fit a column that is {type_.written}")


def length(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f" is {value!r} and must be a whole number from 0")
    return value


def listed(value: Any, type_: SqlType) -> bool | int | float | str:
    """A value of a list. Raises ValueError when the column could never hold it, such as False in a text."""
    if type_.family is Family.TEXT and isinstance(value, str):
        return value
    if type_.family is Family.BOOLEAN and isinstance(value, bool):
        return value
    if type_.family in NUMBERS and isinstance(value, int | float):
        return _number(value)
    if type_.family is Family.TEXT:
        raise ValueError(f' is {value}, and the column is a text; write it in quotes: "{value}"')
    raise ValueError(f" is {value!r}, which is no value of a column that is {type_.written}")


def pattern(value: Any) -> str:
    """A regular expression that is searched for in a value, as the standard has it; `^` and `$` make it the whole."""
    if not isinstance(value, str):
        raise ValueError(f" is {value!r} and must be a text in quotes")
    try:
        re.compile(value, re.ASCII)
    except re.error as error:
        raise ValueError(f" is {value!r}, which is no regular expression: {error}") from None
    plain = ESCAPED.sub("", re.sub(r"\[\^?\]?(\\.|[^\]\\])*\]", "", value))
    if "(?" in plain or re.search(r"[*+?}][?+]", plain):
        raise ValueError(f" is {value!r}, which has (?…) or lazy repetitions; Snowflake has none of it")
    if unknown := sorted({found for found in ESCAPED.findall(value) if found not in KNOWN_ESCAPES}):
        raise ValueError(f" is {value!r}, which has \\{unknown[0]}; Snowflake has none of it")
    return value


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f" is {value!r}, and the column is a number; write a number without quotes")
    return value


def _time(value: Any, family: Family) -> str:
    text = value.isoformat() if isinstance(value, date) else value
    try:
        if not isinstance(text, str):
            raise ValueError
        if family is Family.DATE:
            if not DATE.fullmatch(text):
                raise ValueError
            return date.fromisoformat(text).isoformat()
        if not (TIME.fullmatch(text) or DATE.fullmatch(text)):
            raise ValueError
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        example = '"2013-01-31"' if family is Family.DATE else '"2013-01-31T05:00:00Z"'
        raise ValueError(f" is {value!r}, which is no day or time there is; write it as {example}") from None
    written = moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    return f"{written} +00:00" if family is Family.INSTANT else written
