"""A contract's `physicalName` names the column of Airbyte's table, where names differ from ours."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assay.checks import wrong_with_zone
from assay.contracts.reader import read_contract
from tests.plugins.assay.contracts.landing_ways import Airbyte
from tests.plugins.assay.embedded import Embedded, ZoneOnTrial

pytestmark = pytest.mark.core

CONTRACT = read_contract(
    """
apiVersion: v3.2.0
kind: DataContract
id: things
version: 1.0.0
status: active
schema:
  - name: things
    properties:
      - {name: id, description: x, physicalType: 'NUMBER(38,0)', primaryKey: true}
      - {name: mpg, physicalName: Miles per Gallon, description: x, physicalType: 'NUMBER(5,1)', required: true}
      - {name: order_number, physicalName: order, description: x, physicalType: VARCHAR}
      - {name: seen, physicalName: 'seen, at', description: x, physicalType: TIMESTAMP_TZ}
      - {name: plain, physicalName: plainName, description: x, physicalType: DATE}
""",
    "things",
    "things.odcs.yaml",
)
FIELDS = {
    "id": {"type": "integer"},
    "Miles per Gallon": {"type": ["null", "number"]},
    "order": {"type": ["null", "string"]},
    "seen, at": {"type": ["null", "string"], "format": "date-time"},
    "plainName": {"type": ["null", "string"], "format": "date"},
}
GOOD = {
    "id": 1, "Miles per Gallon": 21.5, "order": "A", "seen, at": "2013-01-01T05:00:00+05:00", "plainName": "2013-01-02",
}  # fmt: skip


@pytest.fixture
def airbyte(embedded: Embedded, weather: ZoneOnTrial) -> Airbyte:
    return Airbyte(embedded, weather, CONTRACT, {})


def test_a_column_of_airbyte_s_table_is_found_by_its_physical_name(airbyte: Airbyte) -> None:
    airbyte.fields = FIELDS
    airbyte.land("run-1", [GOOD])
    assert airbyte.approve("run-1") is None
    row = airbyte.approved()[1]
    found = (float(row["mpg"]), row["order_number"], row["seen"].isoformat(), row["plain"].isoformat())
    assert found == (21.5, "A", "2013-01-01T00:00:00+00:00", "2013-01-02")
    airbyte.land("run-2", [GOOD | {"id": 2, "Miles per Gallon": 21.55}, GOOD | {"id": 3, "Miles per Gallon": None}])
    assert airbyte.approve("run-2") is not None
    reasons = airbyte.quarantined("run-2")
    assert "mpg is not a number with 4 digits and 1 decimals" in reasons[2]
    assert "mpg is missing" in reasons[3]


def test_a_column_under_our_name_alone_is_refused(airbyte: Airbyte) -> None:
    airbyte.fields = {"id": {"type": "integer"}, "mpg": {"type": "number"}, "order": {"type": "string"}}
    airbyte.land("run-1", [{"id": 1, "mpg": 21.5, "order": "A"}])
    said = airbyte.approve("run-1")
    assert said is not None
    assert "Miles per Gallon" in said


@pytest.mark.parametrize(("written", "right"), [("flight_year", True), ("year", False)])
def test_the_day_of_a_source_is_asked_of_the_columns_of_airbyte_s_table(
    root: Path, tmp_path: Path, written: str, right: bool
) -> None:
    for part in ("dags", "airbyte"):
        shutil.copytree(root / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "dags/zones/flights"
    contract = folder / "contracts/flights.odcs.yaml"
    contract.write_text(
        contract.read_text().replace("- name: year\n", "- name: year\n        physicalName: flight_year\n", 1)
    )
    zone = folder / "zone.yml"
    zone.write_text(zone.read_text().replace("date_from_parts(year,", f"date_from_parts({written},", 1))
    line = zone.read_text().split("day:")[0].count("\n") + 1
    said = wrong_with_zone(folder)
    assert (said == []) is right
    assert right or said[0].startswith(f"zones/flights/zone.yml:{line}: sources[0].day ")
