"""From the standard's document to the columns and rules that this platform enforces."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from assay.contracts.contract import NONE, Bound, Column, Contract, Kind, Rule, Severity
from assay.contracts.ordering import ordering_column
from assay.contracts.sql_types import LOGICAL, Family, SqlType, parse_type

if TYPE_CHECKING:
    from open_data_contract_standard.model import (
        DataQuality,
        OpenDataContractStandard,
        SchemaProperty,
        ServiceLevelAgreementProperty,
    )

NAME = re.compile(r"[a-z][a-z0-9_]*")
# Words that Snowflake does not take as a column's name without quotes, and few would want with them.
RESERVED = frozenset((
    "account", "all", "alter", "and", "any", "as", "between", "by", "case", "cast", "check", "column",
    "connect", "constraint", "create", "cross", "current", "database", "delete", "distinct", "drop", "else",
    "exists", "false", "following", "for", "from", "full", "grant", "group", "gscluster", "having", "ilike",
    "in", "increment", "inner", "insert", "intersect", "into", "is", "issue", "join", "lateral", "left", "like",
    "localtime", "localtimestamp", "minus", "natural", "not", "null", "of", "on", "or", "order", "organization",
    "qualify", "regexp", "revoke", "right", "rlike", "row", "rows", "sample", "schema", "select", "set", "some",
    "start", "table", "tablesample", "then", "to", "trigger", "true", "try_cast", "union", "unique", "update",
    "using", "values", "view", "when", "whenever", "where", "with",
))  # fmt: skip
COMPARISONS = (
    "mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan", "mustBeLessOrEqualTo",
    "mustBeBetween", "mustNotBeBetween",
)  # fmt: skip
OPTIONS: dict[str, tuple[Kind, str]] = {
    "minimum": (Kind.MINIMUM, "is below {}"),
    "maximum": (Kind.MAXIMUM, "is above {}"),
    "exclusiveMinimum": (Kind.ABOVE, "is not above {}"),
    "exclusiveMaximum": (Kind.BELOW, "is not below {}"),
    "minLength": (Kind.SHORTEST, "has fewer than {} characters"),
    "maxLength": (Kind.LONGEST, "has more than {} characters"),
    "pattern": (Kind.PATTERN, "does not match {}"),
}
FOR_TEXT = frozenset({"minLength", "maxLength", "pattern"})
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Problem(Exception):
    """What is wrong with a contract: lines that begin with the key."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def translate(document: "OpenDataContractStandard", table: str) -> Contract:
    """The contract for `table`. Raises Problem with every line that people must mend."""
    if not (document.apiVersion or "").startswith("v3."):
        raise Problem([f"apiVersion {document.apiVersion!r} is not a version 3 of the standard, such as v3.1.0"])
    if not document.version:
        raise Problem(["version is missing; it is recorded with every verdict"])
    if not document.schema_ or len(document.schema_) != 1:
        raise Problem(["schema must hold exactly one table: a contract is about what lands in one"])
    described = document.schema_[0]
    if described.name != table:
        raise Problem([f'schema[0].name "{described.name}" must be "{table}", as the file is called'])
    if not described.properties:
        raise Problem(["schema[0].properties is missing; list the table's columns"])

    lines: list[str] = []
    columns: list[Column] = []
    rules: list[Rule] = []
    for index, item in enumerate(described.properties):
        reader = _Property(item, f"schema[0].properties[{index}]", lines)
        if (column := reader.column()) is not None:
            columns.append(column)
            rules += reader.rules(column)
    key = tuple(column.name for column in columns if column.key)
    if not any(item.primaryKey for item in described.properties):
        lines.append("schema[0].properties: no column has `primaryKey: true`; rows are merged by it")
    rules += _key_rule(key)
    for index, quality in enumerate(described.quality or []):
        rules += _quality(quality, f"schema[0].quality[{index}]", None, lines)
    for index, promise in enumerate(document.slaProperties or []):
        rules += _promise(promise, f"slaProperties[{index}]", table, columns, lines)
    ordered_by = ordering_column(described, columns, lines)
    lines += _twice("schema[0].properties", [column.name for column in columns])
    lines += _twice("schema[0] has a rule", [rule.name for rule in rules])
    if lines:
        raise Problem(lines)
    numbered = tuple(replace(rule, flag=f"breaks_{index}") for index, rule in enumerate(rules))
    return Contract(
        table=table, version=document.version, columns=tuple(columns), rules=numbered, ordered_by=ordered_by
    )


def _key_rule(key: tuple[str, ...]) -> Iterator[Rule]:
    if key:
        says = (
            f"{', '.join(key)} {'occurs' if len(key) == 1 else 'occur together'} more than once with different values"
        )
        yield Rule("primary_key", Kind.KEY, says, columns=key)


def _twice(what: str, names: list[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f'{what} "{name}" twice; give each its own name'


class _Property:
    """Reads one column; appends what is wrong to `lines`."""

    def __init__(self, item: "SchemaProperty", key: str, lines: list[str]) -> None:
        self._item = item
        self._key = key
        self._lines = lines

    def _wrong(self, text: str) -> None:
        self._lines.append(f"{self._key}{text}")

    def _name(self) -> str | None:
        name = self._item.name or ""
        if not NAME.fullmatch(name):
            self._wrong(f'.name "{name}" must be lower case letters, digits and _, and begin with a letter')
        elif name in RESERVED:
            self._wrong(f'.name "{name}" is a word of SQL; rename the column where it is produced')
        else:
            return name
        return None

    def column(self) -> Column | None:
        item = self._item
        name = self._name()
        if name is None:
            return None
        if item.properties or item.items or item.map:
            self._wrong(": nested properties are not checked; land them as columns of their own")
        if not item.description:
            self._wrong(f'.description of "{name}" is missing; say what it holds')
        type_ = self._type(name)
        return Column(name, type_, item.description or "", key=bool(item.primaryKey)) if type_ else None

    def _type(self, name: str) -> SqlType | None:
        written, logical = self._item.physicalType, self._item.logicalType
        if not written:
            self._wrong(f'.physicalType of "{name}" is missing; give its type in Snowflake, such as NUMBER(38,0)')
            return None
        try:
            type_ = parse_type(written)
        except ValueError as error:
            self._wrong(f'.physicalType "{written}" {error}')
            return None
        if logical and logical != LOGICAL[type_.family]:
            self._wrong(f'.logicalType "{logical}" contradicts {written}, which is "{LOGICAL[type_.family]}"')
        return type_

    def rules(self, column: Column) -> Iterator[Rule]:
        item, name, family = self._item, column.name, column.type.family
        if item.required or column.key:
            yield Rule(f"{name}.required", Kind.REQUIRED, f"{name} is missing", column=name)
        if family is not Family.TEXT or column.type.length is not None:
            yield Rule(f"{name}.type", Kind.TYPE, f"{name} is not {column.type.spoken}", column=name)
        if item.unique:
            yield Rule(f"{name}.unique", Kind.UNIQUE, f"{name} occurs more than once", column=name, columns=(name,))
        for option, value in (item.logicalTypeOptions or {}).items():
            yield from self._option(column, option, value)
        if item.enum:
            values = [entry.value for entry in item.enum]
            yield Rule(f"{name}.accepted", Kind.ACCEPTED, _not_one_of(name, values), column=name,
                       arguments={"values": values})  # fmt: skip
        for index, quality in enumerate(item.quality or []):
            yield from _quality(quality, f"{self._key}.quality[{index}]", column, self._lines)

    def _option(self, column: Column, option: str, value: Any) -> Iterator[Rule]:
        key = f"{self._key}.logicalTypeOptions.{option}"
        if option not in OPTIONS:
            close = get_close_matches(option, OPTIONS, n=1)
            hint = f' (did you mean "{close[0]}"?)' if close else ""
            self._lines.append(f"{key} is not checked by this platform{hint}; it knows {', '.join(OPTIONS)}")
            return
        if (option in FOR_TEXT) != (column.type.family is Family.TEXT):
            self._lines.append(f'{key} does not fit "{column.name}", which is {LOGICAL[column.type.family]}')
            return
        kind, says = OPTIONS[option]
        yield Rule(f"{column.name}.{kind}", kind, f"{column.name} {says.format(value)}", column=column.name,
                   arguments={"value": value})  # fmt: skip


def _not_one_of(name: str, values: list[Any]) -> str:
    return f"{name} is not one of {', '.join(str(value) for value in values)}"


def _quality(item: "DataQuality", key: str, column: Column | None, lines: list[str]) -> Iterator[Rule]:
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
    where = column.name if column else "table"
    yield Rule(
        name=item.name or f"{where}.{kind}.{severity}",
        kind=kind,
        says=says,
        column=column.name if column else None,
        columns=(column.name,) if column else (),
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
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in values):
        lines.append(f"{key}.{comparison} must be a number")
        return None
    return Bound(comparison, tuple(float(one) for one in values))


Reading = tuple[Kind, str, dict[str, Any]]


def _library(item: "DataQuality", column: Column | None) -> Reading:
    metric = item.metric or item.rule
    if metric == "rowCount" and column is None:
        return Kind.ROW_COUNT, item.description or "the number of rows", {}
    if column is None:
        raise ValueError(f'.metric "{metric}" is not checked on a table; use rowCount')
    if metric in ("nullValues", "missingValues"):
        return Kind.REQUIRED, f"{column.name} is missing", {}
    if metric == "duplicateValues":
        return Kind.UNIQUE, f"{column.name} occurs more than once", {}
    if metric == "invalidValues":
        return _invalid(item, column)
    raise ValueError(f'.metric "{metric}" is not checked on a column; use nullValues, duplicateValues or invalidValues')


def _invalid(item: "DataQuality", column: Column) -> Reading:
    arguments = item.arguments or {}
    if len(arguments) != 1:
        raise ValueError(".arguments must be one of validValues, pattern, minimum, maximum")
    ((name, value),) = arguments.items()
    if name == "validValues":
        return Kind.ACCEPTED, _not_one_of(column.name, value), {"values": value}
    if name in ("pattern", "minimum", "maximum"):
        kind, says = OPTIONS[name]
        return kind, f"{column.name} {says.format(value)}", {"value": value}
    raise ValueError(f'.arguments "{name}" must be one of validValues, pattern, minimum, maximum')


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


def _promise(
    item: "ServiceLevelAgreementProperty", key: str, table: str, columns: list[Column], lines: list[str]
) -> Iterator[Rule]:
    """Freshness: the newest value of a time column is not older than so long when the load is judged. It only warns."""
    if item.property not in ("freshness", "latency"):
        lines.append(f'{key}.property "{item.property}" is not checked by this platform; it knows freshness')
        return
    unit = (item.unit or "")[:1].lower()
    if unit not in SECONDS or not isinstance(item.value, int | float):
        lines.append(f"{key} must have a number as value, and as unit s, m, h or d")
        return
    _, _, element = (item.element or "").rpartition(".")
    times = [column.name for column in columns if column.type.family in (Family.TIMESTAMP, Family.DATE)]
    if element not in times:
        lines.append(f'{key}.element "{item.element}" must name a time column, such as {table}.{(times or ["…"])[0]}')
        return
    yield Rule(
        name="freshness",
        kind=Kind.AGE,
        says=f"the age of the newest {element} in seconds",
        column=element,
        severity=Severity.WARNING,
        bound=Bound("mustBeLessOrEqualTo", (item.value * SECONDS[unit],)),
    )
