"""The models on the embedded warehouse, run as pods run them. These tests tell one story and build on each other."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest
from openlineage.client.serde import Serde

from assay.lineage.events import built, published
from assay.lineage.run_context import RunContext
from assay.pods.results import ResultLines
from tests import lineage

from . import approved
from .conftest import Pod, Run, Warehouse

WEATHER = ("path:models/weather", "path:tests/weather")
FLIGHTS = ("path:models/flights", "path:tests/flights", "path:seeds/flights", "path:snapshots/flights")
GOLD = "LOCAL_FLIGHTS.GOLD_NEXT"


def build(pod: Pod, warehouse: Warehouse, zone: str) -> Run:
    warehouse.cut_candidate(zone)
    return pod(zone, "build", "--exclude", "tag:smoke", "--select", *(WEATHER if zone == "weather" else FLIGHTS))


def flights_per_day(warehouse: Warehouse) -> dict[date, int]:
    return dict(
        warehouse.query(f"select flight_date, sum(legs_scheduled) from {GOLD}.daily_punctuality group by flight_date")
    )


def package_count(*days: int) -> dict[date, int]:
    counted = Counter(int(row["day"] or 0) for row in approved.january("flights", *days))
    return {date(2013, 1, day): count for day, count in counted.items()}


@pytest.fixture(scope="module")
def logs() -> dict[str, str]:
    """What the first pod of each zone has said."""
    return {}


@pytest.fixture(scope="module")
def three_days(warehouse: Warehouse) -> Warehouse:
    return warehouse


def test_weather_builds_from_nothing_and_has_every_reading(
    pod: Pod, three_days: Warehouse, logs: dict[str, str]
) -> None:
    run = build(pod, three_days, "weather")
    assert run.code == 0, run.output
    logs["weather"] = run.output
    hours = three_days.one("select count(*) from LOCAL_WEATHER.GOLD_NEXT.hourly_weather")
    assert hours == len(approved.january("weather", 1, 2, 3))


def test_smoke_tests_pass_on_the_very_first_release(pod: Pod, three_days: Warehouse) -> None:
    run = pod("weather", "test", "--select", "tag:smoke,path:tests/weather")
    assert run.code == 0, run.output
    three_days.publish("weather")


def test_flights_build_from_nothing_and_count_every_flight(
    pod: Pod, three_days: Warehouse, logs: dict[str, str]
) -> None:
    run = build(pod, three_days, "flights")
    assert run.code == 0, run.output
    logs["flights"] = run.output
    assert flights_per_day(three_days) == package_count(1, 2, 3)


def test_what_the_pods_have_said_is_dbts_own_graph_in_one_piece(
    three_days: Warehouse, logs: dict[str, str], manifest: dict[str, Any]
) -> None:
    events = []
    for zone, log in logs.items():
        lines = ResultLines()
        lines.read(log.splitlines())
        assert lines.complete
        run_context = RunContext(
            "assay/local", zone, "scheduled__2013-01-03", "release.publish", 1, "2013-01-04T00:00:00Z"
        )
        gold = [node.relation for node in lines.results().nodes if node.layer == "gold"]
        events += built(lines.results(), run_context)
        events += published(
            {each: each.replace("GOLD_NEXT", "GOLD") for each in gold}, "snowflake://assay", run_context
        )
    lineage.check([json.loads(Serde.to_json(event)) for event in events], manifest)


def test_building_again_changes_nothing(pod: Pod, three_days: Warehouse) -> None:
    def contents() -> list[Any]:
        return [
            three_days.query("select count(*), count(distinct leg_id) from LOCAL_FLIGHTS.SILVER.fct_legs"),
            three_days.query("select count(*), max(aircraft_key) from LOCAL_FLIGHTS.SILVER.dim_aircraft"),
            three_days.query("select count(*) from LOCAL_FLIGHTS.SILVER.carrier_history"),
            flights_per_day(three_days),
        ]

    before = contents()
    run = build(pod, three_days, "flights")
    assert run.code == 0, run.output
    assert contents() == before


def test_a_new_day_is_read_alone(pod: Pod, three_days: Warehouse) -> None:
    """A mark on rows that were read before survives, so they were not read again (the lookback spans the last load)."""
    three_days.query("update LOCAL_FLIGHTS.SILVER.fct_legs set flight_number = -1 where flight_date = '2013-01-01'")
    three_days.approve(approved.FLIGHTS, approved.flight_rows(4), "LDAY4", "2026-11-04T00:00:00")
    three_days.approve(approved.WEATHER, approved.january("weather", 4), "LDAY4", "2026-11-04T00:00:00")
    for zone in ("weather", "flights"):
        run = build(pod, three_days, zone)
        assert run.code == 0, run.output
    marked = three_days.one("select count(*) from LOCAL_FLIGHTS.SILVER.fct_legs where flight_number = -1")
    assert marked == package_count(1)[date(2013, 1, 1)]
    assert flights_per_day(three_days) == package_count(1, 2, 3, 4)


def test_a_corrected_flight_replaces_its_row(pod: Pod, three_days: Warehouse) -> None:
    one = approved.flight_rows(2)[0]
    three_days.query(f"delete from LOCAL_FLIGHTS.BRONZE.SRC_FLIGHTS where flight_id = '{one['flight_id']}'")
    three_days.approve(approved.FLIGHTS, [one | {"arr_delay": "999"}], "LFIX", "2026-11-05T00:00:00")
    assert pod("flights", "run", "--select", "fct_legs").code == 0
    found = three_days.query(
        f"select arrival_delay_minutes from LOCAL_FLIGHTS.SILVER.fct_legs where leg_id = '{one['flight_id']}'"
    )
    assert found == [(999,)]


def test_a_changed_aircraft_gets_a_version_and_a_key_of_its_own(pod: Pod, three_days: Warehouse) -> None:
    last_key = three_days.one("select max(aircraft_key) from LOCAL_FLIGHTS.SILVER.dim_aircraft")
    three_days.query(
        "update LOCAL_FLIGHTS.BRONZE.SRC_PLANES set seats = 500, _approved_at = '2026-11-06' where tailnum = 'N102UW'"
    )
    assert pod("flights", "run", "--select", "dim_aircraft").code == 0
    versions = three_days.query(
        "select seats, is_current, year(valid_from), valid_to is null, aircraft_key > "
        f"{last_key} from LOCAL_FLIGHTS.SILVER.dim_aircraft where tail_number = 'N102UW' order by valid_from"
    )
    assert versions == [(182, False, 1900, False, False), (500, True, 2026, True, True)]
    assert three_days.one("select count_if(is_current) from LOCAL_FLIGHTS.SILVER.dim_aircraft") == 3322


def test_a_dimension_refuses_keys_that_are_missing_or_not_unique(pod: Pod, three_days: Warehouse) -> None:
    before = three_days.query("select * from LOCAL_FLIGHTS.SILVER.dim_aircraft order by aircraft_key")
    planes = "LOCAL_FLIGHTS.BRONZE.SRC_PLANES"
    three_days.query(f"create table {planes}_kept as select * from {planes}")
    three_days.query(f"insert into {planes} select * from {planes}_kept where tailnum = 'N102UW'")
    three_days.query(f"update {planes} set tailnum = null where tailnum = 'N103US'")
    run = pod("flights", "run", "--select", "dim_aircraft")
    three_days.query(f"delete from {planes}")
    three_days.query(f"insert into {planes} select * from {planes}_kept")
    three_days.query(f"drop table {planes}_kept")
    assert run.code == 1, run.output
    said = "has 1 rows without tail_number and 1 rows whose tail_number another row has, too"
    assert said in " ".join(run.output.split())
    assert three_days.query("select * from LOCAL_FLIGHTS.SILVER.dim_aircraft order by aircraft_key") == before


def test_a_failing_test_keeps_its_rows_and_a_passing_one_keeps_nothing(pod: Pod, three_days: Warehouse) -> None:
    broken = approved.flight_rows(3)[0] | {"flight_id": "BROKEN", "carrier": "??"}
    three_days.approve(approved.FLIGHTS, [broken], "LBROKEN", "2026-11-07T00:00:00")
    run = pod("flights", "test", "--select", "flight_records")
    three_days.query("delete from LOCAL_FLIGHTS.BRONZE.SRC_FLIGHTS where flight_id = 'BROKEN'")
    assert run.code == 1
    failed = {name: result for name, result in run.results().items() if result["status"] == "fail"}
    assert list(failed) == ["flight_records_carrier_code_has_two_letters_or_digits"]
    kept = "LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__flight_records_carrier_code_has_two_letters_or_digits"
    assert kept.lower() in run.output.lower()
    assert three_days.query(f"select flight_id, carrier_code from {kept}") == [("BROKEN", "??")]
    tables = three_days.query("select table_name from LOCAL_FLIGHTS.information_schema.tables")
    assert ("DBT_TEST__UNIQUE_FLIGHT_RECORDS_FLIGHT_ID",) not in tables


def test_a_warning_is_in_the_results_and_fails_nothing(pod: Pod, three_days: Warehouse) -> None:
    run = pod("flights", "test", "--select", "fct_legs", "--exclude", "tag:smoke")
    assert run.code == 0, run.output
    warned = {name for name, result in run.results().items() if result["status"] == "warn"}
    assert warned == {"legs_go_to_known_airports"}


def test_smoke_tests_refuse_a_candidate_that_lost_a_day_and_a_column(pod: Pod, three_days: Warehouse) -> None:
    three_days.publish("flights")
    three_days.cut_candidate("flights")
    smoke = ("flights", "test", "--select", "tag:smoke,path:tests/flights")
    run = pod(*smoke)
    assert run.code == 0, run.output
    three_days.query(f"delete from {GOLD}.daily_punctuality where flight_date = '2013-01-02'")
    three_days.query(f"alter table {GOLD}.fleet_age drop column average_seats")
    run = pod(*smoke)
    assert run.code == 1
    assert {name for name, result in run.results().items() if result["status"] == "fail"} == {
        "flights_candidate_keeps_its_rows",
        "flights_candidate_keeps_every_day",
        "flights_candidate_keeps_its_columns",
    }
