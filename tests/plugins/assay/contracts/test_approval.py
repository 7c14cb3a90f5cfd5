"""Approval is one transaction, and doing it again changes nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from assay.contracts import Column, Contract
from assay.contracts.approval import ContractBreach, NothingToApprove
from assay.contracts.contract import Bound, Kind, Rule, Severity
from assay.contracts.evolution import ContractClash
from assay.contracts.sql_types import Family, SqlType
from assay.ingestion.window import Window
from tests.plugins.assay.embedded import ZoneOnTrial
from tests.plugins.assay.weather_files import file, path, rows


def loads(weather: ZoneOnTrial) -> list[tuple[str, int, int, int]]:
    found = weather.rows("select * from {ledger}.loads order by landed_at")
    return [(row["status"], row["rows_landed"], row["rows_approved"], row["rows_quarantined"]) for row in found]


def test_a_good_load_is_merged_with_types_and_provenance(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), file(rows(1)))
    outcome = weather.run("run-1")
    assert (outcome.rows, outcome.approved, outcome.warnings) == (6, 6, ())
    row = weather.rows("select * from {db}.bronze.src_weather where origin = 'JFK' order by time_hour")[0]
    assert str(row["time_hour"]) == "2013-01-01 05:00:00"
    assert (float(row["temp"]), row["wind_gust"], row["hour"]) == (39.02, None, 0)
    assert row["_load_id"] == weather.load("run-1").id
    assert loads(weather) == [("approved", 6, 6, 0)]


def test_the_same_load_twice_changes_nothing(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), file(rows(1)))
    weather.run("run-1")
    before = weather.approved(), weather.rows("select * from {ledger}.check_results order by rule")
    weather.drop(path(2), file(rows(2)))
    again = weather.land("run-1")
    assert again.already
    assert weather.approve("run-1").already
    assert (weather.approved(), weather.rows("select * from {ledger}.check_results order by rule")) == before


def test_nothing_new_is_approved_as_nothing(weather: ZoneOnTrial) -> None:
    assert weather.run("run-1").rows == 0
    weather.drop(path(1), file(rows(1)))
    weather.run("run-2")
    before = weather.approved()
    assert weather.run("run-3").rows == 0
    assert weather.approved() == before
    assert loads(weather) == [("approved", 0, 0, 0), ("approved", 6, 6, 0), ("approved", 0, 0, 0)]


def fresh_within(contract: Contract, hours: int) -> Contract:
    rule = Rule(
        "freshness", Kind.AGE, "the age of the newest time_hour in seconds", column="time_hour",
        severity=Severity.WARNING, bound=Bound("mustBeLessOrEqualTo", (hours * 3600,)), flag="breaks_age",
    )  # fmt: skip
    return replace(contract, rules=(*contract.rules, rule))


def test_freshness_is_asked_when_nothing_comes_and_said_in_hours(weather: ZoneOnTrial) -> None:
    contract = fresh_within(weather.contract(), 36)
    weather.land("run-1")
    (never,) = weather.approve("run-1", contract).warnings
    assert never == "the newest time_hour is not there, and at most 36 hours is expected"
    weather.drop(path(1), file(rows(1)))
    weather.land("run-2")
    (came,) = weather.approve("run-2", contract).warnings
    weather.land("run-3")
    (nothing_came,) = weather.approve("run-3", contract).warnings
    for said in (came, nothing_came):
        assert re.fullmatch(r"the newest time_hour is 1\d\d,\d\d\d hours old, and at most 36 hours is expected", said)
    weather.land("run-4")
    assert weather.approve("run-4", fresh_within(weather.contract(), 10**6)).warnings == ()
    found = weather.rows(
        "select held, sentence from {ledger}.check_results where rule = 'freshness' order by checked_at"
    )
    assert [row["held"] for row in found] == [False, False, False, True]


def test_after_the_file_is_mended_nothing_is_lost_or_doubled(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), file(rows(1)))
    bad = rows(2)
    bad[0] |= {"temp": "warm"}
    weather.drop(path(2), file(bad))
    weather.land("run-1")
    with pytest.raises(ContractBreach):
        weather.approve("run-1")
    weather.drop(path(2), file(rows(2)))
    landed = weather.land("run-2")
    assert [item.path for item in landed.items] == [path(1), path(2)], "the good file of the refused load comes again"
    assert weather.approve("run-2").approved == 12
    found = [(row["origin"], row["time_hour"]) for row in weather.approved()]
    assert len(found) == len(set(found)) == 12
    assert loads(weather) == [("refused", 12, 0, 1), ("approved", 12, 12, 0)]


def test_a_refused_load_is_checked_again_when_its_contract_is_fixed(weather: ZoneOnTrial) -> None:
    content = rows(1)
    content[0] |= {"humid": "104"}
    weather.drop(path(1), file(content))
    weather.land("run-1")
    for _ in range(2):
        with pytest.raises(ContractBreach):
            weather.approve("run-1")
        assert len(weather.quarantined()) == 1, "judging again does not keep a row twice"
    contract = weather.contract()
    mended = replace(contract, rules=tuple(rule for rule in contract.rules if rule.name != "humid.maximum"))
    assert weather.approve("run-1", mended).approved == 6
    assert weather.quarantined() == []


def test_an_old_load_that_is_approved_after_a_later_one_takes_the_place_of_nothing_newer(weather: ZoneOnTrial) -> None:
    bad = [row | {"temp": "38"} for row in rows(1)]
    bad[0] |= {"humid": "104"}
    weather.drop(path(1), file(bad))
    weather.land("run-1")
    with pytest.raises(ContractBreach):
        weather.approve("run-1")
    weather.drop(path(1), file(rows(1)[1:]))
    weather.run("run-2")
    contract = weather.contract()
    mended = replace(contract, rules=tuple(rule for rule in contract.rules if rule.name != "humid.maximum"))
    assert weather.approve("run-1", mended).approved == 1, "the row that only the old file has"
    found = {(row["origin"], row["time_hour"].hour): float(row["temp"]) for row in weather.approved()}
    assert found.pop((bad[0]["origin"], 5)) == 38
    assert set(found.values()) == {39.02}


def test_a_load_that_never_landed_is_said_so(weather: ZoneOnTrial) -> None:
    with pytest.raises(NothingToApprove, match=r"has not landed; run `ingest\.weather_files` first"):
        weather.approve("run-1")


def test_a_row_that_came_again_unchanged_keeps_its_time_and_a_backfill_touches_it(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), file(rows(1)))
    weather.drop(path(2), file(rows(2)))
    weather.run("run-1")
    changed = rows(1)
    changed[0] |= {"temp": "40"}
    weather.drop(path(1), file(changed))
    assert weather.run("run-2").approved == 1
    first, second = weather.load("run-1").id, weather.load("run-2").id
    assert [row["_load_id"] for row in weather.approved()].count(second) == 1
    outcome = weather.run("run-3", Window(date(2013, 1, 2), date(2013, 1, 2)))
    assert (outcome.rows, outcome.approved) == (6, 6)
    found = weather.approved()
    assert len(found) == 12
    assert {row["_load_id"] for row in found if row["time_hour"].day == 2} == {weather.load("run-3").id}
    assert {row["_load_id"] for row in found if row["time_hour"].day == 1} == {first, second}


def test_a_backfill_touches_rows_that_something_newer_has_brought_and_changes_none(weather: ZoneOnTrial) -> None:
    """What reads by `_approved_at` is to meet every row of the days again, also those of which the file is older."""
    weather.drop(path(1), file([row | {"temp": "38"} for row in rows(1)]))
    weather.run("run-1")
    weather.drop(path(2), file(rows(1)))  # the readings of the first day, corrected in the next day's file
    weather.run("run-2")
    before = weather.approved()
    assert weather.run("run-3", Window(date(2013, 1, 1), date(2013, 1, 1))).rows == 6
    after = weather.approved()
    assert {float(row["temp"]) for row in after} == {39.02}
    assert {row["_load_id"] for row in after} == {weather.load("run-2").id}
    assert min(row["_approved_at"] for row in after) > max(row["_approved_at"] for row in before)


def _with_column(contract: Contract, column: Column) -> Contract:
    return replace(contract, columns=(*contract.columns, column))


def test_a_column_that_the_contract_gains_is_added_to_the_approved_table(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), file(rows(1)))
    weather.run("run-1")
    contract = _with_column(weather.contract(), Column("sensor", SqlType(Family.TEXT), "Which sensor it was."))
    text = file(rows(2))
    weather.drop(path(2), text)
    weather.land("run-2")
    with pytest.raises(ContractBreach, match="what landed lacks the column sensor"):
        weather.approve("run-2", contract)
    weather.warehouse.execute(f"alter table {weather.load('run-2').load_table} add column sensor varchar")
    weather.warehouse.execute(
        f"update {weather.names.ledger}.load_files set header = replace(header, ']', ', \"sensor\"]') "
        f"where load_id = '{weather.load('run-2').id}'"
    )
    weather.approve("run-2", contract)
    assert len(weather.rows("select sensor from {db}.bronze.src_weather")) == 12


def test_a_column_that_changes_its_type_is_refused_in_words(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), file(rows(1)))
    weather.run("run-1")
    contract = weather.contract()
    changed = tuple(
        replace(column, type=SqlType(Family.TEXT)) if column.name == "pressure" else column
        for column in contract.columns
    )
    rules = tuple(rule for rule in contract.rules if rule.column != "pressure")
    weather.drop(path(2), file(rows(2)))
    weather.land("run-2")
    with pytest.raises(ContractClash, match=r'wants "pressure" as varchar, but .*SRC_WEATHER holds it as float'):
        weather.approve("run-2", replace(contract, columns=changed, rules=rules))
    assert len(weather.approved()) == 6
