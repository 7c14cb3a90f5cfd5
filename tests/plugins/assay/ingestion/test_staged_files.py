"""Which files a load takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from assay.ingestion.staged_files import StagedFile, choose, relative, staged_files
from assay.ingestion.window import Window, WrongWindow, window_of

ROOT = "s3://bucket/weather"
CSV = r".*\.csv(\.gz)?"
DAY = r"\d{4}-\d{2}-\d{2}"
NOON = datetime(2026, 11, 27, 12)
FIRST, SECOND = StagedFile("in/w-2013-01-01.csv", "a", 9, NOON), StagedFile("in/w-2013-01-02.csv.gz", "b", 9, NOON)


@pytest.mark.parametrize("name", ["s3://bucket/weather/in/a.csv", "weather/in/a.csv", "in/a.csv"])
def test_a_staged_file_is_known_by_its_path_below_the_zone(name: str) -> None:
    assert relative(name, ROOT) == "in/a.csv"


def test_a_listing_s_folders_are_left_out_and_fingerprints_are_bare() -> None:
    rows = [
        {"name": "s3://bucket/weather/in/", "size": 0, "md5": "x", "last_modified": "Fri, 27 Nov 2026 11:00:00 GMT"},
        {
            "name": "s3://bucket/weather/in/a.csv",
            "size": 3,
            "md5": '"abc"',
            "last_modified": "Fri, 27 Nov 2026 12:00:00 GMT",
        },
    ]
    assert staged_files(rows, ROOT) == [StagedFile("in/a.csv", "abc", 3, NOON)]


def test_what_an_approved_load_brought_is_not_taken_again_unless_it_changed() -> None:
    approved = {("in/w-2013-01-01.csv", "a", NOON), ("in/w-2013-01-02.csv.gz", "an older content", NOON)}
    assert choose([SECOND, FIRST], approved, CSV, DAY, None) == [SECOND]


def test_a_file_that_was_written_again_is_new_and_earlier_versions_did_not_record_when_it_was() -> None:
    again = replace(FIRST, modified=NOON + timedelta(seconds=1))
    assert choose([again], {(FIRST.path, FIRST.etag, NOON)}, CSV, DAY, None) == [again]
    assert choose([again], {(FIRST.path, FIRST.etag, None)}, CSV, DAY, None) == []


def test_files_are_taken_by_name_and_others_are_left() -> None:
    other = StagedFile("in/readme.txt", "c", 9, NOON)
    assert choose([SECOND, other, FIRST], set(), CSV, DAY, None) == [FIRST, SECOND]


def test_days_in_the_window_are_taken_again() -> None:
    undated, no_day = StagedFile("in/w.csv", "c", 9, NOON), StagedFile("in/w-2013-13-99.csv", "d", 9, NOON)
    listed = [FIRST, SECOND, undated, no_day]
    approved = {(file.path, file.etag, NOON) for file in listed}
    window = Window(date(2013, 1, 2), date(2013, 1, 5))
    assert choose(listed, approved, CSV, DAY, window) == [SECOND]


def test_a_first_day_alone_means_that_day() -> None:
    assert window_of({}) is None
    assert window_of({"backfill_from": "", "backfill_to": None}) is None
    assert window_of({"backfill_from": "2013-01-02"}) == Window(date(2013, 1, 2), date(2013, 1, 2))


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"backfill_to": "2013-01-02"}, "without backfill_from"),
        ({"backfill_from": "2013-01-03", "backfill_to": "2013-01-02"}, "swap them"),
        ({"backfill_from": "January"}, 'backfill_from "January" is not a date such as'),
    ],
)
def test_a_window_that_is_none_is_refused_in_words(params: dict[str, str], said: str) -> None:
    with pytest.raises(WrongWindow, match=said):
        window_of(params)
