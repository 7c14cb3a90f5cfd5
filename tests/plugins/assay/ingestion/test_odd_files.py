"""Broken and odd CSV files through landing and contract: approved exactly, or refused with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest

from tests.plugins.assay.embedded import Embedded, ZoneOnTrial
from tests.plugins.assay.ingestion.odd_files import BROKEN, EXACT, SINGLE_BROKEN, SINGLE_EXACT, Odd
from tests.plugins.assay.ingestion.odd_loads import OddLoad, bring, contract

COLUMNS = ("name", "note")
ALLOWED = "{name: rows.any, metric: rowCount, mustBeGreaterOrEqualTo: 0}"


@pytest.fixture(scope="module")
def zone(embedded: Embedded) -> Iterator[ZoneOnTrial]:
    with embedded.zone("weather") as made:
        yield made


def numbered(cases: Sequence[Odd]) -> dict[str, bytes]:
    """Each file in a folder of its own, with the keys of its rows made its own: records begin with the key."""
    return {f"{number:03d}/{case.file}": case.content for number, case in enumerate(cases)}


@pytest.fixture(scope="module")
def broken(zone: ZoneOnTrial) -> OddLoad:
    return bring(zone, "broken", numbered(BROKEN), contract("broken", COLUMNS))


@pytest.fixture(scope="module")
def broken_single(zone: ZoneOnTrial) -> OddLoad:
    return bring(zone, "broken_single", numbered(SINGLE_BROKEN), contract("broken_single", ()))


def test_there_are_at_least_eighty_shapes() -> None:
    assert len({case.name for case in (*EXACT, *BROKEN, *SINGLE_EXACT, *SINGLE_BROKEN)}) >= 130


@pytest.mark.parametrize(("number", "case"), enumerate(BROKEN), ids=[case.name for case in BROKEN])
def test_a_broken_file_is_refused_with_file_and_line(broken: OddLoad, number: int, case: Odd) -> None:
    refused_by(broken, f"{number:03d}/{case.file}", case)


@pytest.mark.parametrize(("number", "case"), enumerate(SINGLE_BROKEN), ids=[case.name for case in SINGLE_BROKEN])
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
