"""Rules of one column that contradict each other: a listed value that another rule rejects, a pattern that no text of
the allowed length matches. Each may be right by itself; together no load passes, or what is listed never does."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from assay.contracts.sql_types import SqlType

Path = list[str | int]
Said = tuple[Path, str]
"""The path of a key below its column, and what is wrong with it."""


def wrong(column: dict[str, Any], type_: SqlType) -> Iterator[Said]:
    """What is wrong with the rules of a column together, `column` as its contract has it."""
    options = column.get("logicalTypeOptions") or {}
    bounds: list[tuple[Path, str, Any]] = [(["logicalTypeOptions", key], key, each) for key, each in options.items()]
    lists: list[tuple[Path, list[Any]]] = [
        (["enum"], [each.get("value") for each in column.get("enum") or [] if isinstance(each, dict)])
    ]
    for index, quality in enumerate(column.get("quality") or []):
        arguments = quality.get("arguments")
        if not _holds_for_all(quality) or not isinstance(arguments, dict):
            continue
        path: Path = ["quality", index, "arguments"]
        bounds += [([*path, key], key, value) for key, value in arguments.items() if key in REFUSES]
        if isinstance(accepted := arguments.get("validValues"), list):
            lists.append(([*path, "validValues"], accepted))
    for path, values in lists:
        yield from _listed(path, values, bounds)
    yield from _without_common(lists)
    yield from _patterns(bounds, type_)
    yield from _crossed(bounds)


def _holds_for_all(quality: dict[str, Any]) -> bool:
    """Whether no value may break the rule: it has no tolerance, and is no warning."""
    tolerates = any(key.startswith("must") and value not in (None, 0) for key, value in quality.items())
    return quality.get("metric") == "invalidValues" and not tolerates and quality.get("severity") != "warning"


def _listed(path: Path, values: list[Any], bounds: list[tuple[Path, str, Any]]) -> Iterator[Said]:
    for at, value in enumerate(values):
        for _, key, limit in bounds:
            if key in REFUSES and _refuses(key, limit, value):
                where: Path = [*path, at, *(["value"] if path == ["enum"] else [])]
                yield where, f"is {value}, which {key}: {limit} of the same column rejects; correct one of the two"
                break


def _without_common(lists: list[tuple[Path, list[Any]]]) -> Iterator[Said]:
    first, *others = [each for each in lists if each[1]] or [([], [])]
    for path, values in others:
        if not any(value in first[1] for value in values):
            yield path, "has no value of the other list of the same column, so that none passes both"


def _patterns(bounds: list[tuple[Path, str, Any]], type_: SqlType) -> Iterator[Said]:
    longest = min(
        [limit for _, key, limit in bounds if key == "maxLength" and isinstance(limit, int)]
        + ([type_.length] if type_.length is not None else []),
        default=None,
    )
    shortest = max((limit for _, key, limit in bounds if key == "minLength" and isinstance(limit, int)), default=None)
    for path, key, written in bounds:
        if key != "pattern" or (widths := _widths(written)) is None:
            continue
        least, most = widths
        if longest is not None and least > longest:
            yield path, f'is "{written}", which only longer texts match than the column\'s {longest} characters'
        if shortest is not None and most is not None and most < shortest:
            yield path, f'is "{written}", which no text of {shortest} characters (minLength) or more matches'


def _crossed(bounds: list[tuple[Path, str, Any]]) -> Iterator[Said]:
    """A minimum of one rule above the maximum of another. In one rule `contract_rules` says it."""
    lows = [each for each in bounds if each[1] in ("minimum", "exclusiveMinimum")]
    highs = [each for each in bounds if each[1] in ("maximum", "exclusiveMaximum")]
    for path, _, low in lows:
        for other, key, high in highs:
            apart = path[:-1] != other[:-1]
            if apart and (pair := _comparable(low, high)) is not None and pair[0] > pair[1]:
                yield path, f"is {low}, and {key} of another rule of the same column is {high}: no value passes both"


def _refuses(key: str, limit: Any, value: Any) -> bool:
    if key == "pattern":
        return isinstance(value, str) and _compiled(limit) is not None and not re.search(limit, value, re.ASCII)
    if key in ("minLength", "maxLength"):
        if not isinstance(value, str) or not isinstance(limit, int):
            return False
        return len(value) < limit if key == "minLength" else len(value) > limit
    pair = _comparable(value, limit)
    return pair is not None and REFUSES[key](*pair)


REFUSES: dict[str, Any] = {
    "minimum": lambda value, limit: value < limit,
    "maximum": lambda value, limit: value > limit,
    "exclusiveMinimum": lambda value, limit: value <= limit,
    "exclusiveMaximum": lambda value, limit: value >= limit,
    "minLength": None,
    "maxLength": None,
    "pattern": None,
}


def _comparable(one: Any, other: Any) -> tuple[Any, Any] | None:
    """Both as numbers, or both as times; None where they are not alike."""
    if all(isinstance(each, int | float) and not isinstance(each, bool) for each in (one, other)):
        return one, other
    try:
        both = [datetime.fromisoformat(each) for each in (one, other)]
    except (TypeError, ValueError):
        return None
    first, second = (each if each.tzinfo else each.replace(tzinfo=UTC) for each in both)
    return first, second


def _compiled(written: Any) -> re.Pattern[str] | None:
    try:
        return re.compile(written, re.ASCII) if isinstance(written, str) else None
    except re.error:
        return None


def _widths(written: Any) -> tuple[int, int | None] | None:
    """How many characters a text must have to match at least, and may have at most where the pattern is the whole."""
    if _compiled(written) is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from re import _parser  # type: ignore[attr-defined]

        least, most = _parser.parse(written).getwidth()
    whole = written.startswith("^") and written.endswith("$") and not written.endswith("\\$") and "|" not in written
    return int(least), int(most) if whole else None
