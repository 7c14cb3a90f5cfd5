"""Every breakage really breaks the file, in the way it says."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import date
from typing import get_args

import pytest

from local.company.breakages import WEATHER, How
from local.company.demo_company import weather_file

WHOLE = weather_file(date(2013, 1, 4))


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(gzip.decompress(content).decode())))


def changed(how: How) -> list[tuple[str, str, str]]:
    """Column, value before and value after, wherever the broken file differs."""
    return [
        (column, before[column], after[column])
        for before, after in zip(rows(WHOLE), rows(WEATHER[how].apply(WHOLE)), strict=True)
        for column in before
        if before[column] != after[column]
    ]


@pytest.mark.parametrize(("how", "column", "value"), [
    ("wrong-type", "temp", "warm"), ("null", "time_hour", "NA"), ("out-of-range", "humid", "250"),
])  # fmt: skip
def test_one_value_is_wrong_and_nothing_else(how: How, column: str, value: str) -> None:
    ((where, before, after),) = changed(how)
    assert (where, after) == (column, value)
    assert before != value


def test_a_missing_column_takes_nothing_else_with_it() -> None:
    broken = rows(WEATHER["missing-column"].apply(WHOLE))
    assert broken == [{key: value for key, value in row.items() if key != "humid"} for row in rows(WHOLE)]


def test_a_duplicate_is_one_row_more_of_the_same_hour_with_another_humidity() -> None:
    first, more = rows(WHOLE)[0], rows(WEATHER["duplicate"].apply(WHOLE))
    assert more[:-1] == rows(WHOLE)
    assert {name for name in first if first[name] != more[-1][name]} == {"humid"}


def test_an_empty_file_is_a_whole_archive_of_nothing() -> None:
    assert gzip.decompress(WEATHER["empty"].apply(WHOLE)) == b""


def test_a_truncated_file_cannot_be_unpacked() -> None:
    with pytest.raises(EOFError):
        gzip.decompress(WEATHER["truncated"].apply(WHOLE))


def test_the_command_line_offers_every_breakage() -> None:
    assert set(get_args(How)) == set(WEATHER)
