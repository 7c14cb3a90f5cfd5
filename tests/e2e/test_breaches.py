"""Data that breaks its contract stops its zone, is kept with the reasons, and is announced; mended, nothing is lost."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from local.world import weather_file
from tests.e2e.conftest import Checkout
from tests.e2e.data import weather_by_day

pytestmark = pytest.mark.e2e

Edit = Callable[[list[list[str]]], list[list[str]]]


def cells(content: bytes) -> list[list[str]]:
    return [line.split(",") for line in gzip.decompress(content).decode().splitlines()]


def file_of(rows: list[list[str]]) -> bytes:
    return gzip.compress("".join(f"{','.join(row)}\n" for row in rows).encode())


def edited(column: str, value: str) -> Callable[[bytes], bytes]:
    """The file with one value changed in its third row."""

    def break_it(content: bytes) -> bytes:
        rows = cells(content)
        rows[3][rows[0].index(column)] = value
        return file_of(rows)

    return break_it


def without_column(column: str) -> Callable[[bytes], bytes]:
    def break_it(content: bytes) -> bytes:
        rows = cells(content)
        at = rows[0].index(column)
        return file_of([row[:at] + row[at + 1 :] for row in rows])

    return break_it


BREACHES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "wrong type": (edited("temp", "warm"), "temp"),
    "missing column": (without_column("humid"), "humid"),
    "null": (edited("time_hour", "NA"), "time_hour"),
    "duplicate key": (lambda content: file_of([*cells(content), cells(content)[1]]), "time_hour"),
    "out of range": (edited("humid", "250"), "humid"),
    "empty file": (lambda content: gzip.compress(b""), "weather-"),
    "truncated gzip": (lambda content: content[: len(content) // 2], "weather-"),
}


def test_a_broken_file_stops_its_zone_until_it_is_mended(demo: Checkout) -> None:
    world = demo.world
    (day,) = world.next_days(1)
    whole = weather_file(day)
    gold, flights = demo.gold_by_day("weather"), demo.gold_by_day("flights")
    world.live([day])
    try:
        for breach, (break_it, named) in BREACHES.items():
            world.drop_weather(day, break_it(whole))
            told = len(demo.messages("weather"))

            run = demo.run_zone("weather")

            assert run.state == "failed", breach
            tasks = demo.tasks(run)
            assert tasks["approve.weather"]["state"] == "failed", breach
            assert not [
                name for name, task in tasks.items() if name.startswith("bronze.") and task["state"] == "success"
            ]
            assert demo.gold_by_day("weather") == gold, breach
            (load,) = demo.sql(
                f"select load_id, status from LOCAL_PLATFORM.REGISTER.LOADS where run_id = '{run.run_id}'"
            )
            assert load["STATUS"] == "refused", breach
            kept = demo.sql(
                f"select _reasons from LOCAL_WEATHER.QUARANTINE.WEATHER where _load_id = '{load['LOAD_ID']}'"
            )
            assert kept, breach
            assert any(named in row["_REASONS"] for row in kept), (breach, kept)
            alert = demo.messages("weather")[0]
            assert len(demo.messages("weather")) == told + 1, breach
            for part in ("weather", "met-desk@example.com", "approve.weather", named, "http://127.0.0.1"):
                assert part in alert, (breach, part, alert)
    finally:
        world.drop_weather(day, whole)
    assert demo.gold_by_day("flights") == flights

    assert demo.run_zone("weather").state == "success"
    assert demo.gold_by_day("weather") == gold | {day.isoformat(): weather_by_day()[day.isoformat()]}
    assert any("again" in message or "recovered" in message.lower() for message in demo.messages("weather")[:2])


def test_the_other_zone_never_notices(demo: Checkout) -> None:
    assert demo.run_zone("flights").state == "success"
    assert not [message for message in demo.messages("flights") if "weather-" in message]


def test_a_broken_zone_file_breaks_that_zone_alone(demo: Checkout) -> None:
    path = demo.root / "dags" / "zones" / "flights" / "zone.yml"
    whole = path.read_text()
    airflow = demo.airflow
    try:
        path.write_text(whole.replace("owner:", "ownr:"))
        demo.until(lambda: bool(airflow.import_errors()), 120, "an import error")
        (error,) = airflow.import_errors()
        assert error["filename"] == "flights.py"
        assert "zones/flights/zone.yml: ownr is not a key of a zone file" in error["stack_trace"]
        assert demo.run_zone("weather").state == "success"
    finally:
        path.write_text(whole)
    demo.until(lambda: not airflow.import_errors(), 120, "the import error's end")
