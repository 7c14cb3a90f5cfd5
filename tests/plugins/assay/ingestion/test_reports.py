"""How a file is copied by what the reader reports, and what is said when COPY counts otherwise."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from assay.ingestion.formats import format_of
from assay.ingestion.reports import Report, Shape, UnexpectedAnswer, changed, copied, measured, refused
from assay.ingestion.staged_files import StagedFile
from assay.load_ledger import Item

CSV = format_of("csv")
ROOT = "s3://bucket/weather"
TIME = datetime(2013, 1, 1)
FILE = StagedFile("in/a.csv", "e1", 9, TIME)
GOOD = Report(("Id", "miles per gallon", "a,b"), 5, 20, False, None)
ROW: dict[str, Any] = {
    "file": "s3://bucket/weather/in/a.csv", "status": "LOADED", "rows_parsed": 5, "rows_loaded": 5, "errors_seen": 0,
    "first_error": None, "first_error_line": None,
}  # fmt: skip


def test_a_field_is_found_by_the_name_that_the_contract_s_column_has_in_files() -> None:
    assert CSV.shape(FILE, GOOD, ["Miles per Gallon", "ID", "absent"]) == Shape(
        (("Miles per Gallon", 2), ("ID", 1)), "NONE", False
    )
    assert CSV.shape(StagedFile("in/A.CSV.GZ", "", 1, TIME), GOOD, []).compression == "GZIP"


def test_header_names_are_kept_as_they_are_written() -> None:
    (item,) = copied({FILE: GOOD}, [ROW], ROOT)
    assert json.loads(item.header or "") == ["Id", "miles per gallon", "a,b"]
    assert (item.status, item.rows_parsed, item.rows_loaded, item.errors) == ("loaded", 5, 5, 0)


@pytest.mark.parametrize(
    ("answer", "status", "loaded", "said"),
    [
        ({"rows_parsed": 3, "rows_loaded": 3}, "partial", 3, "5 records: COPY INTO parsed 3 records and loaded 3"),
        ({"rows_parsed": 6, "rows_loaded": 6}, "partial", 6, "5 records: COPY INTO parsed 6 records and loaded 6"),
        ({"rows_loaded": 4, "status": "PARTIALLY_LOADED", "first_error": "Odd\n value", "first_error_line": 3},
         "partial", 4, "holds 5 records: Odd value (line 3)"),
        ({"rows_loaded": 0, "status": "LOAD_FAILED", "first_error": "no"}, "failed", 0, "holds 5 records: no"),
        ({"rows_parsed": 0, "rows_loaded": 0}, "failed", 0, "COPY INTO parsed 0 records"),
    ],
)  # fmt: skip
def test_a_file_of_which_copy_loads_another_number_is_not_whole(
    answer: dict[str, Any], status: str, loaded: int, said: str
) -> None:
    (item,) = copied({FILE: GOOD}, [ROW | answer], ROOT)
    assert (item.status, item.rows_loaded) == (status, loaded)
    assert said in (item.first_error or "")
    assert item.rows_parsed == item.rows_loaded + item.errors


def test_a_file_that_copy_says_nothing_about_is_an_error() -> None:
    with pytest.raises(UnexpectedAnswer, match=r"says nothing about in/a\.csv"):
        copied({FILE: GOOD}, [{"status": "Copy executed with 0 files processed."}], ROOT)


def test_what_is_not_copied_is_accounted_for() -> None:
    for report in (
        Report(("id",), 3, 0, False, "line 5 is blank"),
        Report(None, 0, 0, False, "line 1 is written in UTF-16"),
        Report(None, 0, 0, True, None),
        Report(("id",), 0, 0, False, None),
        Report(("a;b",), 7, 0, False, None),
    ):
        item = refused(FILE, report, ["id"], CSV.no_columns(report))
        assert item is not None
        assert item.rows_loaded == 0
        assert item.rows_parsed == item.errors
    assert refused(FILE, GOOD, ["id"], "none") is None


def test_a_file_that_is_another_one_afterwards_is_not_taken() -> None:
    item = Item("in/a.csv", "e1", 9, "loaded", 5, 5, header='["id"]')
    assert changed([item], [FILE], [FILE]) == [item]
    for now in (StagedFile("in/a.csv", "e2", 9, TIME), StagedFile("in/a.csv", "e1", 9, TIME + timedelta(seconds=1))):
        (other,) = changed([item], [FILE], [now])
        assert (other.status, other.rows_loaded, other.errors) == ("failed", 0, 5)
        assert "changed while it was read" in (other.first_error or "")
    (gone,) = changed([item], [FILE], [])
    assert "was removed while it was read" in (gone.first_error or "")


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([{"file": "weather/in/a.csv", "records": 5, "characters": 20}], "loaded"),
        ([{"file": "in/a.csv", "records": 5, "characters": 19}], "failed"),
        ([{"file": "in/a.csv", "records": 6, "characters": 20}], "failed"),
        ([], "failed"),
    ],
)
def test_what_landed_has_as_many_records_and_characters_as_the_file(rows: list[dict[str, Any]], status: str) -> None:
    (item,) = measured(copied({FILE: GOOD}, [ROW], ROOT), {FILE.path: GOOD}, rows, ROOT)
    assert item.status == status
    assert item.rows_parsed == item.rows_loaded + item.errors
