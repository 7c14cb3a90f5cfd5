"""A contract is read whole, or refused with sentences that name file and key."""

from __future__ import annotations

from pathlib import Path

import pytest
from open_data_contract_standard.model import OpenDataContractStandard

from assay.contracts import Contract, Severity, load_contract
from assay.contracts.contract import Kind
from assay.contracts.reader import read_contract
from assay.errors import ConfigurationError
from tests.sentences import unlined

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: readings
version: 1.2.0
status: active
schema:
  - name: readings
    properties:
      - name: station
        description: Where.
        physicalType: VARCHAR(8)
        primaryKey: true
      - name: value
        description: What.
        logicalType: number
        physicalType: NUMBER(6,2)
"""
SHOWN = "zones/z/contracts/readings.odcs.yaml"


def read(text: str = CONTRACT, more: str = "") -> Contract:
    return read_contract(text + more, "readings", SHOWN)


def refused(text: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        read(text)
    return unlined(str(error.value))


@pytest.mark.parametrize("name", ["flights/flights", "flights/airports", "flights/planes", "weather/weather"])
def test_the_repository_s_contracts_are_good_and_of_the_standard(root: Path, name: str) -> None:
    zone, table = name.split("/")
    folder = root / "dags" / "zones" / zone
    contract = load_contract(folder, table)
    assert contract.key
    assert OpenDataContractStandard.from_file(str(folder / "contracts" / f"{table}.odcs.yaml")).schema_


def test_keys_are_required_and_types_are_checked_without_being_asked_for() -> None:
    assert [(rule.name, rule.kind) for rule in read().rules] == [
        ("station.required", Kind.REQUIRED),
        ("station.type", Kind.TYPE),
        ("value.type", Kind.TYPE),
        ("primary_key", Kind.KEY),
    ]


def test_a_quality_rule_has_a_severity_and_a_bound() -> None:
    rule = read(
        more="        quality: [{metric: nullValues, mustBeLessThan: 5, unit: percent, severity: warning}]\n"
    ).rules[-2]
    assert (rule.name, rule.severity, rule.percent) == ("value.required.warning", Severity.WARNING, True)
    assert rule.bound.holds(4.9)
    assert not rule.bound.holds(5)


def test_freshness_is_an_age_and_only_warns() -> None:
    text = CONTRACT.replace("NUMBER(6,2)", "TIMESTAMP_NTZ").replace("logicalType: number", "logicalType: timestamp")
    promise = "slaProperties: [{property: freshness, value: 2, unit: d, element: readings.value}]\n"
    rule = read(text, promise).rules[-1]
    assert (rule.kind, rule.severity, rule.bound.values) == (Kind.AGE, Severity.WARNING, (172800,))


def test_a_query_asks_the_rows_on_trial() -> None:
    query = "select count(distinct station) from ${object};"
    rule = read(more=f"    quality: [{{name: two, type: sql, mustBe: 2, query: '{query}'}}]\n").rules[-1]
    assert rule.arguments["query"] == "select count(distinct station) from candidate"


ORDERED = CONTRACT.replace("logicalType: number", "required: true") + (
    "    customProperties: [{property: orderedBy, value: value}, {property: dashboard, value: stations}]\n"
)


def test_rows_are_ordered_by_the_column_that_the_contract_names() -> None:
    assert read().ordered_by is None
    assert read(ORDERED).ordered_by == "value"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("value: value", "value: time", '.customProperties[0].value "time" is not a column of the contract'),
        ("value: value", "value: [value]", ".value \"['value']\" is not a column of the contract"),
        ("value: value", "value: station", '"station" is part of the key'),
        ("NUMBER(6,2)", "FLOAT", '"value" must be a DATE, a TIMESTAMP or a NUMBER'),
        ("required: true", "required: false", '"value" must be `required: true`'),
        ("orderedBy", "orderBy", '.customProperties[0].property "orderBy" is not known (did you mean "orderedBy"?)'),
        ("dashboard, value: stations", "orderedBy, value: value", "customProperties[1]: orderedBy is given twice"),
    ],
)
def test_a_column_that_orders_nothing_is_refused(before: str, after: str, said: str) -> None:
    assert before in ORDERED
    assert said in refused(ORDERED.replace(before, after))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("status: active", "statuss: active", "statuss is not a key that is known here"),
        ("primaryKey: true", "primarKey: true", "schema[0].properties[0].primarKey is not a key of the standard"),
        ("primaryKey: true", "required: true", "no column has `primaryKey: true`"),
        ("v3.1.0", "v2.2.0", "apiVersion 'v2.2.0' is not a version 3"),
        ("version: 1.2.0\n", "", "version is missing"),
        ("name: readings", "name: reading", 'schema[0].name "reading" must be "readings"'),
        ("VARCHAR(8)", "BLOB", 'schema[0].properties[0].physicalType "BLOB" is not a type'),
        ("NUMBER(6,2)", "NUMBER(2,6)", "must have 1 to 38 digits, and no more decimals than digits"),
        ("logicalType: number", "logicalType: string", '.logicalType "string" contradicts NUMBER(6,2)'),
        ("name: value", "name: Value", '.name "Value" must be lower case'),
        ("name: value", "name: order", '.name "order" is a word of SQL'),
        ("name: value", "name: station", 'properties "station" twice'),
        ("        description: What.\n", "", '.description of "value" is missing'),
        (
            "logicalType: number",
            "logicalTypeOptions: {minium: 1}",
            'properties[1].logicalTypeOptions.minium is not checked by this platform (did you mean "minimum"?)',
        ),
        ("logicalType: number", "logicalTypeOptions: {pattern: x}", 'pattern does not fit "value", which is number'),
        ("logicalType: number", "quality: [{metric: vibes}]", 'quality[0].metric "vibes" is not checked on a column'),
        ("logicalType: number", "quality: [{metric: nullValues, severity: high}]", "must be error or warning"),
        ("logicalType: number", "quality: [{type: text}]", 'quality[0].type "text" is not checked by this platform'),
        (
            "logicalType: number",
            "quality: [{metric: nullValues, mustBe: 0, mustBeLessThan: 2}]",
            "has mustBe and mustBeLessThan; write one rule for each",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(before: str, after: str, said: str) -> None:
    assert before in CONTRACT
    sentence = refused(CONTRACT.replace(before, after, 1))
    assert all(line.startswith(f"{SHOWN}: ") for line in sentence.splitlines())
    assert said in sentence


def test_every_fault_is_said_at_once() -> None:
    text = CONTRACT.replace("VARCHAR(8)", "BLOB").replace("logicalType: number", "logicalTypeOptions: {minium: 1}")
    assert len(refused(text).splitlines()) == 2


@pytest.mark.parametrize("text", ["a: [", "- a list"])
def test_a_file_that_is_no_mapping_is_refused(text: str) -> None:
    assert refused(text).startswith(f"{SHOWN}: ")


def test_a_missing_contract_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"contracts/planets\.odcs\.yaml: there is no such file"):
        load_contract(tmp_path, "planets")
