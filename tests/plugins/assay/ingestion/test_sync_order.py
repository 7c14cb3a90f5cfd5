"""Whatever order syncs land in, and in however many loads: of each key the record that was extracted last counts."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from assay.contracts.approval import approve_load
from assay.contracts.reader import read_contract
from assay.ingestion.airbyte.syncs import land_syncs
from assay.load_ledger import Load
from tests.plugins.assay.embedded import ZoneOnTrial

pytestmark = pytest.mark.core

HISTORIES, SYNCS, SEED = 200, 12, 20130102
START = datetime(2026, 11, 1)
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: items
version: 1.0.0
status: active
schema:
  - name: items
    properties:
      - {name: history, description: Which., physicalType: "NUMBER(38,0)", primaryKey: true}
      - {name: item, description: Which., physicalType: "NUMBER(38,0)", primaryKey: true}
      - {name: value, description: What., physicalType: "NUMBER(38,0)"}
"""


@dataclass(frozen=True)
class Record:
    history: int
    item: int
    value: int | None
    extracted: datetime


@dataclass(frozen=True)
class Sync:
    """Numbers and generations begin again with every Airbyte that is installed, so several syncs have the same."""

    number: int | None
    generation: int | None
    records: tuple[Record, ...]


def random_syncs(chance: random.Random) -> list[Sync]:
    found = []
    for index in range(SYNCS):
        began = START + timedelta(hours=index)
        records = tuple(
            Record(history, item, chance.choice((None, chance.randrange(3))), began + timedelta(milliseconds=number))
            for history in range(HISTORIES)
            for number, item in enumerate(chance.choices(range(4), k=chance.randrange(3)))
        )
        found.append(Sync(chance.choice((None, 1, 2)), chance.choice((None, 0, 1)), records))
    return found


def outcome(syncs: list[Sync]) -> dict[tuple[int, int], int | None]:
    newest: dict[tuple[int, int], Record] = {}
    for sync in syncs:
        for record in sync.records:
            key = record.history, record.item
            if key not in newest or newest[key].extracted < record.extracted:
                newest[key] = record
    return {key: record.value for key, record in newest.items()}


class Stream:
    def __init__(self, zone: ZoneOnTrial) -> None:
        self.zone = zone
        self.contract = read_contract(CONTRACT, "items", "items.odcs.yaml")
        self.table = zone.names.schema("landing.items")
        zone.warehouse.execute(
            f"create table {self.table} (history number(38, 0), item number(38, 0), value number(38, 0), "
            "_airbyte_raw_id varchar, _airbyte_extracted_at timestamp_tz, _airbyte_meta variant, "
            "_airbyte_generation_id number(38, 0))"
        )

    def append(self, sync: Sync) -> None:
        meta: dict[str, object] = {"changes": []} | ({} if sync.number is None else {"sync_id": sync.number})
        rows = [[each.history, each.item, each.value, f"{each.extracted.isoformat()}Z"] for each in sync.records]
        self.zone.warehouse.execute(
            f"insert into {self.table} select r.value[0]::number(38, 0), r.value[1]::number(38, 0), "
            "r.value[2]::number(38, 0), uuid_string(), r.value[3]::varchar::timestamp_tz, parse_json(%(meta)s), "
            f"{'null' if sync.generation is None else sync.generation} "
            "from table(flatten(input => parse_json(%(rows)s))) as r",
            {"meta": json.dumps(meta), "rows": json.dumps(rows)},
        )

    def run(self, run_id: str) -> int:
        load = Load(self.zone.names, "items_api", "items", run_id)
        landed = land_syncs(self.zone.warehouse, load, "items", [column.name for column in self.contract.columns])
        approve_load(self.zone.warehouse, load, self.contract)
        return landed.rows

    def approved(self) -> dict[tuple[int, int], int | None]:
        rows = self.zone.rows(f"select * from {self.zone.names.approved('items')}")
        found = {(int(row["history"]), int(row["item"])): row["value"] for row in rows}
        assert len(found) == len(rows), "a key is there once"
        return found


@pytest.mark.parametrize("order", range(2))
def test_syncs_give_one_table_in_whatever_order_and_however_many_loads_they_come(
    flights: ZoneOnTrial, order: int
) -> None:
    syncs = random_syncs(random.Random(SEED))
    expected = outcome(syncs)
    assert len({history for history, _ in expected}) == HISTORIES
    chance = random.Random(SEED + order)
    chance.shuffle(syncs)
    stream = Stream(flights)
    for number, sync in enumerate(syncs):
        stream.append(sync)
        if chance.random() < 0.5:
            stream.run(f"run-{number}")
    stream.run("last")
    assert stream.approved() == expected
    assert stream.run("once-more") == 0
    assert stream.approved() == expected
