from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from local.company.flights_api import data

LINES = """\
2013,1,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-01T10:00:00Z
2013,1,2,NA,1630,NA,NA,1815,NA,EV,4308,NA,EWR,RDU,NA,416,16,30,2013-01-02T21:00:00Z
"""
DEPARTED, CANCELLED = (line.split(",") for line in LINES.splitlines())


def test_numbers_are_numbers_and_na_is_null() -> None:
    assert data.as_record(DEPARTED)["dep_delay"] == 2
    assert data.as_record(DEPARTED)["tailnum"] == "N14228"
    cancelled = data.as_record(CANCELLED)
    assert [cancelled[name] for name in ("dep_time", "arr_delay", "tailnum", "air_time")] == [None] * 4
    assert list(cancelled) == list(data.COLUMNS)


def test_a_flight_is_named_by_what_was_scheduled() -> None:
    assert data.flight_id(DEPARTED) == "UA-1545-EWR-20130101-0515"
    assert data.flight_id(CANCELLED) == "EV-4308-EWR-20130102-1630"


def test_a_day_is_known_at_the_midnight_after_it() -> None:
    assert data.closed_at("2013-12-31") == "2014-01-01T00:00:00Z"
    assert data.closed_at("2013-01-31", seconds_later=61) == "2013-02-01T00:01:01Z"


def test_names_are_unique_in_the_whole_data_set() -> None:
    names = [data.flight_id(row) for row in data.read_rows(data.package_archive())]
    assert len(set(names)) == len(names) == 336_776


def test_an_archive_with_other_columns_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "flights.csv.zip", "w") as bundle:
        bundle.writestr("flights.csv", "a,b\n1,2\n")
    with pytest.raises(ValueError, match="has the columns"):
        list(data.read_rows(tmp_path / "flights.csv.zip"))
