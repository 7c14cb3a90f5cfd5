"""A dbt task against the local Kubernetes API: what its page, its XCom, its assets and lineage, and its failure say."""

from __future__ import annotations

import json
import shlex
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import AssetAlias
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.sdk.execution_time.context import OutletEventAccessors
from airflow.serialization.serialized_objects import OperatorSerialization

from assay.alerts import pending_warnings
from assay.pods import PodOperator
from assay.settings import Settings
from assay.transform import operator
from assay.transform.operator import DbtOperator
from assay.zones import Zone, ZoneNames
from tests.local.emulators.kubernetes.conftest import Cluster
from tests.plugins.assay.pods.test_results import BROKEN, BUILT, FAILED, MARK, WARNED, end


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, list[str]]:
    """What the tasks have warned of, in place of Airflow's variables, which only its own processes reach."""
    found: dict[str, list[str]] = {}

    def remember(zone: str, run_id: str, task_id: str, lines: list[str], attempt: int) -> None:
        found[f"{zone} {run_id} {task_id} {attempt}"] = list(lines)

    monkeypatch.setattr(pending_warnings, "remember", remember)
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    return found


class TaskInstance(SimpleNamespace):
    def __init__(self, task_id: str) -> None:
        super().__init__(dag_id="flights", task_id=task_id, run_id="run 1", map_index=-1, try_number=1, pushed={})

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def run(task: DbtOperator, *, attempt: int = 1) -> dict[str, Any]:
    """Executes the task as a worker does; its context."""
    context: Any = {
        "ti": TaskInstance(task.task_id),
        "run_id": "run 1",
        "dag": SimpleNamespace(dag_id="flights"),
        "outlet_events": OutletEventAccessors(),
    }
    context["ti"].try_number = attempt
    try:
        task.execute(context)
    except AirflowException as error:
        context["error"] = error
    return dict(context)


def says(*lines: str, code: int = 0) -> str:
    """A shell script that stands for dbt and writes such a log."""
    return "; ".join([*(f"printf '%s\\n' {shlex.quote(line)}" for line in lines), f"exit {code}"])


def dbt(zone: Zone, settings: Settings, script: str) -> DbtOperator:
    command = ("sh", "-c", script)
    return DbtOperator(task_id="test", zone=zone, settings=settings, image="assay/loader", command=command)


def lineage(home: Path) -> list[str]:
    file = home / "lineage.jsonl"
    return [json.loads(line)["eventType"] for line in file.read_text().splitlines()] if file.exists() else []


def test_results_assets_and_lineage_cost_the_serialised_dag_nothing(flights: Zone, settings: Settings) -> None:
    """There may be thousands of these tasks, and every parse writes and every scheduler reads all of them."""
    plain, telling = (
        OperatorSerialization.serialize_operator(
            kind(task_id="run", zone=flights, settings=settings, image="assay/dbt", command=("dbt", "run"))
        )
        for kind in (PodOperator, DbtOperator)
    )
    assert {key for key in plain | telling if plain.get(key) != telling.get(key)} == {"task_type", "_task_module"}


def test_a_later_try_without_a_pod_to_go_on_with_first_cancels_what_an_earlier_one_has_sent(
    cluster: Cluster,
    flights: Zone,
    settings: Settings,
    remembered: dict[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[list[bool]] = []
    tags = [{"run": "run 1", "task": "test"}, {"run": "run 1", "task": "other"}, {"run": "run 2", "task": "test"}, {}]

    def ended(warehouse: str, names: ZoneNames, is_left: Any) -> list[str]:
        assert (warehouse, names.zone) == ("snowflake_flights_publisher", "flights")
        asked.append([is_left(tag) for tag in tags])
        return ["q1"] if len(asked) == 2 else []

    monkeypatch.setattr(operator, "airflow_warehouse", nullcontext)
    monkeypatch.setattr(operator, "end_statements", ended)
    assert "error" not in run(dbt(flights, settings, says(end(0))))
    assert asked == []
    assert "error" not in run(dbt(flights, settings, says(end(0))), attempt=2)
    assert asked == [[True, False, False, False]]
    assert "have not ended yet: q1" in str(run(dbt(flights, settings, says(end(0))), attempt=3)["error"])


def test_a_task_that_succeeds_shows_and_tells_what_was_built(
    cluster: Cluster,
    flights: Zone,
    settings: Settings,
    remembered: dict[str, list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    task = dbt(flights, settings, says("06:18:34  Running with dbt", BUILT, WARNED, end(2)))
    context = run(task)
    assert "error" not in context
    assert task.results.splitlines() == [
        "Of 2 nodes 1 warned (few_delays).",
        "",
        "Test few_delays warned: 1 row.",
        "    select * from LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__FEW_DELAYS;",
        "",
        "Model legs_v2: success, 1,200 rows, 0.2 s.",
    ]
    assert "results" in task.template_fields
    assert "results" not in DbtOperator.template_fields  # which every parse would carry
    assert [each["node"] for each in context["ti"].pushed["results"]] == ["few_delays", "silver.legs_v2"]
    (event,) = context["outlet_events"][AssetAlias("models of flights")].asset_alias_events
    assert event.dest_asset_key.uri == "x-assay://flights/silver/legs_v2"
    assert event.extra["rows"] == 1200
    assert [outlet.name for outlet in task.outlets] == ["models of flights"]
    assert remembered["flights run 1 test 1"] == [
        "Test few_delays warned: 1 row.",
        "select * from LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__FEW_DELAYS;",
    ]
    assert lineage(tmp_path) == ["START", "COMPLETE"]
    said = capsys.readouterr().out
    assert MARK not in said
    assert "Test few_delays warned: 1 row." in said


def test_a_failed_test_fails_the_task_in_words_and_emits_no_asset(
    cluster: Cluster,
    flights: Zone,
    settings: Settings,
    remembered: dict[str, list[str]],
    tmp_path: Path,
) -> None:
    task = dbt(flights, settings, says(FAILED, end(1), "Done. PASS=0 WARN=0 ERROR=1", code=1))
    context = run(task)
    assert isinstance(context["error"], AirflowFailException)
    assert str(context["error"]).splitlines() == [
        "Test unique_legs failed: 3 rows.",
        "select * from LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__UNIQUE_LEGS;",
    ]
    assert "select * from LOCAL_FLIGHTS.QUARANTINE.DBT_TEST__UNIQUE_LEGS;" in task.results
    assert len(context["outlet_events"]) == 0
    assert lineage(tmp_path) == []


def test_lines_that_were_lost_on_the_way_are_read_again(
    cluster: Cluster,
    flights: Zone,
    settings: Settings,
    remembered: dict[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(DbtOperator, "shown", lambda self, line: line)  # nothing arrives while the pod runs
    context = run(dbt(flights, settings, says(BUILT, BROKEN, end(2), code=1)))
    assert str(context["error"]).startswith("Model sums was not built: Database Error in model sums")
    assert [each["status"] for each in context["ti"].pushed["results"]] == ["success", "error"]


def test_a_pod_that_was_killed_says_so_and_how_far_dbt_had_come(
    cluster: Cluster,
    flights: Zone,
    settings: Settings,
    remembered: dict[str, list[str]],
) -> None:
    context = run(dbt(flights, settings, says(BUILT, code=137)))
    assert not isinstance(context["error"], AirflowFailException)
    said = str(context["error"]).splitlines()
    assert "was stopped from outside by SIGKILL" in said[0]
    assert said[-1] == "1 node went well. More may have happened: the log broke off before dbt had ended."


def test_a_command_without_results_is_what_it_was(
    cluster: Cluster,
    flights: Zone,
    settings: Settings,
    remembered: dict[str, list[str]],
) -> None:
    context = run(dbt(flights, settings, says("Compilation Error", code=2)))
    assert str(context["error"]).splitlines()[-1] == "Compilation Error"
    assert context["ti"].pushed == {}
