"""Reads the quality rules of a contract: the standard's metrics, queries, and conditions on rows."""

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from assay.contracts import values
from assay.contracts.contract import NONE, Bound, Column, Kind, Rule, Severity
from assay.contracts.sql_types import Family, SqlType

if TYPE_CHECKING:
    from open_data_contract_standard.model import DataQuality

COMPARISONS = (
    "mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan", "mustBeLessOrEqualTo",
    "mustBeBetween", "mustNotBeBetween",
)  # fmt: skip
UNREAD = ("schedule", "scheduler", "method")
"""Keys of the standard that would promise what is not done: a rule is asked of every load, of all its rows."""
Read = Callable[[Any, SqlType], Any]
OPTIONS: dict[str, tuple[Kind, str, Read]] = {
    "minimum": (Kind.MINIMUM, "is below {}", values.bound),
    "maximum": (Kind.MAXIMUM, "is above {}", values.bound),
    "exclusiveMinimum": (Kind.ABOVE, "is not above {}", values.bound),
    "exclusiveMaximum": (Kind.BELOW, "is not below {}", values.bound),
    "minLength": (Kind.SHORTEST, "has fewer than {} characters", lambda value, _: values.length(value)),
    "maxLength": (Kind.LONGEST, "has more than {} characters", lambda value, _: values.length(value)),
    "pattern": (Kind.PATTERN, "does not match {}", lambda value, _: values.pattern(value)),
}


def not_one_of(name: str, values: list[Any]) -> str:
    return f"{name} is not one of {', '.join(str(value) for value in values)}"


def quality_rules(item: "DataQuality", key: str, column: Column | None, lines: list[str]) -> Iterator[Rule]:
    lines += [f"{key}.{name} is read by nothing; remove it" for name in UNREAD if getattr(item, name, None) is not None]
    if item.name is not None and not item.name.strip():
        lines.append(f"{key}.name is empty; name the rule, or leave it out")
    severity = _severity(item.severity, key, lines)
    bound = _bound(item, key, lines)
    if severity is None or bound is None:
        return
    if item.unit not in (None, "rows", "percent"):
        lines.append(f'{key}.unit "{item.unit}" must be rows or percent')
        return
    try:
        kind, says, arguments = _READERS[item.type or "library"](item, column)
    except KeyError:
        lines.append(f'{key}.type "{item.type}" is not checked by this platform; use library, sql or custom')
        return
    except ValueError as error:
        lines.append(f"{key}{error}")
        return
    if item.unit == "percent" and kind in (Kind.UNIQUE, Kind.ROW_COUNT, Kind.QUERY):
        lines.append(f"{key}.unit percent is not checked with this rule, neither here nor by the standard's tools")
        return
    if bound is NONE and kind in (Kind.ROW_COUNT, Kind.QUERY):
        lines.append(f"{key} has none of {', '.join(COMPARISONS)}; say what the number must be")
        return
    where = column.name if column else "table"
    yield Rule(
        name=item.name or f"{where}.{kind}.{severity}",
        kind=kind,
        says=says,
        column=column.name if column else None,
        columns=tuple(arguments.get("columns", (column.name,) if column else ())),
        severity=severity,
        arguments=arguments,
        bound=bound,
        percent=item.unit == "percent",
    )


def _severity(written: str | None, key: str, lines: list[str]) -> Severity | None:
    try:
        return Severity(written or "error")
    except ValueError:
        lines.append(f'{key}.severity "{written}" must be error or warning')
        return None


def _bound(item: "DataQuality", key: str, lines: list[str]) -> Bound | None:
    written = {name: value for name in COMPARISONS if (value := getattr(item, name)) is not None}
    if not written:
        return NONE
    if len(written) > 1:
        lines.append(f"{key} has {' and '.join(written)}; write one rule for each")
        return None
    ((comparison, value),) = written.items()
    given = value if isinstance(value, list) else [value]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one) for one in given):
        lines.append(f"{key}.{comparison} must be a number")
        return None
    if len(given) != (2 if comparison.endswith("Between") else 1) or given != sorted(given):
        lines.append(
            f"{key}.{comparison} is {value}, which ends before it begins or is no pair; write [lowest, highest]"
        )
        return None
    return Bound(comparison, tuple(float(one) for one in given))


Reading = tuple[Kind, str, dict[str, Any]]


def _library(item: "DataQuality", column: Column | None) -> Reading:
    metric = item.metric or item.rule
    if metric == "rowCount" and column is None:
        return Kind.ROW_COUNT, item.description or "the number of rows", {}
    if metric == "duplicateValues":
        return _duplicates(item, column)
    if column is None:
        raise ValueError(f'.metric "{metric}" is not checked on a table; use rowCount or duplicateValues')
    if metric == "invalidValues":
        return _invalid(item, column)
    if metric == "nullValues" and not item.arguments:
        return Kind.REQUIRED, f"{column.name} is missing", {}
    if metric == "missingValues" and set(item.arguments or {}) <= {"missingValues"}:
        written = (item.arguments or {}).get("missingValues", [])
        if not isinstance(written, list):
            raise ValueError(".arguments.missingValues must be a list")
        missing = [values.listed(value, column.type) for value in written if value is not None]
        return Kind.REQUIRED, f"{column.name} is missing", {"values": missing}
    if metric in ("nullValues", "missingValues"):
        raise ValueError(f".arguments of {metric} are not checked; only missingValues has a list of that name")
    raise ValueError(
        f'.metric "{metric}" is not checked on a column; '
        f"use nullValues, missingValues, duplicateValues or invalidValues"
    )


def _duplicates(item: "DataQuality", column: Column | None) -> Reading:
    if column is not None:
        if item.arguments:
            raise ValueError(".arguments of duplicateValues are for a rule of the table")
        return Kind.UNIQUE, f"{column.name} occurs more than once", {}
    names = (item.arguments or {}).get("properties")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise ValueError(".arguments must be {properties: [columns that are unique together]}")
    return Kind.UNIQUE, f"{', '.join(names)} occur together more than once", {"columns": names}


def _invalid(item: "DataQuality", column: Column) -> Reading:
    arguments = item.arguments or {}
    if len(arguments) != 1:
        raise ValueError(".arguments must be one of validValues, pattern, minimum, maximum")
    ((name, value),) = arguments.items()
    if name == "validValues":
        if not isinstance(value, list) or not value:
            raise ValueError(".arguments.validValues must be a list")
        accepted = [values.listed(one, column.type) for one in value if one is not None]
        return Kind.ACCEPTED, not_one_of(column.name, accepted), {"values": accepted}
    if name not in ("pattern", "minimum", "maximum"):
        raise ValueError(f'.arguments "{name}" must be one of validValues, pattern, minimum, maximum')
    kind, says, read = OPTIONS[name]
    if (name == "pattern") != (column.type.family is Family.TEXT):
        raise ValueError(f".arguments.{name} does not fit a column that is {column.type.written}")
    try:
        argument = read(value, column.type)
    except ValueError as error:
        raise ValueError(f".arguments.{name}{error}") from None
    return kind, f"{column.name} {says.format(value)}", {"value": argument}


def _sql(item: "DataQuality", column: Column | None) -> Reading:
    if not item.query or not item.name:
        raise ValueError(" must have a name, and a query that returns one number")
    query = item.query.strip().rstrip(";")
    for placeholder in ("${object}", "${table}", "{object}"):
        query = query.replace(placeholder, "candidate")
    for placeholder in ("${property}", "${column}", "{property}"):
        query = query.replace(placeholder, column.name if column else "")
    return Kind.QUERY, item.description or item.name, {"query": query}


def _custom(item: "DataQuality", column: Column | None) -> Reading:
    if item.engine != "assay" or not isinstance(item.implementation, str) or not item.name:
        raise ValueError(" must have a name, `engine: assay`, and as implementation a condition that each row fulfils")
    return Kind.HOLDS, item.description or f"the row breaks {item.name}", {"condition": item.implementation.strip()}


_READERS: dict[str, Callable[["DataQuality", Column | None], Reading]] = {
    "library": _library,
    "sql": _sql,
    "custom": _custom,
}
