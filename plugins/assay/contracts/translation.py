"""From the standard's document to the columns and rules that this platform enforces."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from assay.contracts.contract import Bound, Column, Contract, Kind, Rule, Severity
from assay.contracts.ordering import PROPERTY as ORDERED_BY
from assay.contracts.ordering import ordering_column
from assay.contracts.properties import CUSTOM, PropertyReader
from assay.contracts.quality import quality_rules
from assay.contracts.sql_types import Family

if TYPE_CHECKING:
    from open_data_contract_standard.model import OpenDataContractStandard, ServiceLevelAgreementProperty

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Problem(Exception):
    """What is wrong with a contract: lines that begin with the key."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def translate(document: "OpenDataContractStandard", table: str) -> Contract:
    """The contract for `table`. Raises Problem with every line that must change."""
    if not (document.apiVersion or "").startswith("v3."):
        raise Problem([f"apiVersion {document.apiVersion!r} is not a version 3 of the standard, such as v3.2.0"])
    if not (document.id or "").strip():
        raise Problem(["id is missing; it is the contract's own name, such as flights-planes"])
    if not document.version:
        raise Problem(["version is missing; it is recorded with every result"])
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
        reader = PropertyReader(item, f"schema[0].properties[{index}]", lines)
        if (column := reader.column()) is not None:
            columns.append(column)
            rules += reader.rules(column)
    key = tuple(column.name for column in columns if column.key)
    if not any(item.primaryKey for item in described.properties):
        lines.append("schema[0].properties: no column has `primaryKey: true`; rows are merged by it")
    rules += _key_rule(key)
    for index, quality in enumerate(described.quality or []):
        rules += quality_rules(quality, f"schema[0].quality[{index}]", None, lines)
    for index, promise in enumerate(document.slaProperties or []):
        rules += _promise(promise, f"slaProperties[{index}]", table, columns, lines)
    lines += _misplaced(document)
    ordered_by = ordering_column(described, columns, lines)
    lines += _unknown_columns(rules, columns)
    lines += _twice("schema[0].properties", [column.name for column in columns])
    lines += _twice("schema[0].properties: physicalName", [column.source.lower() for column in columns])
    lines += _twice("schema[0] has a rule", [rule.name for rule in rules])
    if lines:
        raise Problem(lines)
    numbered = tuple(replace(rule, flag=f"_breaks_{index}") for index, rule in enumerate(rules))
    return Contract(
        table=table, version=document.version, columns=tuple(columns), rules=numbered, ordered_by=ordered_by
    )


def _misplaced(document: "OpenDataContractStandard") -> Iterator[str]:
    """Custom properties that mean something, where they mean nothing; and a second name of the table."""
    assert document.schema_ is not None
    table = document.schema_[0]
    for index, item in enumerate(document.customProperties or []):
        if item.property == ORDERED_BY or item.property in CUSTOM:
            where = "to the table" if item.property == ORDERED_BY else "to a column"
            yield f'customProperties[{index}].property "{item.property}" belongs {where}, not to the contract'
    for index, item in enumerate(table.customProperties or []):
        if item.property in CUSTOM:
            yield f'schema[0].customProperties[{index}].property "{item.property}" belongs to a column, not to a table'
    if table.physicalName not in (None, table.name):
        yield f'schema[0].physicalName "{table.physicalName}" is read by nothing; the table is called {table.name}'


def _key_rule(key: tuple[str, ...]) -> Iterator[Rule]:
    if key:
        says = (
            f"{', '.join(key)} {'occurs' if len(key) == 1 else 'occur together'} more than once with different values"
        )
        yield Rule("primary_key", Kind.KEY, says, columns=key)


def _unknown_columns(rules: list[Rule], columns: list[Column]) -> Iterator[str]:
    known = {column.name for column in columns}
    for rule in rules:
        if unknown := [name for name in rule.columns if name not in known]:
            yield f'schema[0].quality: "{rule.name}" is about {", ".join(unknown)}, which is no column of the contract'


def _twice(what: str, names: list[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f'{what} "{name}" twice; give each its own name'


def _promise(
    item: "ServiceLevelAgreementProperty", key: str, table: str, columns: list[Column], lines: list[str]
) -> Iterator[Rule]:
    """Freshness: how old the newest value of a time column may be when the load is checked. It only warns."""
    if item.property not in ("freshness", "latency"):
        lines.append(f'{key}.property "{item.property}" is not checked by this platform; it knows freshness')
        return
    unit = (item.unit or "")[:1].lower()
    if unit not in SECONDS or not isinstance(item.value, int | float):
        lines.append(f"{key} must have a number as value, and as unit s, m, h or d")
        return
    _, _, element = (item.element or "").rpartition(".")
    times = [column.name for column in columns if column.type.family in (Family.TIMESTAMP, Family.INSTANT, Family.DATE)]
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
