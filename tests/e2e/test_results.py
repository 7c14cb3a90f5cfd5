"""What dbt did, understood without a log: on a task's page, in the chat, as assets and as lineage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.platform.airflow_client import Run
from tests import lineage
from tests.checkout import Checkout

pytestmark = pytest.mark.e2e

RULES = "dbt/tests/weather/rules"
TASK = "silver.hourly_observations.test"
WARNS = "hours_may_be_below_freezing"
FAILS = "no_hour_is_windy"
READ = "from {{ ref('hourly_observations') }} where"
WARNING = f"{{{{ config(severity='warn') }}}} select station_code, observed_at {READ} temperature_c < 0"
FAILING = f"select station_code, observed_at {READ} wind_speed_ms > 9"
OBSERVED = "LOCAL_WEATHER.SILVER.HOURLY_OBSERVATIONS"


def page(demo: Checkout, run: Run) -> str:
    """The field that the task's page shows."""
    found = demo.airflow.call("GET", f"dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances/{TASK}")
    return str(found["rendered_fields"]["results"])


def rows_of(demo: Checkout, text: str, test: str) -> list[dict[str, Any]]:
    """The rows that the query gives which a text offers for a test."""
    lines = [line.strip().removeprefix("> ") for line in text.splitlines()]
    said = next(number for number, line in enumerate(lines) if line.startswith(f"Test {test} "))
    return demo.sql(next(line for line in lines[said:] if line.startswith("select * from ")))


def keys(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(row["STATION_CODE"], str(row["OBSERVED_AT"])) for row in rows}


def test_each_model_is_an_asset_with_events_of_the_runs_that_built_it(demo: Checkout) -> None:
    built = {f"x-assay://{zone}/{layer}/{name}" for zone, layer, name, _ in lineage.nodes(manifest(demo))}
    events = demo.airflow.call("GET", "assets/events", params={"limit": 1000, "order_by": "-timestamp"})["asset_events"]
    newest = {event["uri"]: event for event in reversed(events)}
    assert built <= newest.keys()
    silver = newest["x-assay://weather/silver/hourly_observations"]
    assert silver["source_task_id"] == "silver.hourly_observations.run"
    assert silver["extra"]["relation"] == OBSERVED
    daily = newest["x-assay://weather/gold/daily_weather"]
    assert daily["extra"]["rows"] == demo.count("LOCAL_WEATHER.GOLD.DAILY_WEATHER")
    shown = demo.airflow.call("GET", "assets", params={"limit": 200})["assets"]
    assert built <= {asset["uri"] for asset in shown}


def test_lineage_of_the_demo_is_dbts_own_graph_in_one_piece(demo: Checkout) -> None:
    file = demo.layout.airflow_home / "lineage.jsonl"
    lineage.check([json.loads(line) for line in file.read_text().splitlines()], manifest(demo))


def test_a_warning_and_a_failure_are_understood_from_the_page_and_from_the_chat(demo: Checkout) -> None:
    expected = {
        WARNS: demo.sql(f"select station_code, observed_at from {OBSERVED} where temperature_c < 0"),
        FAILS: demo.sql(f"select station_code, observed_at from {OBSERVED} where wind_speed_ms > 9"),
    }
    assert all(expected.values()), "the demo's days have frost and wind"
    files = {WARNS: demo.root / RULES / f"{WARNS}.sql", FAILS: demo.root / RULES / f"{FAILS}.sql"}
    try:
        files[WARNS].write_text(WARNING)
        demo.assay("up")  # makes the dbt image again, with the new test in it
        warned = demo.succeeded(demo.run_zone("weather"))
        demo.until(lambda: WARNS in demo.messages("weather")[0], 60, "the warning's message")
        message = demo.messages("weather")[0]
        assert f"run `{warned.run_id}` succeeded with warnings" in message
        assert FAILS not in message
        for text in (message, page(demo, warned)):
            assert f"Test {WARNS} warned: {len(expected[WARNS])} rows." in text
            assert keys(rows_of(demo, text, WARNS)) == keys(expected[WARNS])

        files[FAILS].write_text(FAILING)
        demo.assay("up")
        told = len(demo.messages("weather"))
        failed = demo.run_zone("weather")
        assert failed.state == "failed"
        assert demo.tasks(failed)[TASK]["state"] == "failed"
        message = demo.newer_message("weather", told)
        assert len(demo.messages("weather")) == told + 1
        for text in (message, page(demo, failed)):
            assert f"Test {FAILS} failed: {len(expected[FAILS])} rows." in text
            assert f"Test {WARNS} warned: {len(expected[WARNS])} rows." in text
            for test, rows in expected.items():
                assert keys(rows_of(demo, text, test)) == keys(rows)
    finally:
        for file in files.values():
            file.unlink(missing_ok=True)
        demo.assay("up")


def manifest(demo: Checkout) -> dict[str, Any]:
    """Dbt's own, whatever the DAGs are built from."""
    description = json.loads((demo.layout.state / "images" / "assay" / "dbt" / "image.json").read_text())
    folder = Path(description["workdir"]) / "target" / "flights"
    parsed: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return parsed
