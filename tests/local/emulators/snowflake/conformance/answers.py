"""What a statement is answered with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Error:
    """Snowflake's own error: a part of its text."""

    text: str


@dataclass(frozen=True)
class Refused:
    """Not done here: refused by this name."""

    name: str


Answer = Any
Cases = Mapping[str, Sequence[tuple[str, Answer]]]
"""Expressions, or statements, and their answers, by the page that documents them."""

D = Decimal


def ntz(text: str) -> datetime:
    return datetime.fromisoformat(text)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def same(answer: Answer, value: object) -> bool:
    """Equal in value and in type, to the last decimal."""
    if isinstance(answer, datetime) and answer.tzinfo is not None and isinstance(value, datetime):
        return value.tzinfo is not None and value == answer
    return type(answer) is type(value) and str(answer) == str(value)


__all__ = ["Answer", "Cases", "D", "Error", "Refused", "date", "datetime", "ntz", "same", "time", "utc"]
