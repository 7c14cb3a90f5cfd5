"""Marks in a contract and in data, which mean something to some program, are text in SQL, reasons and quarantine."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from assay.contracts.approval import ContractBreach
from assay.contracts.contract import Contract
from assay.contracts.operator import LONGEST, page_of_refusal
from assay.contracts.reader import read_contract
from assay.errors import ConfigurationError
from assay.in_log import BREAK, in_log
from assay.ingestion.landing import Folder, land_files
from assay.sql import literal
from tests.plugins.assay.contracts.landing_ways import Airbyte
from tests.plugins.assay.embedded import Embedded, ZoneOnTrial
from tests.plugins.assay.marks import MARKS, leaves, put
from tests.plugins.assay.weather_files import file, path, rows

ALL_IN_ONE = " ".join(mark for mark in MARKS if "\n" not in mark and "\0" not in mark and "\u202e" not in mark)
JUDGING = ("value", "implementation", "query")
"""What decides: values that are accepted, and SQL, which `assay zone check` reads."""
VALUES = [mark for mark in MARKS if "\0" not in mark]


def contract_of(document: Any) -> Contract | None:
    """None where it is refused."""
    try:
        return read_contract(json.dumps(document, default=str), "weather", "weather.odcs.yaml")
    except ConfigurationError as refusal:
        if "weather.odcs.yaml:" in str(refusal):
            return None
        raise


def test_a_contract_takes_marks_as_text_or_refuses_them(weather: ZoneOnTrial) -> None:
    """Every text of the contract is tried alone; then all that are taken together judge a load."""
    document = yaml.safe_load((weather.folder / "contracts" / "weather.odcs.yaml").read_text())
    places = [place for place in leaves(document) if contract_of(put(document, place, ALL_IN_ONE))]
    names = {place[-1] for place in places}
    assert {"description", "purpose", "limitations"} <= names
    assert not names & {"physicalType", "logicalType", "kind", "apiVersion"}
    for number, place in enumerate(place for place in places if place[-1] not in JUDGING):
        document = put(document, place, f"{number} {ALL_IN_ONE}")
    contract = contract_of(document)
    assert contract is not None
    weather.drop(path(1), file(rows(1)))
    weather.land("run-1")
    assert weather.approve("run-1", contract).approved == 6
    content = rows(2)
    content[0] |= {"temp": "warm"}
    weather.drop(path(2), file(content))
    weather.land("run-2")
    with pytest.raises(ContractBreach):
        weather.approve("run-2", contract)


def test_values_and_their_reasons_are_kept_as_they_are(weather: ZoneOnTrial) -> None:
    content = rows(1, hours=9)
    for row, value in zip(content, VALUES, strict=False):
        row["origin"] = value
    weather.drop(path(1), file(content))
    weather.land("run-1")
    with pytest.raises(ContractBreach):
        weather.approve("run-1")
    kept = weather.quarantined()
    assert {row["origin"] for row in kept} == set(VALUES)
    assert all(row["_reasons"] == f"origin is not one of EWR, JFK, LGA: {row['origin']}" for row in kept)


def test_files_of_any_name_are_landed_and_named_as_they_are(weather: ZoneOnTrial) -> None:
    """The day stands at the end of each name."""
    marks = [mark.replace("/", "|") for mark in (*VALUES, "a\r\nb", "\n", "\t", "a?b#c%41+d&e=f;g")]
    names = [f"incoming/{mark} 2013-01-{number + 1:02d}.csv.gz" for number, mark in enumerate(marks)]
    for number, name in enumerate(names):
        content = rows(number + 1)
        if number % 2:
            content[0] |= {"temp": "warm"}
        weather.drop(name, file(content))
    landed = weather.land("run-1")
    assert {item.path for item in landed.items} == set(names)
    assert {item.first_error for item in landed.items} == {None}
    with pytest.raises(ContractBreach):
        weather.approve("run-1")
    assert {row["_file"] for row in weather.quarantined()} == {name for number, name in enumerate(names) if number % 2}
    recorded = weather.rows("select path from {ledger}.load_files")
    assert {row["path"] for row in recorded} == set(names)


ANY_TEXT = read_contract(
    json.dumps({
        "apiVersion": "v3.2.0", "kind": "DataContract", "id": "things", "version": "1.0.0", "status": "active",
        "schema": [{"name": "things", "properties": [
            {"name": "id", "description": "x", "physicalType": "NUMBER(38,0)", "primaryKey": True},
            {"name": "value", "physicalName": ALL_IN_ONE, "description": "x", "physicalType": "VARCHAR"},
        ]}],
    }),
    "things",
    "things.odcs.yaml",
)  # fmt: skip


def test_records_of_airbyte_are_kept_as_they_are(embedded: Embedded, weather: ZoneOnTrial) -> None:
    """Values, and the name of a field."""
    airbyte = Airbyte(embedded, weather, ANY_TEXT, {})
    airbyte.fields = {"id": {"type": "integer"}, ALL_IN_ONE: {"type": ["null", "string"]}}
    airbyte.land("run-1", [{"id": number, ALL_IN_ONE: value} for number, value in enumerate(VALUES)])
    assert airbyte.approve("run-1") is None
    assert {number: row["value"] for number, row in airbyte.approved().items()} == dict(enumerate(VALUES))


def test_what_a_rule_says_is_text_in_statements_logs_and_pages(weather: ZoneOnTrial) -> None:
    """Names, descriptions and values of rules that files break, whose names are marks, too."""
    document = yaml.safe_load((weather.folder / "contracts" / "weather.odcs.yaml").read_text())
    (schema,) = document["schema"]
    said = {"type": "custom", "engine": "assay", "implementation": "temp <> 50"}
    schema["quality"].append(said | {"name": f"a {ALL_IN_ONE}", "description": f"b {ALL_IN_ONE}"})
    wind = next(each for each in schema["properties"] if each["name"] == "wind_speed")
    wind["quality"] = [said | {"name": f"c {ALL_IN_ONE}", "description": f"d {ALL_IN_ONE}"}]
    origin = next(each for each in schema["properties"] if each["name"] == "origin")
    origin |= {"enum": [{"value": value} for value in VALUES]}
    contract = contract_of(document)
    assert contract is not None
    content = [row | {"temp": "50", "origin": value} for row, value in zip(rows(1), [*VALUES[:5], "x"], strict=True)]
    name = f"incoming/{ALL_IN_ONE.replace('/', '|')} ::endgroup:: 2013-01-01.csv.gz"
    weather.drop(name, file(content))
    load = weather.load("run-1")
    weather.land("run-1")
    with pytest.raises(ContractBreach) as refused:
        weather.approve("run-1", contract)
    sentence = str(refused.value)
    for text in (f"b {ALL_IN_ONE}", f"d {ALL_IN_ONE}", f"origin is not one of {', '.join(VALUES[:2])}", name):
        assert text in sentence
    assert page_of_refusal(sentence, load, True).startswith(sentence[:LONGEST])
    assert in_log(sentence).replace(BREAK, "") == sentence
    assert not re.search("::(end)?group::", in_log(sentence))
    assert all(f"b {ALL_IN_ONE}" in row["_reasons"] for row in weather.quarantined())


def test_a_text_that_stands_for_null_is_any_text(weather: ZoneOnTrial) -> None:
    content = rows(1, hours=9)
    for row, value in zip(content, VALUES, strict=False):
        row["visib"] = value
    weather.drop(path(1), file(content))
    columns = [column.name for column in weather.contract().columns]
    land_files(weather.warehouse, weather.load("run-1"), columns, Folder("incoming/", null_if=(*VALUES, "NA")))
    assert weather.approve("run-1").approved == 27
    (row,) = weather.rows(f"select count(visib) as known from {weather.names.approved('weather')}")
    assert row["known"] == 27 - len(VALUES)


def test_a_runs_id_is_kept_in_the_load_ledger_as_it_is(weather: ZoneOnTrial) -> None:
    run_id = "\n".join(VALUES)
    weather.drop(path(1), file(rows(1)))
    assert weather.run(run_id).approved == 6
    assert [row["run_id"] for row in weather.rows("select run_id from {ledger}.loads")] == [run_id]
    assert weather.run(run_id).already


def test_a_literal_is_what_it_says(weather: ZoneOnTrial) -> None:
    (row,) = weather.admin.execute(f"select {', '.join(f'{literal(mark)} as m{n}' for n, mark in enumerate(VALUES))}")
    assert list(row.values()) == VALUES
