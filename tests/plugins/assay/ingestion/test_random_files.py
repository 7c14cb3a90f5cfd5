"""Random tables, written with random quirks as several files: approved exactly, or refused when a file is damaged."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.plugins.assay.embedded import Embedded, ZoneOnTrial
from tests.plugins.assay.ingestion.odd_loads import bring, contract
from tests.plugins.assay.ingestion.quirks import CELL, DAMAGES, QUIRKS, lines, pack, write

pytestmark = pytest.mark.core

NUMBERS = itertools.count()
RUNS = settings(
    max_examples=int(os.environ.get("ASSAY_RANDOM_FILES", "12")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # making a failure smaller takes minutes
)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1, max_size=8)
EXTRA = st.lists(st.sampled_from(["extra", "a,b", 'say "x"', "東京", " x"]), unique=True, max_size=2)
TABLES = st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def zone(embedded: Embedded) -> Iterator[ZoneOnTrial]:
    with embedded.zone("weather") as made:
        yield made


class Files:
    """Files of one load, and the rows that they hold."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.rows: dict[str, tuple[str | None, ...]] = {}

    def draw(self, data: st.DataObject, number: int) -> None:
        quirks = data.draw(QUIRKS)
        path = f"{number}{data.draw(NAMES)}.csv{quirks.ending}"
        header = data.draw(st.permutations(["id", "Name", "NOTE", *data.draw(EXTRA)]))
        rows = []
        for place, (name, note) in enumerate(data.draw(TABLES)):
            key = f"{number}.{place}{data.draw(CELL) or ''}"
            self.rows[key] = (key, name, note)
            values = {"id": key, "Name": name, "NOTE": note}
            rows.append([values[column] if column in values else data.draw(CELL) for column in header])
        self.contents[path] = write(header, rows, quirks)


@RUNS
@given(data=st.data())
def test_a_table_in_several_files_is_approved_exactly(zone: ZoneOnTrial, data: st.DataObject) -> None:
    files = Files()
    for number in range(data.draw(st.integers(1, 6))):
        files.draw(data, number)
    table = f"random_{next(NUMBERS)}"
    load = bring(zone, table, files.contents, contract(table, ("name", "note")))
    assert load.reasons == {}
    assert load.rows == files.rows
    assert sum(item["rows_loaded"] for item in load.items.values()) == len(files.rows)


@RUNS
@given(data=st.data())
def test_one_damaged_file_among_others_is_refused_and_named(zone: ZoneOnTrial, data: st.DataObject) -> None:
    files = Files()
    files.draw(data, 0)
    damaged: dict[str, str] = {}
    for number in range(data.draw(st.integers(1, 4))):
        quirks = data.draw(QUIRKS)
        written = lines(["id", "name", "note"], [(f"x{number}", "a", "b"), (f"y{number}", "c", "d")], quirks)
        damage = data.draw(st.sampled_from(sorted(DAMAGES)))
        path = f"damaged {number}.csv{quirks.ending}"
        files.contents[path] = pack(DAMAGES[damage](written), quirks)
        damaged[path] = damage
    table = f"damaged_{next(NUMBERS)}"
    load = bring(zone, table, files.contents, contract(table, ("name", "note")))
    assert load.rows == {}
    assert set(load.reasons) == set(damaged), damaged
    assert all(path in load.reasons[path] for path in damaged)
