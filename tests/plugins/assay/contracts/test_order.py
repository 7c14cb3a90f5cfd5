"""Order does not matter: late files, corrections, batches, backfills and repeated runs give one approved table."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from assay.contracts import Contract
from assay.contracts.approval import ContractBreach, approve_load
from assay.contracts.reader import read_contract
from assay.ingestion.landing import Folder, land_files
from assay.ingestion.window import Window
from assay.load_ledger import Load
from assay.warehouse import Row, Warehouse
from tests.plugins.assay.contracts.histories import EPOCH, TOO_HIGH, Histories, random_histories, replay
from tests.plugins.assay.embedded import Embedded, ZoneOnTrial

pytestmark = pytest.mark.core

HISTORIES, TOGETHER, STEPS, SEED = 200, 10, 4, 20130101
CONTRACT = f"""
apiVersion: v3.1.0
kind: DataContract
id: items
version: 1.0.0
status: active
schema:
  - name: items
    properties:
      - {{name: history, description: Which., physicalType: "NUMBER(38,0)", primaryKey: true}}
      - {{name: item, description: Which., physicalType: "NUMBER(38,0)", primaryKey: true}}
      - name: value
        description: What.
        physicalType: NUMBER(38,0)
        logicalTypeOptions: {{exclusiveMaximum: {TOO_HIGH}}}
      - {{name: changed_on, description: When., physicalType: DATE, required: true}}
"""
BY_COLUMN = CONTRACT + "    customProperties: [{property: orderedBy, value: changed_on}]\n"


class Dated:
    """A login to which files were written when the history says so: the store itself would know only today."""

    def __init__(self, inner: Warehouse, written: Mapping[str, datetime]) -> None:
        self._inner = inner
        self._written = written

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        rows = self._inner.execute(sql, params)
        if not sql.startswith("list @"):
            return rows
        assert all("last_modified" in row for row in rows)
        return [row | {"last_modified": f"{self._of(row['name']):%a, %d %b %Y %H:%M:%S GMT}"} for row in rows]

    def transaction(self) -> AbstractContextManager[None]:
        return self._inner.transaction()

    def _of(self, name: str) -> datetime:
        return next(written for path, written in self._written.items() if name.endswith(f"/{path}"))


class Played:
    """A zone in which histories happen in one order."""

    def __init__(self, zone: ZoneOnTrial, contract: Contract) -> None:
        self.zone = zone
        self.contract = contract
        self.written: dict[str, datetime] = {}
        self.warehouse = Dated(zone.warehouse, self.written)
        self.met: dict[tuple[int, int], tuple[int | None, int]] = {}
        self._until = datetime(1900, 1, 1)

    def drop(self, path: str, content: bytes, written: datetime) -> None:
        self.zone.drop(path, content)
        self.written[path] = written

    def land(self, run_id: str, window: Window | None = None) -> Load:
        load = Load(self.zone.names, "items_files", "items", run_id)
        columns = [column.name for column in self.contract.columns]
        land_files(self.warehouse, load, columns, Folder("incoming/"), window)
        return load

    def run(self, run_id: str, window: Window | None = None) -> bool:
        """Whether the run's load was approved."""
        load = self.land(run_id, window)
        try:
            approve_load(self.warehouse, load, self.contract)
        except ContractBreach:
            return False
        return True

    def meet(self) -> None:
        """What an incremental model does after each run: it merges the rows that were approved since it last looked."""
        rows = self.zone.rows(
            f"select * from {self.zone.names.approved('items')} where _approved_at > '{self._until}'::timestamp_ntz"
        )
        self.met |= self._keyed(rows)
        self._until = max([self._until, *(row["_approved_at"] for row in rows)])

    def table(self) -> dict[tuple[int, int], tuple[int | None, int]]:
        return self._keyed(self.zone.rows(f"select * from {self.zone.names.approved('items')}"))

    @staticmethod
    def _keyed(rows: list[Row]) -> dict[tuple[int, int], tuple[int | None, int]]:
        found = {
            (int(row["history"]), int(row["item"])): (
                None if row["value"] is None else int(row["value"]),
                (row["changed_on"] - EPOCH.date()).days,
            )
            for row in rows
        }
        assert len(found) == len(rows), "a key is there once"
        return found


@pytest.fixture(scope="module")
def histories() -> list[Histories]:
    chance = random.Random(SEED)
    starts = range(0, HISTORIES, TOGETHER)
    return [random_histories(range(start, start + TOGETHER), chance, bad=start == 0) for start in starts]


@pytest.mark.parametrize("order", range(2))
@pytest.mark.parametrize("by_column", [False, True], ids=["by-file", "by-column"])
def test_histories_give_one_table_in_whatever_order_they_happen(
    embedded: Embedded, histories: list[Histories], by_column: bool, order: int
) -> None:
    """Each order: late files, one load or many, a load that is refused and corrected, a backfill, runs again."""
    expected: dict[tuple[int, int], tuple[int | None, int]] = {}
    for each in histories:
        expected |= each.outcome(by_column=by_column)
    assert len({history for history, _ in expected}) == HISTORIES
    contract = read_contract(BY_COLUMN if by_column else CONTRACT, "items", "items.odcs.yaml")
    chance = random.Random(SEED + 10 * order + by_column)
    with embedded.zone("weather") as zone:
        played = Played(zone, contract)
        passed = []
        for number, step in enumerate(replay(histories, chance, STEPS).steps):
            for file, content in step:
                played.drop(file.path, content.csv(), content.written)
            passed.append(played.run(f"run-{number}"))
            played.meet()
        assert passed == [True, False, True, True]
        assert played.table() == played.met == expected
        _again(played, chance)
        assert played.table() == played.met == expected


def _again(played: Played, chance: random.Random) -> None:
    """After all has come: the refused load passes after all, days are taken again, a run is repeated."""
    lax = tuple(rule for rule in played.contract.rules if rule.column != "value")
    acts = [
        lambda: approve_load(
            played.warehouse,
            Load(played.zone.names, "items_files", "items", "run-1"),
            replace(played.contract, rules=lax),
        ),
        lambda: played.run("backfill", Window(date(2013, 1, 1), date(2013, 1, 3))),
        lambda: played.run("run-3"),
        lambda: played.run("once-more"),
    ]
    chance.shuffle(acts)
    for act in acts:
        act()
        played.meet()
