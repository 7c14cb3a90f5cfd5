"""What old loads have left behind goes from the embedded warehouse and from S3, and nothing that is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from assay.contracts.approval import ContractBreach
from assay.ingestion.formats import format_of
from assay.ingestion.landing import Folder, Landed, land_files
from assay.retention import Removed, tidy
from assay.warehouse import Row
from assay.zones import Keep
from tests.plugins.assay.embedded import ZoneOnTrial
from tests.plugins.assay.weather_files import file, path, rows

KEEP = Keep(
    load_tables=timedelta(days=2), refused=timedelta(days=3), files=timedelta(days=4), ledger=timedelta(days=10)
)


def bad(day: int) -> bytes:
    content = rows(day)
    content[0] |= {"temp": "warm"}
    return file(content)


def now(zone: ZoneOnTrial) -> datetime:
    found: datetime = zone.rows("select sysdate() as now")[0]["now"]
    return found


def after(zone: ZoneOnTrial, **time: float) -> Removed:
    """Housekeeping by the zone's loader, so much later."""
    return tidy(zone.warehouse, zone.names, KEEP, now(zone) + timedelta(**time))


def load_tables(zone: ZoneOnTrial) -> set[str]:
    found = zone.rows("select table_name from {db}.information_schema.tables where table_schema = 'LANDING'")
    return {row["table_name"] for row in found}


def table(zone: ZoneOnTrial, run_id: str) -> str:
    return zone.load(run_id).load_table.rpartition(".")[2]


def refuse(zone: ZoneOnTrial, run_id: str) -> ContractBreach:
    zone.land(run_id)
    with pytest.raises(ContractBreach) as refused:
        zone.approve(run_id)
    return refused.value


def counts(zone: ZoneOnTrial) -> dict[str, int]:
    found = {}
    for name in ("loads", "load_files", "check_results"):
        found[name] = int(zone.rows(f"select count(*) as n from {{ledger}}.{name}")[0]["n"])
    return found


def test_load_tables_of_approved_loads_go_and_their_rows_and_files_stay_known(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), file(rows(1)))
    weather.run("run-1")
    weather.drop(path(2), file(rows(2)))
    weather.run("run-2")
    assert after(weather, days=1).tables == ()
    removed = after(weather, days=2, hours=1)
    assert set(removed.tables) == {table(weather, "run-1"), table(weather, "run-2")}
    assert load_tables(weather) == set()
    assert after(weather, days=2, hours=1).summary() == dict.fromkeys(removed.summary(), 0), "again changes nothing"
    assert len(weather.approved()) == 12
    assert weather.run("run-3").rows == 0, "nothing lands again"


def test_approved_files_stay_known_when_their_records_are_compacted(weather: ZoneOnTrial) -> None:
    for day in range(1, 5):
        weather.drop(path(day), file(rows(day)))
        weather.run(f"run-{day}")
    before = weather.approved()
    removed = after(weather, days=11)
    assert removed.compacted_loads == 3, "the newest approved one stays"
    assert after(weather, days=11).compacted_loads == 0
    assert counts(weather)["loads"] == 2
    assert counts(weather)["load_files"] == 4
    weather.drop(path(5), file(rows(5)))
    assert [item.path for item in weather.land("run-5").items] == [path(5)]
    weather.approve("run-5")
    assert [row for row in weather.approved() if row["time_hour"].day < 5] == before
    assert after(weather, days=11).compacted_loads == 1
    assert weather.land("run-6").items == ()


def test_a_standing_breach_is_landed_once_and_its_quarantine_stays(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), bad(1))
    first = refuse(weather, "run-1")
    assert not first.standing
    before = counts(weather), weather.quarantined(), load_tables(weather)
    for number in range(2, 6):
        again = refuse(weather, f"run-{number}")
        assert again.standing
        assert again.problem == first.problem
        assert f"nothing has changed since load {weather.load('run-1').id} was refused" in str(again)
        assert "temp is not a number" in str(again)
    after_them = counts(weather), weather.quarantined(), load_tables(weather)
    assert after_them[1:] == before[1:]
    assert after_them[0] == before[0] | {"loads": 5}, "a record of each run, and nothing else"
    removed = after(weather, days=100)
    assert (removed.tables, removed.quarantined_rows, removed.refused_loads, removed.records) == ((), 0, 0, 3)
    assert weather.quarantined() == before[1]
    assert refuse(weather, "run-6").standing


@pytest.mark.parametrize("change", ["the file", "the contract", "another file", "the file is taken away"])
def test_a_breach_stands_until_something_changes(weather: ZoneOnTrial, change: str, monkeypatch: Any) -> None:
    weather.drop(path(1), bad(1))
    refuse(weather, "run-1")
    assert refuse(weather, "run-2").standing
    if change == "the file":
        weather.drop(path(1), file(rows(1)))
    elif change == "another file":
        weather.drop(path(2), file(rows(2)))
    elif change == "the file is taken away":
        weather.remove(path(1))
    else:
        from assay.contracts import Contract

        monkeypatch.setattr(Contract, "digest", "another")
    if change in ("the file", "the file is taken away"):
        weather.run("run-3")
        removed = after(weather, days=4)
        assert removed.refused_loads == 1
        assert removed.quarantined_rows == 1
        assert weather.quarantined() == []
        assert weather.rows("select * from {ledger}.loads where status = 'refused'") == []
    else:
        assert not refuse(weather, "run-3").standing
        assert table(weather, "run-3") in load_tables(weather)
        assert after(weather, days=4).refused_loads == 1
        assert {row["_load_id"] for row in weather.quarantined()} == {weather.load("run-3").id}


def test_the_same_problem_beside_new_good_files_is_known_as_the_same(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), bad(1))
    first = refuse(weather, "run-1")
    weather.drop(path(2), file(rows(2)))
    assert refuse(weather, "run-2").problem == first.problem
    changed = rows(1)
    changed[0] |= {"temp": "cold"}
    weather.drop(path(1), file(changed))
    assert refuse(weather, "run-3").problem != first.problem


def test_a_run_that_finds_nothing_new_makes_no_load_table(weather: ZoneOnTrial) -> None:
    for number in range(3):
        assert weather.run(f"run-{number}").rows == 0
    assert load_tables(weather) == set()
    assert after(weather, days=3).records == 2


def snapshot(zone: ZoneOnTrial, run_id: str) -> Landed:
    """What a job's pod has written for its load, landed."""
    load = zone.load(run_id, source="weather_job")
    prefix = f"loads/weather_job/{load.id}/"
    zone.drop(f"{prefix}part-1.csv.gz", file(rows(1)))
    columns = [column.name for column in zone.contract().columns]
    return land_files(zone.warehouse, load, columns, Folder(prefix, null_if=("NA", ""), snapshot=True))


def keys(zone: ZoneOnTrial) -> list[str]:
    listed = zone.s3.list_objects_v2(Bucket=f"assay-{zone.names.environment}-landing").get("Contents", [])
    return [each["Key"] for each in listed]


def test_files_of_old_loads_go_and_what_others_dropped_stays(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), file(rows(1)))
    for number in range(2):
        snapshot(weather, f"run-{number}")
        from assay.contracts.approval import approve_load

        approve_load(weather.warehouse, weather.load(f"run-{number}", source="weather_job"), weather.contract())
    weather.drop("loads/weather_job/L00000000DEAD/part-1.csv.gz", b"a load that was never recorded")
    assert after(weather, hours=20).folders == ()
    assert len(after(weather, days=5).folders) == 3
    assert keys(weather) == [f"weather/{path(1)}"]


def test_readers_of_earlier_versions_go_and_the_present_one_stays(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), file(rows(1)))
    weather.land("run-1")
    schema = weather.names.schema("landing")
    for name in ("read_csv_0123456789ab", "read_csv_by_hand"):
        weather.warehouse.execute(
            f"create function {schema}.{name}(url varchar, name varchar, options varchar) returns varchar "
            "language python runtime_version = '3.11' handler = 'report' as $$def report(*_): return ''$$"
        )
    assert after(weather, minutes=1).functions == ("READ_CSV_0123456789AB",)
    assert after(weather, minutes=1).functions == ()
    left = {row["name"] for row in weather.warehouse.execute(f"show user functions in schema {schema}")}
    assert left == {format_of("csv").reader_name.upper(), "READ_CSV_BY_HAND"}


class Stopped(BaseException):
    """A kill."""


@contextmanager
def stopping(zone: ZoneOnTrial, statement: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The loader's session dies before its n-th statement from here."""
    left = [statement]
    execute = zone.warehouse.execute

    def dying(sql: str, params: Any = None) -> list[Row]:
        if not left[0] and sql != "rollback":
            raise Stopped
        left[0] -= bool(left[0])
        return execute(sql, params)

    with monkeypatch.context() as patched:
        patched.setattr(zone.warehouse, "execute", dying)
        try:
            yield
        except Stopped:
            execute("rollback")  # what its session had open ends with it


def test_housekeeping_that_is_killed_anywhere_is_finished_by_the_next(
    weather: ZoneOnTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (1, 2):
        weather.drop(path(day), file(rows(day)))
        weather.run(f"run-{day}")
    weather.drop(path(3), bad(3))
    refuse(weather, "run-3")
    weather.drop(path(3), file(rows(3)))
    weather.run("run-4")
    approved = weather.approved()
    for statement in range(40):
        with stopping(weather, statement, monkeypatch):
            after(weather, days=11)
            break
    else:
        raise AssertionError("housekeeping takes more statements than this test allows for")
    assert statement > 8
    assert load_tables(weather) == set()
    assert weather.quarantined() == []
    assert weather.approved() == approved
    found = weather.rows("select load_id, status from {ledger}.loads order by landed_at")
    assert [row["status"] for row in found] == ["approved", "approved"]
    assert counts(weather)["load_files"] == 3
    assert weather.land("run-5").items == ()
