"""Every kind of broken file: nothing of its load gets through, and quarantine says why, row by row."""

from __future__ import annotations

import gzip

import pytest

from assay.contracts.approval import ContractBreach
from tests.plugins.assay.embedded import ZoneOnTrial
from tests.plugins.assay.weather_files import file, path, rows


def refuse(weather: ZoneOnTrial, run_id: str = "run-1") -> str:
    weather.land(run_id)
    with pytest.raises(ContractBreach) as refused:
        weather.approve(run_id)
    return str(refused.value)


def nothing_got_through(weather: ZoneOnTrial) -> bool:
    tables = weather.rows("select table_name from {db}.information_schema.tables where table_schema = 'BRONZE'")
    return not tables or not weather.approved()


@pytest.mark.parametrize(
    ("change", "reason", "rule"),
    [
        pytest.param(
            {"temp": "warm"}, "temp is not a number that a FLOAT holds digit by digit: warm", "temp.type", id="text"
        ),
        pytest.param({"hour": "1.5"}, "hour is not a whole number: 1.5", "hour.type", id="fraction"),
        pytest.param(
            {"time_hour": "noon"}, "time_hour is not a time (yyyy-MM-dd HH:mm:ss): noon", "time_hour.type", id="time"
        ),
        pytest.param({"origin": ""}, "origin is missing", "origin.required", id="null"),
        pytest.param({"origin": "NA"}, "origin is missing", "origin.required", id="null-by-another-name"),
        pytest.param({"humid": "101"}, "humid is above 100: 101", "humid.maximum", id="too-high"),
        pytest.param({"hour": "-1"}, "hour is below 0: -1", "hour.minimum", id="too-low"),
        pytest.param(
            {"origin": "BOS"}, "origin is not one of EWR, JFK, LGA: BOS", "origin.accepted", id="not-accepted"
        ),
        pytest.param(
            {"time_hour": "1999-12-31T23:00:00Z"},
            "time_hour is below 2000-01-01T00:00:00Z: 1999-12-31T23:00:00Z",
            "time_hour.minimum",
            id="too-early",
        ),
    ],
)
def test_a_bad_value_keeps_its_row_with_the_reason(
    weather: ZoneOnTrial, change: dict[str, str], reason: str, rule: str
) -> None:
    content = rows(2)
    content[3] |= change
    weather.drop(path(1), file(rows(1)))
    weather.drop(path(2), file(content))
    sentence = refuse(weather)
    (kept,) = weather.quarantined()
    assert kept["_reasons"] == reason
    assert kept["_file"].endswith(path(2))
    assert kept["_row"] == 4
    assert kept["wind_speed"] == "10.357019999999999", "a row is kept as it landed"
    (result,) = weather.rows("select * from {ledger}.check_results where not held and severity = 'error'")
    assert (result["rule"], result["breaches"], result["checked"]) == (rule, 1, 12)
    assert f"{result['sentence']}." in sentence
    assert "in 1 of 12 rows" in sentence
    assert f"{path(2)} (1 row)" in sentence
    assert f"select * from {weather.names.quarantine('weather')} where _load_id = '" in sentence
    assert nothing_got_through(weather)


def test_a_row_with_two_faults_has_both_reasons(weather: ZoneOnTrial) -> None:
    content = rows(1)
    content[0] |= {"temp": "warm", "origin": ""}
    weather.drop(path(1), file(content))
    refuse(weather)
    (kept,) = weather.quarantined()
    assert kept["_reasons"] == "origin is missing; temp is not a number that a FLOAT holds digit by digit: warm"


def test_rows_of_many_files_are_all_counted_and_the_worst_files_named(weather: ZoneOnTrial) -> None:
    for day in range(1, 8):
        weather.drop(path(day), file([row | {"temp": "warm"} for row in rows(day, hours=1 + day % 2)]))
    sentence = refuse(weather)
    worst = ", ".join(f"{path(day)} (6 rows)" for day in (1, 3, 5))
    assert f"In quarantine: {worst}. Look" in sentence
    (load,) = weather.rows("select rows_quarantined from {ledger}.loads")
    assert load["rows_quarantined"] == 33


def test_a_key_that_occurs_twice_in_a_file_with_different_values_keeps_both_rows(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), file([*rows(1), rows(1)[1], rows(1)[0] | {"temp": "40"}]))
    sentence = refuse(weather)
    assert "origin, time_hour occur together more than once with different values in 2 of 8 rows" in sentence
    assert [row["temp"] for row in weather.quarantined()] == ["39.02", "40"]
    assert nothing_got_through(weather)


@pytest.mark.parametrize("column", ["temp", "wind_gust", "time_hour"])
def test_a_missing_column_is_named_even_where_nulls_are_allowed(weather: ZoneOnTrial, column: str) -> None:
    weather.drop(path(1), file(rows(1)))
    weather.drop(path(2), file(rows(2), without=column))
    sentence = refuse(weather)
    assert f"{path(2)} lacks the column {column}" in sentence
    assert any(row["_reasons"] == f"{path(2)} lacks the column {column}" for row in weather.quarantined())
    assert nothing_got_through(weather)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "is empty", id="no-bytes"),
        pytest.param(gzip.compress(b""), "is empty", id="no-lines"),
        pytest.param(file([]), "has no rows", id="header-only"),
        pytest.param(file(rows(2))[:-20], "cannot be read", id="truncated-gzip"),
        pytest.param(b"\x1f\x8bnonsense", "cannot be read", id="not-gzip"),
    ],
)
def test_a_file_that_cannot_be_read_or_holds_nothing_stops_the_good_one_beside_it(
    weather: ZoneOnTrial, content: bytes, reason: str
) -> None:
    weather.drop(path(1), file(rows(1)))
    weather.drop(path(2), content)
    sentence = refuse(weather)
    assert f"{path(2)} {reason}" in sentence
    (kept,) = weather.quarantined()
    assert kept["_file"] == path(2)
    assert kept["_reasons"].startswith(f"{path(2)} {reason}")
    assert nothing_got_through(weather)


def test_a_warning_is_told_and_lets_the_load_pass(weather: ZoneOnTrial) -> None:
    content = rows(1)
    content[0] |= {"wind_speed": "1048.36058"}
    weather.drop(path(1), file(content))
    outcome = weather.run("run-1")
    assert outcome.warnings == ("wind_speed is above 253 in 1 of 6 rows",)
    assert len(weather.approved()) == 6


def test_a_load_without_stations_is_warned_of_by_its_query(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), file([row for row in rows(1) if row["origin"] != "JFK"]))
    assert weather.run("run-1").warnings == ("the number of stations that report is 2, and 3 is expected",)


def test_an_unknown_column_is_only_pointed_at(weather: ZoneOnTrial) -> None:
    text = gzip.decompress(file(rows(1))).decode().splitlines()
    more = "\n".join([text[0] + ",mood", *(line + ",fine" for line in text[1:])]) + "\n"
    weather.drop(path(1), gzip.compress(more.encode()))
    assert weather.run("run-1").warnings == (f"{path(1)} has the column mood, which the contract does not know",)
