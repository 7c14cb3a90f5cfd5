"""The tasks of a release, through Airflow's connection, as a worker runs them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowRescheduleException,
    ParamValidationError,
)

from assay import overrides
from assay import settings as environments
from assay.alerts import causes
from assay.alerts.causes import Cause
from assay.releases import candidate, publish, refuse
from assay.releases.rollback_dag import publishing, rollback
from assay.transform.operators import choose
from assay.zones import ServiceRole
from tests.plugins.assay.alerts.inbox import running
from tests.plugins.assay.releases.conftest import ZONE, GoldZone
from tests.plugins.assay.transform.manifests import Project


class TaskInstance:
    """What the tasks ask of Airflow: values of tasks before them, and the states of the run's tasks."""

    dag_id = ZONE
    run_id = "run1"
    task_id = "release.publish"
    try_number = 1

    def __init__(self) -> None:
        self.pulled: dict[str, Any] = {}
        self.pushed: dict[str, Any] = {}
        self.states: dict[str, str] = {}
        self.set_by_hand: dict[str, dict[str, str]] = {}

    def xcom_pull(self, task_ids: str | list[str], key: str = "return_value") -> Any:
        if key == overrides.KEY:
            return self.set_by_hand.get(str(task_ids))
        return self.pulled[task_ids] if isinstance(task_ids, str) else [self.pulled.get(each) for each in task_ids]

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value

    def get_dr_count(self, dag_id: str, run_ids: list[str], states: list[str]) -> int:
        return 0  # every run before has ended

    def get_task_states(self, dag_id: str, run_ids: list[str]) -> dict[str, dict[str, str]]:
        return {run_ids[0]: self.states}


@pytest.fixture
def gold(read_gold: GoldZone) -> GoldZone:
    """The tasks grant to whoever reads from the zone, by the files of all zones."""
    return read_gold


@pytest.fixture
def project() -> Project:
    """The zone's gold as dbt knows it, with a test and a smoke test."""
    project = Project()
    view = project.model("readings", f"{ZONE}/bronze", [project.source("approved", "src_weather")], materialized="view")
    hourly = project.model("hourly_weather", f"{ZONE}/gold", [view])
    project.model("daily_weather", f"{ZONE}/gold", [hourly])
    project.test("hours", [hourly], ZONE)
    project.test("keeps_rows", [hourly], ZONE, folder="smoke")
    return project


@pytest.fixture
def settings(
    gold: GoldZone, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, project: Project
) -> environments.Settings:
    shutil.copytree(root / "dags", tmp_path / "dags", ignore=shutil.ignore_patterns("manifest.json", "__pycache__"))
    (tmp_path / "dags" / "manifest.json").write_text(json.dumps(project.manifest))
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    connection = gold.provisioned.account.airflow_connection(gold.names, ServiceRole.PUBLISHER)
    monkeypatch.setenv(f"AIRFLOW_CONN_{gold.names.connection(ServiceRole.PUBLISHER)}".upper(), json.dumps(connection))
    found = environments.load(tmp_path / "dags", "local")
    return found.model_copy(update={"environment": gold.names.environment})


@pytest.fixture
def tasks(gold: GoldZone, settings: environments.Settings) -> dict[str, Any]:
    with DAG(dag_id=ZONE, schedule=None):
        return {make.__name__: make(gold.zone, settings) for make in (candidate, publish, refuse, choose)}


@dataclass
class Dbt:
    """What dbt's hooks write, as the transformer: each call is one invocation."""

    gold: GoldZone
    numbers: Iterator[int]

    def __call__(self, run_id: str, statuses: Mapping[str, str | None]) -> None:
        invocation = f"i{next(self.numbers)}"
        for node, status in statuses.items():
            for word in ("started", status):
                if word is not None:
                    self.gold.transformer.execute(
                        f"insert into {self.gold.names.ledger}.node_results (node_id, status, invocation_id, run_id, "
                        f"happened_at) select '{node}', '{word}', '{invocation}', '{run_id}', sysdate()"
                    )


READINGS, HOURLY, DAILY = (f"model.assay.{name}" for name in ("readings", "hourly_weather", "daily_weather"))
HOURS, SMOKE = "test.assay.hours", "test.assay.keeps_rows"
EVERYTHING = {READINGS: "success", HOURLY: "success", DAILY: "success", HOURS: "pass", SMOKE: "pass"}


@pytest.fixture
def dbt(gold: GoldZone) -> Dbt:
    return Dbt(gold, count())


def context(run_id: str, ti: TaskInstance) -> dict[str, Any]:
    return {"run_id": run_id, "ti": ti, "dag_run": SimpleNamespace(run_id=run_id, triggering_user_name="anna")}


def test_candidate_and_publish_hand_the_release_on_by_its_id(gold: GoldZone, tasks: dict[str, Any], dbt: Dbt) -> None:
    ti = TaskInstance()
    ti.pulled["release.candidate"] = tasks["candidate"].execute(context("run1", ti))
    gold.build(1, 2)
    dbt("run1", EVERYTHING)
    (lease,) = gold.publisher.execute(f"select run_id, candidate_of from {gold.names.ledger}.run_lease")
    assert (lease["run_id"], lease["candidate_of"]) == ("run1", "run1")
    assert tasks["publish"].execute(context("run1", ti)) == ti.pulled["release.candidate"]
    assert gold.hours() == [1, 2]
    assert ti.pushed["rows"]["HOURLY_WEATHER"] == (2, None)
    assert [asset.uri for asset in tasks["publish"].outlets] == ["x-assay://weather/gold"]


def test_no_candidate_is_cut_and_nothing_is_built_while_a_pod_of_another_run_is_left(
    gold: GoldZone, tasks: dict[str, Any], no_pods: list[str]
) -> None:
    no_pods.append("daily-weather-run-x1")
    form = {"models": ["daily_weather"], "full_refresh": False, "backfill_from": None, "backfill_to": None}
    for task in ("choose", "candidate"):
        with pytest.raises(AirflowRescheduleException) as waits:
            tasks[task].execute({**context("run2", TaskInstance()), "params": form})
        assert "daily-weather-run-x1" in str(waits.value.__cause__)
    assert gold.releases().history() == []


def test_publishing_tells_lineage_which_table_is_live_now(
    gold: GoldZone, tasks: dict[str, Any], tmp_path: Path, dbt: Dbt
) -> None:
    ti = TaskInstance()
    ti.pulled["release.candidate"] = tasks["candidate"].execute(context("run1", ti))
    gold.build(1, 2)
    dbt("run1", EVERYTHING)
    tasks["publish"].execute(context("run1", ti))
    events = [json.loads(line) for line in (tmp_path / "lineage.jsonl").read_text().splitlines()]
    (complete,) = [
        event
        for event in events
        if (event["job"]["name"], event["eventType"]) == ("weather.release.publish.hourly_weather", "COMPLETE")
    ]
    assert complete["inputs"][0]["name"] == f"{gold.names.database}.GOLD_NEXT.HOURLY_WEATHER"
    assert complete["outputs"][0]["name"] == f"{gold.names.database}.GOLD.HOURLY_WEATHER"
    assert complete["outputs"][0]["namespace"] == "snowflake://assay"


def test_a_refusal_is_final_and_its_text_is_the_sentence_for_the_chat(
    gold: GoldZone, tasks: dict[str, Any], dbt: Dbt
) -> None:
    ti = TaskInstance()
    ti.pulled["release.candidate"] = tasks["candidate"].execute(context("run1", ti))
    dbt("run1", EVERYTHING)
    with pytest.raises(AirflowFailException, match="GOLD_NEXT holds no table"):
        tasks["publish"].execute(context("run1", ti))


def test_a_failed_run_closes_its_candidate_and_names_what_failed(gold: GoldZone, tasks: dict[str, Any]) -> None:
    ti = TaskInstance()
    tasks["candidate"].execute(context("run1", ti))
    ti.states = {"release.candidate": "success", "gold.daily.test": "failed", "release.publish": "upstream_failed"}
    tasks["refuse"].execute(context("run1", ti))
    (release,) = gold.releases().history()
    assert (release.status, release.reason) == ("refused", "Failed: gold.daily.test.")


def test_a_failed_run_names_in_its_ledger_and_its_closing_message_who_set_tasks_by_hand(
    gold: GoldZone, tasks: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Cause] = []
    monkeypatch.setattr(causes, "keep", lambda zone, cause: kept.append(cause))
    ti = TaskInstance()
    tasks["candidate"].execute(context("run1", ti))
    ti.states = {"release.candidate": "success", "silver.hours.test": "skipped", "gold.daily.run": "failed"}
    ti.set_by_hand = {
        "silver.hours.test": {"state": "skipped", "by": "anna", "at": "2026-11-28 05:00:00"},
        "gold.daily.run": {"state": "success", "by": "anna", "at": "2026-11-28 04:00:00"},  # it has failed since
    }
    tasks["refuse"].execute(context("run1", ti))
    sentence = "Task silver.hours.test was set to skipped by hand, by anna at 2026-11-28 05:00:00 UTC."
    (release,) = gold.releases().history()
    assert (release.status, release.reason) == ("refused", f"Failed: gold.daily.run.\n{sentence}")
    assert [(cause.task, cause.failure.what) for cause in kept] == [("silver.hours.test", sentence)]


def test_a_candidate_that_is_still_being_made_is_refused_later(gold: GoldZone, tasks: dict[str, Any]) -> None:
    ti = TaskInstance()
    ti.states = {"release.candidate": "running", "bronze.weather.test": "failed"}
    with pytest.raises(AirflowException, match="has not ended yet"):
        tasks["refuse"].execute(context("run1", ti))
    assert tasks["refuse"].retries > 0


def test_refusing_waits_for_a_failure_and_for_nothing_else(tasks: dict[str, Any]) -> None:
    assert tasks["refuse"].trigger_rule == "one_failed"


@pytest.mark.parametrize(
    ("make", "fields"), [(rollback, ("zone", "reason")), (publishing, ("zone", "action", "reason"))]
)
def test_a_form_knows_the_zones_and_chooses_nothing_by_itself(
    make: Callable[[str], DAG], fields: tuple[str, ...], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_ENV", "local")
    dag = make(str(root / "dags" / f"platform_{make.__name__}.py"))
    assert dag.dag_id == f"platform_{make.__name__}"
    assert dag.params.get_param("zone").schema["enum"] == ["flights", "weather"]
    assert tuple(dag.params) == fields
    for field in fields:
        with pytest.raises(ParamValidationError):
            dag.params[field]


def test_the_rollback_dag_rolls_back_once_and_names_who_asked(
    gold: GoldZone, settings: environments.Settings, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_ENV", "local")
    gold.release("run1", 1)
    gold.release("run2", 2)
    task = rollback(str(root / "dags" / "platform_rollback.py")).get_task("rollback")
    task._environment = settings.environment  # type: ignore[attr-defined]
    form = {"params": {"zone": ZONE, "reason": "wrong hours <!here>"}}
    with running() as inbox:
        chat = {"conn_type": "http", "password": inbox.url}
        monkeypatch.setenv(f"AIRFLOW_CONN_CHAT_{ZONE.upper()}", json.dumps(chat))
        for _ in range(2):
            task.execute({**context("rollback1", TaskInstance()), **form})  # type: ignore[arg-type]
            assert gold.hours() == [1]
    misspelt = {"params": form["params"] | {"reasn": "x"}}
    with pytest.raises(AirflowFailException, match=r'has no field "reasn"; did you mean "reason"\?'):
        task.execute({**context("rollback2", TaskInstance()), **misspelt})  # type: ignore[arg-type]
    assert gold.hours() == [1]
    assert "rolled back by `anna`" in inbox.texts[0]
    assert "wrong hours &lt;!here&gt;" in inbox.texts[0]
    held = publishing(str(root / "dags" / "platform_publishing.py")).get_task("publishing")
    held._environment = settings.environment  # type: ignore[attr-defined]
    assert gold.releases().decided().hold is not None
    for action, is_held in (("resume", False), ("hold", True)):
        answers = {"params": {"zone": ZONE, "action": action, "reason": "wrong hours"}}
        held.execute({**context("publishing1", TaskInstance()), **answers})  # type: ignore[arg-type]
        assert (gold.releases().decided().hold is not None) is is_held
    ended = next(release for release in gold.releases().history() if release.run_id == "run2")
    assert (ended.status, ended.actor, ended.reason) == ("rolled_back", "anna", "wrong hours <!here>")
