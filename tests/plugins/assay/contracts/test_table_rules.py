"""What is asked of the approved table and not only of the load, and what contracts say of names and absent columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assay.contracts import Contract
from assay.contracts.approval import ContractBreach, approve_load
from assay.contracts.evolution import ContractClash
from assay.contracts.reader import read_contract
from assay.ingestion.landing import Folder, land_files
from tests.plugins.assay.contracts.landing_ways import csv_file
from tests.plugins.assay.embedded import Embedded, ZoneOnTrial

HEAD = (
    "apiVersion: v3.2.0\nkind: DataContract\nid: things\nversion: 1.0.0\nstatus: active\n"
    "schema:\n  - name: things\n    properties:\n"
)


def contract(*columns: str, more: str = "") -> Contract:
    lines = "".join(f"      - {{description: x, {column}}}\n" for column in columns)
    return read_contract(HEAD + lines + more, "things", "things.odcs.yaml")


ID = "name: id, physicalType: 'NUMBER(38,0)', primaryKey: true"
MAIL = "name: mail, physicalType: VARCHAR, unique: true"


class Loads:
    """Loads of CSV files, each file a load of its own."""

    def __init__(self, zone: ZoneOnTrial, agreed: Contract) -> None:
        self.zone = zone
        self.contract = agreed
        self._numbers = count(1)

    def run(self, header: Sequence[str], *rows: Sequence[str | None], agreed: Contract | None = None) -> int:
        """Land and approve rows; returns how many were added or changed. Raises what approval raises."""
        number = next(self._numbers)
        used = agreed or self.contract
        cells = [dict(zip(header, row, strict=True)) for row in rows]
        self.zone.drop(f"incoming/rows-{number}.csv", csv_file(header, cells))
        load = self.zone.load(f"run-{number}", "source", "things")
        land_files(self.zone.warehouse, load, [column.source for column in used.columns], Folder("incoming/"))
        try:
            return approve_load(self.zone.warehouse, load, used).approved
        except Exception:
            self.zone.remove(f"incoming/rows-{number}.csv")
            raise

    def table(self, names: str) -> list[tuple[Any, ...]]:
        rows = self.zone.rows(f"select {names} from {self.zone.names.approved('things')} order by 1")
        return [tuple(row.values()) for row in rows]

    def quarantined(self) -> list[Mapping[str, Any]]:
        return self.zone.rows(f"select * from {self.zone.names.quarantine('things')} order by _row")


@pytest.fixture
def unique(weather: ZoneOnTrial) -> Loads:
    return Loads(weather, contract(ID, MAIL))


def test_a_unique_value_of_another_key_in_the_table_refuses_the_load_with_its_rows(unique: Loads) -> None:
    assert unique.run(("id", "mail"), ("1", "a@x"), ("2", "b@x")) == 2
    with pytest.raises(ContractBreach, match="mail occurs more than once in 1 of 2 rows"):
        unique.run(("id", "mail"), ("3", "a@x"), ("4", "d@x"))
    assert [(row["id"], row["_reasons"]) for row in unique.quarantined()] == [("3", "mail occurs more than once: a@x")]
    assert unique.table("id, mail") == [(1, "a@x"), (2, "b@x")]


def test_a_value_may_move_to_another_key_when_its_row_gives_it_up_in_the_same_load(unique: Loads) -> None:
    unique.run(("id", "mail"), ("1", "a@x"), ("2", "b@x"))
    assert unique.run(("id", "mail"), ("1", "b@x"), ("2", "a@x")) == 2, "swapped"
    assert unique.run(("id", "mail"), ("1", None), ("3", "b@x")) == 2, "given up, and nulls are never equal"
    assert unique.run(("id", "mail"), ("4", None), ("1", "c@x")) == 2
    assert unique.table("id, mail") == [(1, "c@x"), (2, "a@x"), (3, "b@x"), (4, None)]


STEPS = st.lists(
    st.dictionaries(st.integers(1, 4), st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=4),
    min_size=3, max_size=6,
)  # fmt: skip


def test_the_table_never_holds_a_unique_value_twice_and_loads_that_keep_it_pass(embedded: Embedded) -> None:
    @settings(max_examples=2, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(STEPS)
    def hold(steps: list[dict[int, str | None]]) -> None:
        with embedded.zone("weather") as zone:
            loads, model = Loads(zone, contract(ID, MAIL)), dict[int, str | None]()
            for step in steps:
                after = model | step
                held = [value for value in after.values() if value is not None]
                brought = [value for value in step.values() if value is not None]
                fits = all(held.count(value) == 1 for value in brought)
                rows = [(str(key), value) for key, value in step.items()]
                if fits:
                    loads.run(("id", "mail"), *rows)
                    model = after
                else:
                    with pytest.raises(ContractBreach):
                        loads.run(("id", "mail"), *rows)
            assert not model or dict(loads.table("id, mail")) == model

    hold()


def test_a_changed_key_is_refused_and_the_table_stays_as_it_is(unique: Loads) -> None:
    unique.run(("id", "mail"), ("1", "a@x"), ("2", "b@x"))
    other = contract("name: id, physicalType: 'NUMBER(38,0)'", "name: mail, physicalType: VARCHAR, primaryKey: true")
    with pytest.raises(ContractClash, match=r"the contract's key is now mail, but the rows of .* were merged by id"):
        unique.run(("id", "mail"), ("9", "a@x"), agreed=other)
    finer = contract(ID, "name: mail, physicalType: VARCHAR, primaryKey: true")
    with pytest.raises(ContractClash, match=r"is now id, mail, but the rows of .* were merged by id"):
        unique.run(("id", "mail"), ("1", "z@x"), agreed=finer)
    assert unique.table("id, mail") == [(1, "a@x"), (2, "b@x")]


def test_a_header_s_own_name_is_said_by_physical_name_and_matched_without_case(weather: ZoneOnTrial) -> None:
    agreed = contract(
        ID, "name: mpg, physicalName: Miles per Gallon, physicalType: 'NUMBER(5,1)', required: true",
        "name: order_number, physicalName: order, physicalType: VARCHAR",
    )  # fmt: skip
    loads = Loads(weather, agreed)
    assert loads.run(("ID", "Miles per Gallon", "order"), ("1", "21.5", "A")) == 1
    assert loads.run(("id", "MILES PER GALLON", "Order"), ("2", "30.0", "B")) == 1
    assert [(row[0], float(row[1]), row[2]) for row in loads.table("id, mpg, order_number")] == [
        (1, 21.5, "A"), (2, 30.0, "B")
    ]  # fmt: skip
    with pytest.raises(ContractBreach, match=r"lacks the column '?[Mm]iles per [Gg]allon"):
        loads.run(("id", "mpg", "order"), ("3", "1.0", "C"))
    with pytest.raises(ContractBreach, match="mpg is not a number with 4 digits and 1 decimals in 1 of 1 row"):
        loads.run(("id", "Miles per Gallon", "order"), ("3", "1.25", "C"))
    assert [row["mpg"] for row in loads.quarantined() if row["id"] == "3" and row["mpg"]] == ["1.25"]


def test_an_optional_column_may_be_absent_and_a_new_one_can_be_filled_later(weather: ZoneOnTrial) -> None:
    before = contract(ID, "name: value, physicalType: VARCHAR")
    optional = "name: sensor, physicalType: VARCHAR, customProperties: [{property: optional, value: true}]"
    after = contract(ID, "name: value, physicalType: VARCHAR", optional)
    loads = Loads(weather, before)
    loads.run(("id", "value"), ("1", "a"))
    assert loads.run(("id", "value"), ("2", "b"), agreed=after) == 1, "an old file, with the new contract"
    assert loads.run(("id", "value", "sensor"), ("3", "c", "s3"), ("1", "a", "s1"), agreed=after) == 2
    assert loads.table("id, value, sensor") == [(1, "a", "s1"), (2, "b", None), (3, "c", "s3")]
    needed = contract(ID, "name: value, physicalType: VARCHAR", "name: sensor, physicalType: VARCHAR")
    with pytest.raises(ContractBreach, match="lacks the column sensor"):
        loads.run(("id", "value"), ("4", "d"), agreed=needed)
