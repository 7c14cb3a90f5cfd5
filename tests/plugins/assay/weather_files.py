"""Weather files as the met desk drops them, made small, and broken on purpose."""

from __future__ import annotations

import csv
import gzip
import io

HEADER = (
    "origin", "year", "month", "day", "hour", "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip",
    "pressure", "visib", "time_hour",
)  # fmt: skip
STATIONS = ("EWR", "JFK", "LGA")


def rows(day: int, hours: int = 2) -> list[dict[str, str]]:
    """`hours` readings of each station on a day of January 2013."""
    return [
        {
            "origin": station, "year": "2013", "month": "1", "day": str(day), "hour": str(hour), "temp": "39.02",
            "dewp": "26.06", "humid": "59.37", "wind_dir": "270", "wind_speed": "10.357019999999999",
            "wind_gust": "NA", "precip": "0", "pressure": "1012", "visib": "10",
            "time_hour": f"2013-01-{day:02d}T{hour + 5:02d}:00:00Z",
        }
        for hour in range(hours)
        for station in STATIONS
    ]  # fmt: skip


def file(content: list[dict[str, str]], without: str | None = None) -> bytes:
    text = io.StringIO()
    names = [name for name in HEADER if name != without]
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(content)
    return gzip.compress(text.getvalue().encode(), mtime=0)


def path(day: int) -> str:
    return f"incoming/weather-2013-01-{day:02d}.csv.gz"
