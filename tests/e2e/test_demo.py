"""`make demo` brings days of real data through every layer, and again brings the next day only."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from tests.checkout import Checkout
from tests.e2e.data import flights_by_day, weather_by_day

pytestmark = [pytest.mark.e2e, pytest.mark.core]

EXPECTED = {"flights": flights_by_day, "weather": weather_by_day}


def expected(zone: str, days: list[str]) -> dict[str, int]:
    counts = EXPECTED[zone]()
    return {day: counts[day] for day in days}


@pytest.mark.parametrize("zone", sorted(EXPECTED))
def test_gold_holds_what_the_data_package_holds(demo: Checkout, zone: str) -> None:
    gold = demo.gold_by_day(zone)
    assert set(gold) >= {"2013-01-01", "2013-01-02", "2013-01-03"}
    assert gold == expected(zone, sorted(gold))


def test_the_next_demo_brings_the_next_day_only(demo: Checkout) -> None:
    before = demo.days()
    landed = demo.count("LOCAL_FLIGHTS.BRONZE.SRC_FLIGHTS")
    said = demo.run("make", "demo").stdout
    days = demo.days()
    assert len(days) == len(before) + 1
    for zone in EXPECTED:
        assert demo.gold_by_day(zone) == expected(zone, days)
        assert f"{zone}" in said
    assert demo.count("LOCAL_FLIGHTS.BRONZE.SRC_FLIGHTS") == landed + flights_by_day()[days[-1]]
    assert demo.endpoints.airflow in said
    assert demo.endpoints.credentials["airflow"]["password"] in said


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@pytest.mark.parametrize(("earlier", "later"), [("bronze", "silver"), ("silver", "gold")])
@pytest.mark.parametrize("zone", sorted(EXPECTED))
def test_no_layer_starts_before_the_one_below_has_ended(demo: Checkout, zone: str, earlier: str, later: str) -> None:
    airflow = demo.airflow
    runs = airflow.call("GET", f"dags/{zone}/dagRuns", params={"state": "success"})["dag_runs"]
    assert runs
    for run in runs:
        tasks = airflow.tasks(zone, run["dag_run_id"])
        below = [moment(task["end_date"]) for task in tasks if task["task_id"].startswith(f"{earlier}.")]
        above = [moment(task["start_date"]) for task in tasks if task["task_id"].startswith(f"{later}.")]
        assert below
        assert above
        assert min(above) - max(below) >= timedelta(0)


def test_every_dag_file_is_read_without_an_error(demo: Checkout) -> None:
    assert not [text for text in demo.messages("platform") if "manifest.json" in text]  # nor was it while it started
    assert demo.airflow.import_errors() == []
    assert {"flights", "weather", "platform_permissions", "platform_rollback"} <= set(demo.airflow.dags())


def test_airbyte_and_permissions_are_as_their_files_say_and_drift_is_announced(demo: Checkout) -> None:
    assert demo.assay("airbyte", "plan", "--prune", "--exit-code").stdout == (
        "Airbyte is as the files say: there is nothing to do.\n"
    )
    assert demo.assay("permissions", "plan").stdout == (
        "The warehouse is as config/local/roles.yml says: there is nothing to do.\n"
    )
    demo.sql("grant role local_weather_owner to user lena_brandt")
    drift = "- user LENA_BRANDT: role LOCAL_WEATHER_OWNER (users.lena_brandt.member_of)"
    planned = demo.assay("permissions", "plan", check=False)
    assert (planned.returncode, planned.stdout) == (2, f"{drift}\n")
    run_id = demo.airflow.trigger("platform_permissions", {})
    assert demo.airflow.wait_for_run("platform_permissions", run_id, 120).state == "success"
    about = (
        "user LENA_BRANDT: role LOCAL_WEATHER_OWNER: granted, but neither Terraform nor config/local/roles.yml grants "
        "it; by ASSAY_ADMIN with role ACCOUNTADMIN, "
    )
    assert any(about in text for text in demo.messages("platform"))
    differences = demo.assay("permissions", "drift", check=False)
    assert (differences.returncode, differences.stdout.count("\n"), about in differences.stdout) == (2, 1, True)
    demo.assay("permissions", "apply")
    assert demo.assay("permissions", "plan").returncode == 0


def test_any_snowflake_client_can_look(demo: Checkout) -> None:
    connect = json.loads(demo.assay("connect", "--json").stdout)
    assert {"host", "port", "user", "password", "database"} <= set(connect)
    said = demo.assay("sql", "select current_user() as u", "--json").stdout
    assert json.loads(said) == [{"U": connect["user"]}]


def test_a_statement_runs_as_the_role_it_is_asked_for(demo: Checkout) -> None:
    gold = "select count(*) as n from LOCAL_FLIGHTS.GOLD.FLEET_AGE"
    answer = json.loads(demo.assay("sql", gold, "--json", "--role", "LOCAL_FLIGHTS_ANALYST").stdout)
    assert int(answer[0]["N"]) > 0
    refused = demo.assay(
        "sql", "select count(*) from LOCAL_FLIGHTS.SILVER.FCT_LEGS", "--role", "LOCAL_FLIGHTS_ANALYST", check=False
    )
    assert refused.returncode != 0
    assert "not exist or not authorized" in refused.stderr or "Insufficient privileges" in refused.stderr


def test_a_zone_reads_of_another_only_what_that_publishes(demo: Checkout) -> None:
    reader = "LOCAL_FLIGHTS_TRANSFORMER"
    published = "select count(*) as n from LOCAL_WEATHER.GOLD.HOURLY_WEATHER"
    assert int(demo.sql(published, role=reader)[0]["N"]) > 0
    for private in ("GOLD.DAILY_WEATHER", "SILVER.HOURLY_OBSERVATIONS", "BRONZE.SRC_WEATHER"):
        refused = demo.assay("sql", f"select count(*) from LOCAL_WEATHER.{private}", "--role", reader, check=False)
        assert refused.returncode != 0, private


def test_status_says_of_each_part_and_zone_what_a_person_would_ask(demo: Checkout) -> None:
    status = json.loads(demo.assay("status", "--json").stdout)
    assert {service["state"] for service in status["services"]} == {"up", "done"}
    zones = {zone["zone"]: zone for zone in status["zones"]}
    for name in EXPECTED:
        assert zones[name]["release"]
        assert zones[name]["approved"] > 0
        assert zones[name]["quarantined"] >= 0


def test_a_release_is_announced_in_the_zones_channel(demo: Checkout) -> None:
    for zone in EXPECTED:
        assert any("is live" in message for message in demo.messages(zone))
