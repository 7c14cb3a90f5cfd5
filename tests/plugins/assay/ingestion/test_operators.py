"""The tasks themselves, through Airflow's connection, as a worker runs them."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assay import settings as environments
from assay.contracts import approve
from assay.ingestion import backfill_form, ingest
from assay.ingestion.sql_job.query import read_query
from assay.zones import Zone, load_zone
from tests.plugins.assay.embedded import Embedded, ZoneOnTrial
from tests.plugins.assay.weather_files import file, path, rows


@pytest.fixture
def tasks(weather: ZoneOnTrial, embedded: Embedded, root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """`ingest.weather_files` and `approve.weather`, in the environment of the zone on trial."""
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_WEATHER_LOADER", json.dumps(embedded.airflow_connection(weather.names)))
    settings = environments.load(root / "dags", "local").model_copy(update={"environment": weather.names.environment})
    zone = load_zone(root / "dags" / "zones" / "weather")
    return ingest(zone, zone.sources[0], settings), approve(zone, zone.sources[0], settings)


def context(run_id: str, **params: Any) -> dict[str, Any]:
    """Of a run in an Airflow in which no other is running."""
    ti = SimpleNamespace(
        dag_id="weather", run_id=run_id, task_id="approve.weather", try_number=1, get_dr_count=lambda **_: 0
    )
    return {"run_id": run_id, "ti": ti, "params": {"backfill_from": None, "backfill_to": None} | params}


def test_a_zone_s_files_are_landed_and_approved_over_airflow_s_connection(
    weather: ZoneOnTrial, tasks: tuple[Any, Any]
) -> None:
    landing, approval = tasks
    weather.drop(path(1), file(rows(1)))
    landed = landing.execute(context("run-1"))
    assert (landed["rows"], landed["files"]) == (6, 1)
    assert approval.execute(context("run-1"))["rows_approved"] == 6
    assert approval.results == "weather: approved, 6 rows landed, 6 added or changed."
    again = landing.execute(context("run-2", backfill_from="2013-01-01"))
    assert again["rows"] == 6
    assert approval.execute(context("run-2"))["rows_approved"] == 6
    assert {row["_load_id"] for row in weather.approved()} == {weather.load("run-2").id}


def test_a_refusal_is_final_and_its_text_is_the_sentence_for_the_chat(
    weather: ZoneOnTrial, tasks: tuple[Any, Any]
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    landing, approval = tasks
    weather.drop(path(1), file([rows(1)[0] | {"temp": "warm"}]))
    landing.execute(context("run-1"))
    with pytest.raises(AirflowFailException, match="breaks its contract, and nothing of it was approved: temp is not"):
        approval.execute(context("run-1"))
    assert "results" in approval.template_fields
    sentence, _, _, statement = approval.results.splitlines()
    assert "temp is not" in sentence
    assert [row["temp"] for row in weather.rows(statement.removesuffix(";"))] == ["warm"]


def test_dates_that_are_no_days_are_refused_before_anything_is_asked(tasks: tuple[Any, Any]) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="backfill_from 2013-01-03 is after backfill_to 2013-01-01"):
        tasks[0].execute(context("run-1", backfill_from="2013-01-03", backfill_to="2013-01-01"))


def test_every_source_becomes_a_task_with_its_own_operator(root: Path, zones: list[Zone]) -> None:
    settings = environments.load(root / "dags", "local")
    found = {source.name: type(ingest(zone, source, settings)).__name__ for zone in zones for source in zone.sources}
    assert found == {
        "flights_api": "AirbyteToLandingOperator",
        "airports_job": "SqlJobToLandingOperator",
        "planes_export": "ContainerToLandingOperator",
        "weather_files": "FilesToLandingOperator",
    }


def test_a_pod_gets_its_load_s_folder_and_its_query(root: Path) -> None:
    settings = environments.load(root / "dags", "local")
    zone = load_zone(root / "dags" / "zones" / "flights")
    job = next(source for source in zone.sources if source.name == "airports_job")
    task: Any = ingest(zone, job, settings)
    task.add_environment({"ASSAY_LOAD_ID": "L0"})
    given = {variable.name: variable.value for variable in task.env_vars}
    assert given["ASSAY_LOAD_ID"] == "L0"
    assert given["ASSAY_JOB_SQL"] == read_query(root / "dags" / "zones" / "flights", "airports")
    assert [source.secret_ref.name for source in task.env_from] == ["postgres-company", "landing-flights"]


def test_the_form_asks_for_two_days_and_none_is_fine(zones: list[Zone]) -> None:
    form = backfill_form(zones[0])
    assert list(form) == ["backfill_from", "backfill_to"]
    assert form["backfill_from"].resolve() is None


def test_a_run_of_some_models_loads_nothing_unless_it_names_days(tasks: tuple[Any, Any]) -> None:
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

    before_loading = tasks[0]._pre_execute_hook
    before_loading(context("run-1"))
    before_loading(context("run-1", models=["daily_weather"], backfill_from="2013-01-01"))
    with pytest.raises(AirflowSkipException, match="limited to some models, and names no days"):
        before_loading(context("run-1", models=["daily_weather"]))
    with pytest.raises(AirflowFailException, match="is not a date"):
        before_loading(context("run-1", backfill_from="soon"))
