"""A load is cut out of what syncs have appended: each key's newest unapproved record, and no sync twice."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from assay.contracts.approval import ContractBreach, Outcome, approve_load
from assay.ingestion.airbyte.syncs import NoStream, land_syncs
from assay.ingestion.landing import Landed
from assay.ingestion.window import Window, WrongWindow
from tests.plugins.assay.embedded import ZoneOnTrial

DAY = "date_from_parts(year, month, day)"
COLUMNS = {
    "flight_id": "varchar", "carrier": "varchar", "tailnum": "varchar", "origin": "varchar", "dest": "varchar",
    "time_hour": "timestamp_tz", "updated_at": "timestamp_tz",
} | dict.fromkeys(
    ("year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay",
     "flight", "air_time", "distance", "hour", "minute"),
    "number(38, 0)",
)  # fmt: skip


def record(number: int, day: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "flight_id": f"UA-{number}-EWR-201301{day:02d}-0515", "year": 2013, "month": 1, "day": day, "dep_time": 517,
        "sched_dep_time": 515, "dep_delay": 2, "arr_time": 830, "sched_arr_time": 819, "arr_delay": 11,
        "carrier": "UA", "flight": number, "tailnum": "N14228", "origin": "EWR", "dest": "IAH", "air_time": 227,
        "distance": 1400, "hour": 5, "minute": 15, "time_hour": f"2013-01-{day:02d}T10:00:00Z",
        "updated_at": f"2013-01-{day + 1:02d}T00:00:00Z",
    } | changes  # fmt: skip


class Stream:
    """The table Airbyte appends to, and the zone's tasks on it."""

    def __init__(self, zone: ZoneOnTrial) -> None:
        self.zone = zone
        self.table = zone.names.schema("landing.flights")
        typed = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        zone.warehouse.execute(
            f"create table {self.table} ({typed}, _airbyte_raw_id varchar, _airbyte_extracted_at timestamp_tz, "
            "_airbyte_meta variant, _airbyte_generation_id number(38, 0))"
        )

    def sync(
        self,
        job: int | None,
        *records: dict[str, Any],
        changes: list[dict[str, str]] | None = None,
        at: str | None = None,
        generation: int | None = 0,
    ) -> None:
        """Airbyte's job `job` brings the records, extracted at a time of day; each job an hour after the one before."""
        names = ", ".join(COLUMNS)
        picked = ", ".join(f"r.value:{name}::{kind}" for name, kind in COLUMNS.items())
        at = at or f"{job or 0:02d}:00:00"
        meta = json.dumps(({"sync_id": job} if job is not None else {}) | {"changes": changes or []})
        self.zone.warehouse.execute(
            f"insert into {self.table} ({names}, _airbyte_raw_id, _airbyte_extracted_at, _airbyte_meta, "
            "_airbyte_generation_id) "
            f"select {picked}, uuid_string(), '2026-11-21T{at}Z'::timestamp_tz, parse_json(%(meta)s), "
            f"{'null' if generation is None else generation} "
            "from table(flatten(input => parse_json(%(records)s))) as r",
            {"meta": meta, "records": json.dumps(records)},
        )

    def land(self, run_id: str, window: Window | None = None, day: str | None = DAY) -> Landed:
        contract = self.zone.contract("flights")
        load = self.zone.load(run_id, "flights_api", "flights")
        columns = [column.name for column in contract.columns]
        return land_syncs(self.zone.warehouse, load, "flights", columns, day, window)

    def approve(self, run_id: str) -> Outcome:
        load = self.zone.load(run_id, "flights_api", "flights")
        return approve_load(self.zone.warehouse, load, self.zone.contract("flights"))

    def refuse(self, run_id: str) -> str:
        with pytest.raises(ContractBreach) as refused:
            self.approve(run_id)
        return str(refused.value)

    def approved(self) -> dict[int, int]:
        """Delay at departure by flight number."""
        rows = self.zone.rows("select flight, dep_delay from {db}.bronze.src_flights")
        assert len(rows) == len({row["flight"] for row in rows})
        return {row["flight"]: row["dep_delay"] for row in rows}


@pytest.fixture
def stream(flights: ZoneOnTrial) -> Stream:
    return Stream(flights)


def test_each_load_covers_the_syncs_that_no_approved_load_has(stream: Stream) -> None:
    stream.sync(1, record(1), record(2))
    assert [item.path for item in stream.land("run-1").items] == ["sync/1"]
    assert stream.approve("run-1").approved == 2
    stream.sync(2, record(2, dep_delay=60), record(3))
    landed = stream.land("run-2")
    assert ([item.path for item in landed.items], landed.rows) == (["sync/2"], 2)
    stream.approve("run-2")
    assert stream.approved() == {1: 2, 2: 60, 3: 2}
    row = stream.zone.rows("select * from {db}.bronze.src_flights where flight = 1")[0]
    assert str(row["time_hour"]) == "2013-01-01 10:00:00"


def test_a_sync_without_records_is_nothing_new(stream: Stream) -> None:
    stream.sync(1, record(1))
    stream.land("run-1")
    stream.approve("run-1")
    assert stream.land("run-2").rows == 0
    assert stream.approve("run-2").approved == 0
    assert stream.approved() == {1: 2}


def test_refused_records_come_again_and_a_corrected_one_supersedes_by_its_key(stream: Stream) -> None:
    stream.sync(1, record(1), record(2, origin="BOS"))
    stream.land("run-1")
    assert "origin is not one of EWR, JFK, LGA in 1 of 2 rows" in stream.refuse("run-1")
    stream.sync(2, record(2, origin="JFK"))
    landed = stream.land("run-2")
    assert ([item.path for item in landed.items], landed.rows) == (["sync/1", "sync/2"], 3)
    stream.approve("run-2")
    assert stream.approved() == {1: 2, 2: 2}


def test_a_record_delivered_twice_in_a_sync_is_one_and_two_different_ones_are_a_breach(stream: Stream) -> None:
    stream.sync(1, record(1), record(1))
    assert stream.land("run-1").rows == 2
    assert stream.approve("run-1").approved == 1
    stream.sync(2, record(2), record(2, dep_delay=60))
    stream.land("run-2")
    assert "flight_id occurs more than once with different values in 2 of 2 rows" in stream.refuse("run-2")


def test_a_value_that_airbyte_could_not_convert_is_a_breach_of_its_type(stream: Stream) -> None:
    changes = [{"field": "dep_delay", "change": "NULLED", "reason": "DESTINATION_SERIALIZATION_ERROR"}]
    stream.sync(1, record(1, dep_delay=None), changes=changes)
    stream.sync(2, record(2, dep_delay=None))
    stream.land("run-1")
    assert "dep_delay is not a whole number in 1 of 2 rows" in stream.refuse("run-1")
    (kept,) = stream.zone.rows("select flight_id, _reasons from {db}.quarantine.flights")
    assert (kept["flight_id"], kept["_reasons"]) == (record(1)["flight_id"], "dep_delay is not a whole number")


def test_a_column_that_the_stream_lost_is_named(stream: Stream) -> None:
    stream.sync(1, record(1))
    stream.zone.warehouse.execute(f"alter table {stream.table} drop column air_time")
    stream.land("run-1")
    assert "what landed lacks the column air_time" in stream.refuse("run-1")
    (kept,) = stream.zone.rows("select _reasons from {db}.quarantine.flights")
    assert kept["_reasons"] == "what landed lacks the column air_time"


def test_days_are_cut_again_from_the_landed_copy(stream: Stream) -> None:
    stream.sync(1, record(1, day=1), record(2, day=2))
    stream.land("run-1")
    stream.approve("run-1")
    stream.sync(2, record(3, day=3))
    landed = stream.land("run-2", Window(date(2013, 1, 2), date(2013, 1, 2)))
    assert landed.rows == 2, "what is new, and the day that is taken again"
    assert stream.approve("run-2").approved == 2
    loads = {row["flight"]: row["_load_id"] for row in stream.zone.rows("select * from {db}.bronze.src_flights")}
    first, second = (stream.zone.load(run, "flights_api", "flights").id for run in ("run-1", "run-2"))
    assert loads == {1: first, 2: second, 3: second}


def test_days_cannot_be_taken_again_where_the_zone_does_not_say_what_a_day_is(stream: Stream) -> None:
    stream.sync(1, record(1))
    with pytest.raises(WrongWindow, match="gives the source a `day`"):
        stream.land("run-1", Window(date(2013, 1, 1), date(2013, 1, 1)), day=None)


def test_a_stream_without_a_table_is_said_so(flights: ZoneOnTrial) -> None:
    load = flights.load("run-1", "flights_api", "flights")
    with pytest.raises(NoStream, match=r"Airbyte has made no table T\d+_FLIGHTS\.LANDING\.FLIGHTS"):
        land_syncs(flights.warehouse, load, "flights", ["flight_id"])


def test_a_sync_with_the_number_of_an_earlier_one_is_new_by_its_generation_or_its_time(stream: Stream) -> None:
    """Airbyte was installed again, then a stream was refreshed: the first sync has number 1 each time."""
    stream.sync(1, record(1), record(2))
    stream.land("run-1")
    stream.approve("run-1")
    stream.sync(1, record(2, dep_delay=9), record(3), at="08:00:00")
    landed = stream.land("run-2")
    assert ([item.path for item in landed.items], landed.rows) == (["sync/1"], 2)
    stream.approve("run-2")
    assert stream.approved() == {1: 2, 2: 9, 3: 2}
    stream.sync(1, record(4), at="00:30:00", generation=1)
    assert stream.land("run-3").rows == 1
    stream.approve("run-3")
    assert sorted(stream.approved()) == [1, 2, 3, 4]
    assert stream.land("run-4").rows == 0


def test_records_of_a_clock_that_goes_back_are_not_lost(stream: Stream) -> None:
    """The new Airbyte's clock is an hour behind, and its first sync has number and generation of the one before."""
    stream.sync(1, record(1), at="09:00:00")
    stream.land("run-1")
    stream.approve("run-1")
    stream.sync(1, record(1, dep_delay=60), record(2), at="08:00:00")
    stream.land("run-2")
    stream.approve("run-2")
    assert stream.approved() == {1: 2, 2: 2}, "what was extracted last decides"
    assert stream.land("run-3").rows == 0


def test_syncs_that_an_earlier_version_approved_are_known_by_when_they_landed(stream: Stream) -> None:
    stream.sync(1, record(1))
    stream.land("run-1")
    stream.approve("run-1")
    ledger = stream.zone.names.ledger
    stream.zone.warehouse.execute(f"update {ledger}.load_files set etag = ''")
    stream.zone.warehouse.execute(f"update {ledger}.loads set landed_at = '2026-11-21T02:00:00'")
    assert stream.land("run-2").rows == 0
    stream.approve("run-2")
    stream.sync(1, record(2), at="03:00:00")
    assert stream.land("run-3").rows == 1


def test_records_without_a_sync_s_number_or_generation_are_taken(stream: Stream) -> None:
    stream.sync(None, record(1), generation=None)
    landed = stream.land("run-1")
    assert ([item.path for item in landed.items], landed.rows) == (["sync/none"], 1)
    stream.approve("run-1")
    assert stream.land("run-2").rows == 0
    stream.approve("run-2")
    stream.sync(None, record(2), generation=None, at="05:00:00")
    assert stream.land("run-3").rows == 1
    stream.approve("run-3")
    assert stream.approved() == {1: 2, 2: 2}


def test_a_record_that_does_not_say_when_it_was_extracted_is_refused(stream: Stream) -> None:
    stream.sync(7, record(1))
    stream.zone.warehouse.execute(f"update {stream.table} set _airbyte_extracted_at = null")
    with pytest.raises(NoStream, match="holds 1 records of sync 7 without _airbyte_extracted_at"):
        stream.land("run-1")


def test_a_table_that_airbyte_s_destination_did_not_write_is_refused(stream: Stream) -> None:
    stream.zone.warehouse.execute(f"alter table {stream.table} drop column _airbyte_meta")
    with pytest.raises(NoStream, match="has no _airbyte_meta; let Airbyte's own Snowflake destination write it"):
        stream.land("run-1")


def test_of_a_key_that_a_sync_brings_twice_the_record_that_was_extracted_last_counts(stream: Stream) -> None:
    stream.sync(1, record(1, dep_delay=9), at="02:00:00")
    stream.sync(1, record(1, dep_delay=5), at="01:00:00")
    stream.land("run-1")
    stream.approve("run-1")
    assert stream.approved() == {1: 9}
