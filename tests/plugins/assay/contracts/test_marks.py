"""Marks in a contract and in data, which mean something to some program, are text in SQL, reasons and quarantine."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from assay.contracts.approval import ContractBreach
from assay.contracts.contract import Contract
from assay.contracts.reader import read_contract
from assay.errors import ConfigurationError
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
    """But for line ends, which the embedded S3 refuses. The day stands at the end of each name."""
    marks = [mark.replace("/", "|") for mark in VALUES if "\n" not in mark]
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
    recorded = weather.rows("select path from {register}.load_files")
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


def test_a_literal_is_what_it_says(weather: ZoneOnTrial) -> None:
    (row,) = weather.admin.execute(f"select {', '.join(f'{literal(mark)} as m{n}' for n, mark in enumerate(VALUES))}")
    assert list(row.values()) == VALUES
