"""The form that starts a run by hand: one model of a zone built anew, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.platform.airflow_client import AirflowError
from tests.checkout import Checkout

pytestmark = pytest.mark.e2e

MODEL = "hourly_observations"


def newest_release(demo: Checkout) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(demo.assay("release", "list", "weather", "--json").stdout)[0]
    return found


def test_one_model_is_built_anew_and_released_with_the_rest_untouched(demo: Checkout) -> None:
    before = demo.gold_by_day("weather")
    rows = demo.count("LOCAL_WEATHER.SILVER.HOURLY_OBSERVATIONS")
    live = newest_release(demo)
    airflow = demo.airflow
    run_id = airflow.trigger("weather", {"models": [MODEL], "full_refresh": True})
    demo.succeeded(airflow.wait_for_run("weather", run_id, 600))
    states = demo.task_states("weather", run_id)
    ran = {task for task, state in states.items() if state == "success"}
    built = {task for task in ran if task.split(".")[0] in ("seeds", "sources", "bronze", "silver", "gold")}
    assert built == {f"silver.{MODEL}.run", f"silver.{MODEL}.test"}
    assert {"choose", "gateway_to_silver", "gateway_to_gold", "release.candidate", "release.smoke"} <= ran
    assert {state for task, state in states.items() if task.startswith(("ingest.", "approve.", "gold."))} == {"skipped"}

    newest = newest_release(demo)
    assert newest["release_id"] != live["release_id"]
    assert (newest["status"], newest["run_id"]) == ("published", run_id)
    assert demo.gold_by_day("weather") == before
    assert demo.count("LOCAL_WEATHER.SILVER.HOURLY_OBSERVATIONS") == rows
    made = "query_text ilike 'create or replace%table%HOURLY_OBSERVATIONS%'"
    tagged = f"query_tag ilike '%{run_id.replace('_', '!_')}%' escape '!'"
    assert demo.count("SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY", f"{made} and {tagged}") > 0, "merged, not built anew"


def test_a_wrong_name_starts_no_run(demo: Checkout) -> None:
    airflow = demo.airflow
    runs = airflow.call("GET", "dags/weather/dagRuns")["total_entries"]
    with pytest.raises(AirflowError, match="'hourly_observation' is not one of"):
        airflow.trigger("weather", {"models": ["hourly_observation"]})
    refused = demo.assay("run", "weather", "--models", "hourly_observation", check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f'did you mean "{MODEL}"?' in refused.stderr
    assert airflow.call("GET", "dags/weather/dagRuns")["total_entries"] == runs


def test_a_field_that_the_form_does_not_have_fails_the_run_and_builds_nothing(demo: Checkout) -> None:
    airflow = demo.airflow
    run_id = airflow.trigger("weather", {"model": [MODEL]})
    run = airflow.wait_for_run("weather", run_id, 300)
    assert run.state == "failed"
    assert 'no field "model"; did you mean "models"?' in airflow.reason("weather", run_id, "ingest.weather_files", 1)
    states = demo.task_states("weather", run_id)
    assert {task for task, state in states.items() if state == "success"} <= {"start", "release.refuse"}
