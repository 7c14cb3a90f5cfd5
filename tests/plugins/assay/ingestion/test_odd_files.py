"""Broken and odd CSV files through landing and contract: approved exactly, or refused with file and line."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from assay.contracts.approval import ContractBreach, approve_load
from assay.ingestion.landing import Folder, land_files
from assay.warehouse import Row
from tests.plugins.assay.embedded import Embedded, ZoneOnTrial
from tests.plugins.assay.ingestion.odd_files import BROKEN, EXACT, SINGLE_BROKEN, SINGLE_EXACT, Odd, text
from tests.plugins.assay.ingestion.odd_loads import OddLoad, bring, contract

pytestmark = pytest.mark.core

COLUMNS = ("name", "note")
ALLOWED = "{name: rows.any, metric: rowCount, mustBeGreaterOrEqualTo: 0}"


@pytest.fixture(scope="module")
def zone(embedded: Embedded) -> Iterator[ZoneOnTrial]:
    with embedded.zone("weather") as made:
        yield made


@dataclass
class Interrupted:
    """A warehouse beside which something happens before a statement."""

    zone: ZoneOnTrial
    before: str
    do: Callable[[], object]

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        if self.before in sql:
            self.do()
        return self.zone.warehouse.execute(sql, params)

    def transaction(self) -> AbstractContextManager[None]:
        return self.zone.warehouse.transaction()


def numbered(cases: Sequence[Odd]) -> dict[str, bytes]:
    """Each file in a folder of its own."""
    return {f"{number:03d}/{case.file}": case.content for number, case in enumerate(cases)}


@pytest.fixture(scope="module")
def broken(zone: ZoneOnTrial) -> OddLoad:
    return bring(zone, "broken", numbered(BROKEN), contract("broken", COLUMNS))


@pytest.fixture(scope="module")
def broken_single(zone: ZoneOnTrial) -> OddLoad:
    return bring(zone, "broken_single", numbered(SINGLE_BROKEN), contract("broken_single", ()))


def test_there_are_at_least_eighty_shapes() -> None:
    assert len({case.name for case in (*EXACT, *BROKEN, *SINGLE_EXACT, *SINGLE_BROKEN)}) >= 130


@pytest.mark.parametrize(("number", "case"), [*enumerate(BROKEN)], ids=[case.name for case in BROKEN])
def test_a_broken_file_is_refused_with_file_and_line(broken: OddLoad, number: int, case: Odd) -> None:
    refused_by(broken, f"{number:03d}/{case.file}", case)


@pytest.mark.parametrize(("number", "case"), [*enumerate(SINGLE_BROKEN)], ids=[case.name for case in SINGLE_BROKEN])
def test_a_broken_file_of_one_column_is_refused(broken_single: OddLoad, number: int, case: Odd) -> None:
    refused_by(broken_single, f"{number:03d}/{case.file}", case)


def refused_by(load: OddLoad, path: str, case: Odd) -> None:
    assert load.rows == {}
    assert re.search(f"{re.escape(path)} .*{case.reason}", load.reasons[path]), load.reasons[path]


@pytest.mark.parametrize("case", EXACT, ids=[case.name for case in EXACT])
def test_an_odd_file_is_approved_exactly(zone: ZoneOnTrial, request: pytest.FixtureRequest, case: Odd) -> None:
    table = f"exact_{EXACT.index(case)}"
    load = bring(zone, table, {case.file: case.content}, contract(table, COLUMNS))
    assert load.reasons == {}
    assert load.rows == {str(row[0]): row for row in case.rows}
    assert load.items[case.file]["rows_loaded"] == len(case.rows)


@pytest.mark.parametrize("case", SINGLE_EXACT, ids=[case.name for case in SINGLE_EXACT])
def test_a_file_of_one_column_is_approved_exactly(zone: ZoneOnTrial, case: Odd) -> None:
    table = f"single_{SINGLE_EXACT.index(case)}"
    load = bring(zone, table, {case.file: case.content}, contract(table, ()))
    assert load.reasons == {}
    assert load.rows == {str(row[0]): row for row in case.rows}


def test_no_rows_are_fine_where_the_contract_says_so(zone: ZoneOnTrial) -> None:
    files = {"1.csv": b"id,name,note\n", "2.csv.gz": gzip.compress(b"id,note,name\r\n\r\n")}
    allowed = contract("empty", COLUMNS, ALLOWED)
    load = bring(zone, "empty", files, allowed)
    assert (load.reasons, load.rows) == ({}, {})
    assert {item["status"] for item in load.items.values()} == {"loaded"}
    more = bring(zone, "empty", {"3.csv": b"id,name,note\n1,a,b\n"}, allowed, run_id="run-2")
    assert more.rows == {"1": ("1", "a", "b")}
    assert set(more.items) == {"3.csv"}, "what was approved is not taken again, empty or not"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is empty"), (b"\n", "is empty"), (b"id,name\n", "lacks the column note"), (b"id,id\n", "the same name")],
)
def test_a_file_without_a_whole_header_is_refused_even_then(zone: ZoneOnTrial, content: bytes, reason: str) -> None:
    load = bring(zone, f"hollow_{len(content)}", {"1.csv": content}, contract("hollow", COLUMNS, ALLOWED))
    assert reason in load.reasons["1.csv"]


@pytest.mark.parametrize("rule", ["mustBeGreaterThan: 0", "mustBeLessThan: 1000", "mustBeBetween: [1, 9]"])
def test_another_rule_about_the_number_of_rows_allows_no_empty_file(rule: str) -> None:
    assert not contract("rows", COLUMNS, f"{{name: rows.any, metric: rowCount, {rule}}}").may_be_empty


def test_texts_that_mean_nothing_are_null_in_quotes_or_not(zone: ZoneOnTrial) -> None:
    content = text('id,name,note\n1,NA,""\n2,"NA",\n3, NA,n/a\n')
    load = bring(zone, "nulls", {"1.csv": content}, contract("nulls", COLUMNS), null_if=("NA", "", "it's \\N"))
    assert load.rows == {"1": ("1", None, None), "2": ("2", None, None), "3": ("3", " NA", "n/a")}


def test_a_file_that_changes_while_it_is_read_is_refused_and_taken_by_the_next_run(zone: ZoneOnTrial) -> None:
    agreed = contract("moving", COLUMNS)

    zone.drop("moving/1.csv", b"id,name,note\n1,old,b\n")
    load = zone.load("run-1", "moving", agreed.table)
    names = [column.name for column in agreed.columns]
    replaced = lambda: zone.drop("moving/1.csv", b"id,name,note\n1,new,b\n")  # noqa: E731
    landed = land_files(Interrupted(zone, before="copy into", do=replaced), load, names, Folder("moving/"))
    assert [item.status for item in landed.items] == ["failed"]
    with pytest.raises(ContractBreach, match=r"moving/1\.csv cannot be read: it changed while it was read"):
        approve_load(zone.warehouse, load, agreed)
    assert bring(zone, "moving", {}, agreed, run_id="run-2").rows == {"1": ("1", "new", "b")}


def test_values_that_land_otherwise_than_they_were_written_are_refused(zone: ZoneOnTrial) -> None:
    agreed = contract("trimmed", COLUMNS)
    zone.drop("trimmed/1.csv", b"id,name,note\n1, a ,b\n")
    load = zone.load("run-1", "trimmed", agreed.table)
    names = [column.name for column in agreed.columns]
    trim = lambda: zone.warehouse.execute(f"update {load.load_table} set name = trim(name)")  # noqa: E731
    (item,) = land_files(Interrupted(zone, before="sum(0", do=trim), load, names, Folder("trimmed/")).items
    assert (item.status, item.rows_parsed, item.rows_loaded, item.errors) == ("failed", 1, 0, 1)
    with pytest.raises(ContractBreach, match="1 records of 5 characters, and what landed of it 1 of 3"):
        approve_load(zone.warehouse, load, agreed)
