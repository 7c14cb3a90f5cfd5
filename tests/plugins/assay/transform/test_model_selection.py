"""A run of a few models: what is built, what is skipped, and that the graph stays what it is."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowSkipException,
    DownstreamTasksSkipped,
    ParamValidationError,
)
from airflow.serialization.serialized_objects import DagSerialization
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.dbt_graph.graph import Graph, graph
from assay.pods import PodOperator
from assay.run_params import LOADED, MODELS
from assay.transform import model_form, smoke
from assay.transform.model_selection import WrongChoice, choices, is_chosen, not_chosen
from assay.zones import Zone
from tests.plugins.assay.transform.conftest import Render
from tests.plugins.assay.transform.manifests import Project, projects


@pytest.fixture
def project() -> Project:
    project = Project()
    source = project.source("approved", "src_flights")
    seed = project.seed("airlines", "here")
    flights = project.model("flights", "here/bronze", [source])
    carriers = project.snapshot("carriers", "here/silver", [seed])
    legs = project.model("legs", "here/silver", [flights])
    gold = project.model("punctuality", "here/gold", [legs, carriers])
    for name, subjects in {"one": [flights], "two": [legs], "both": [legs, carriers], "raw": [source]}.items():
        project.test(name, subjects, "here")
    project.test("no_fewer_rows", [gold], "here", folder="smoke")
    return project


def run(plan: Graph, *chosen: str) -> set[str]:
    """The tasks that do something in a run of these models: neither skipped at once nor in their turn."""
    models = [name for name in chosen if name != LOADED]
    kept = set(plan.tasks) - set(not_chosen(plan, "here", models, loads=LOADED in chosen))
    return {task for task in kept if plan.tasks[task].command and is_chosen(about(plan, task), chosen)}


def about(plan: Graph, task: str) -> set[str]:
    return {*plan.tasks[task].covers, *plan.tasks[task].shows}


def followers(edges: Collection[tuple[str, str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        new = {after for before, after in edges if before == here} - found
        found |= new
        waiting += new
    return found


def test_a_run_of_one_model_builds_and_tests_it_alone(project: Project) -> None:
    assert run(graph(project.manifest, "here"), "flights") == {"bronze.flights.run", "bronze.flights.test"}


def test_a_test_over_several_models_runs_with_any_of_them(project: Project) -> None:
    plan = graph(project.manifest, "here")
    assert run(plan, "carriers") == {"silver.carriers.run", "silver.legs_and_carriers.test"}


def test_seeds_and_snapshots_may_be_chosen_too_and_tested_sources_may_not(project: Project) -> None:
    assert choices(graph(project.manifest, "here")) == {
        "airlines": "seeds", "flights": "bronze", "carriers": "silver", "legs": "silver", "punctuality": "gold",
    }  # fmt: skip


def test_one_model_of_a_layer_that_is_built_by_one_pod_needs_that_pod(project: Project) -> None:
    plan = graph(project.manifest, "here", whole={"silver"})
    assert choices(plan)["legs"] == "silver"
    assert run(plan, "legs") == {"silver.build"}


def test_what_shows_a_chosen_model_without_storing_it_is_built_and_tested_too() -> None:
    project = Project()
    source = project.source("approved", "src_flights")
    flights = project.model("flights", "here/bronze", [source], materialized="view")
    legs = project.model("legs", "here/silver", [flights])
    recent = project.model("recent", "here/silver", [legs], materialized="view")
    late = project.model("late", "here/silver", [recent], materialized="ephemeral")
    stored = project.model("stored", "here/silver", [recent])
    for name, subject in {"a": source, "b": flights, "c": legs, "d": recent, "e": late, "f": stored}.items():
        project.test(name, [subject], "here")
    plan = graph(project.manifest, "here")
    shown = {"silver.recent.run", "silver.recent.test", "silver.late.test"}
    assert run(plan, "legs") == {"silver.legs.run", "silver.legs.test"} | shown
    loaded = {"sources.approved_src_flights.test", "bronze.flights.run", "bronze.flights.test"}
    assert run(plan, "legs", LOADED) == {"silver.legs.run", "silver.legs.test"} | shown | loaded
    assert run(plan, "stored") == {"silver.stored.run", "silver.stored.test"}


def test_a_wrong_name_is_said_with_the_right_one(project: Project) -> None:
    plan = graph(project.manifest, "here")
    with pytest.raises(WrongChoice) as error:
        not_chosen(plan, "here", ["flihgts", "legs", "zzz"])
    assert str(error.value).splitlines() == [
        'models: zone here has no model "flihgts"; did you mean "flights"?',
        'models: zone here has no model "zzz"; it has airlines, carriers, flights, legs, punctuality.',
    ]


@given(projects(), st.randoms())
@settings(max_examples=100, deadline=None, database=None)
def test_a_run_of_some_models_runs_their_tasks_in_the_same_order(project: Project, random: Any) -> None:
    """What is skipped at once holds nothing back, so nothing that runs may rely on it for its order."""
    plan = graph(project.manifest, "here")
    known = sorted(choices(plan))
    assert not_chosen(plan, "here", []) == []
    chosen = random.sample(known, random.randint(1, len(known))) if known else []
    skipped = set(not_chosen(plan, "here", chosen))
    ran = run(plan, *chosen)
    assert (
        ran == {name for name, task in plan.tasks.items() if task.command and about(plan, name) & set(chosen)}
        or not chosen
    )
    ordered = {edge for edge in plan.edges if skipped.isdisjoint(edge)}
    for task in ran | set(plan.gateways.values()):
        wanted = followers(plan.edges, task) & (ran | set(plan.gateways.values()))
        assert wanted <= followers(ordered, task)


def test_what_lies_between_two_chosen_models_skips_itself_in_its_turn() -> None:
    project = Project()
    first = project.model("first", "here/silver", [project.source("approved", "src_flights")])
    last = project.model("last", "here/silver", [project.model("between", "here/silver", [first])])
    project.model("after", "here/silver", [last])
    project.model("apart", "here/silver")
    plan = graph(project.manifest, "here")
    assert not_chosen(plan, "here", ["first", "last"]) == ["silver.apart.run"]
    assert run(plan, "first", "last") == {"silver.first.run", "silver.last.run"}


class Instance:
    """What the hooks and the operator read of a context."""

    def __new__(cls, chosen: list[str] | None) -> Any:
        approvals = SimpleNamespace(xcom_pull=lambda task_ids: [{"rows_approved": 1} for _ in task_ids])
        return {"params": {MODELS: chosen}, "ti": approvals}


def test_the_task_choose_skips_the_others_before_they_can_start(
    project: Project, render: Render, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the zone's lease first, which `releases/test_operators.py` tests: there is no warehouse here."""
    monkeypatch.setattr("assay.transform.operators.writing", lambda *_, **__: nullcontext())
    task = render(project)[0].get_task("choose")
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        task.execute(Instance(["legs"]))
    plan = graph(project.manifest, "here")
    assert skipped.value.tasks == not_chosen(plan, "here", ["legs"])
    assert task.execute(Instance(None)) is None
    with pytest.raises(AirflowFailException, match='has no model "legz"; did you mean "legs"'):
        task.execute(Instance(["legz"]))
    for name in ("source:*", LOADED):  # stands for the sources inside a plan, and for no model of a form
        with pytest.raises(AirflowFailException, match="has no model"):
            task.execute(Instance([name]))


def test_a_cleared_task_of_another_model_skips_itself(project: Project, render: Render, here: Zone) -> None:
    dag, _, found = render(project)
    with dag:
        audited = smoke(here, found)
    legs = dag.get_task("silver.legs.run")
    for task, chosen in ((legs, ["legs", "flights"]), (legs, None), (audited, ["flights"])):
        task.pre_execute(Instance(chosen))
    with pytest.raises(AirflowSkipException, match="asked for other models"):
        legs.pre_execute(Instance(["flights"]))


def test_what_is_skipped_holds_nothing_back_and_what_failed_does(project: Project, render: Render) -> None:
    dag, _, _ = render(project)
    others = {"start", "load"}  # before anything can be skipped
    assert {task.trigger_rule.value for task in dag.tasks if task.task_id not in others} == {"none_failed"}
    assert any(isinstance(task, EmptyOperator) for task in dag.tasks)


def test_a_full_refresh_is_asked_of_what_builds_and_of_nothing_else(project: Project, render: Render) -> None:
    dag, _, _ = render(project)
    asked = {
        task.task_id for task in dag.tasks
        if isinstance(task, PodOperator) and task.run_values.get("DBT_FULL_REFRESH") == "{{ params.full_refresh }}"
    }  # fmt: skip
    assert asked == {"seeds.airlines.run", "bronze.flights.run", "silver.legs.run", "gold.punctuality.run"}


def test_the_form_offers_the_models_and_survives_the_scheduler(project: Project, render: Render, here: Zone) -> None:
    _, _, found = render(project)
    with DAG("here", schedule=None, params=model_form(here, found)) as dag:
        EmptyOperator(task_id="any")
    schema = dag.params.get_param("models").schema
    assert schema["examples"] == ["airlines", "flights", "carriers", "legs", "punctuality"]
    assert schema["values_display"]["legs"] == "silver: legs"
    again = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))
    assert again.params.dump() == {"models": None, "full_refresh": False}
    dag.params["models"] = ["legs"]
    with pytest.raises(ParamValidationError):
        dag.params["full_refresh"] = "perhaps"
