"""The rules of the graph, over projects of any shape and over examples of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from assay.dbt_graph.graph import Graph, graph
from assay.errors import ConfigurationError
from tests.plugins.assay.transform.manifests import LAYERS, Project, projects
from tests.plugins.assay.transform.reading import Order, Reading

ANY = settings(max_examples=100, deadline=None, database=None)


def plan_of(project: Project) -> tuple[Graph, Reading, Order, dict[str, str]]:
    """The graph, and which task runs each node or test."""
    manifest = project.manifest
    plan, reading = graph(manifest, "here"), Reading(manifest)
    runner = {key: task.id for task in plan.tasks.values() if task.command for key in reading.selected(task.command)}
    return plan, reading, Order(plan.tasks, plan.edges), runner


@given(projects())
@ANY
def test_every_node_and_every_test_runs_in_exactly_one_task(project: Project) -> None:
    plan, reading, _, _ = plan_of(project)
    runs = Counter(key for task in plan.tasks.values() if task.command for key in reading.selected(task.command))
    assert set(runs) == reading.built | set(reading.tests)
    assert set(runs.values()) <= {1}
    assert {edge for pair in plan.edges for edge in pair} <= set(plan.tasks)


@given(projects())
@ANY
def test_smoke_tests_run_together_and_in_no_layer(project: Project) -> None:
    plan, reading, _, _ = plan_of(project)
    assert (reading.selected(plan.smoke) if plan.smoke else set()) == reading.smoke


@given(projects())
@ANY
def test_every_node_precedes_its_children_and_there_is_no_circle(project: Project) -> None:
    plan, reading, order, runner = plan_of(project)
    for task in plan.tasks:
        assert task not in order.following(task)
    for node in reading.built:
        for above in reading.ancestors(node) & reading.built:
            assert order.precedes(runner[above], runner[node])


@given(projects())
@ANY
def test_a_test_follows_all_its_models_and_precedes_its_layers_gateway(project: Project) -> None:
    plan, reading, order, runner = plan_of(project)
    for test, subjects in reading.tests.items():
        for subject in subjects:
            needed = (
                {subject}
                if subject in reading.built
                else {up for up in reading.ancestors(subject) if up in reading.built}
            )
            for node in needed:
                assert order.precedes(runner[node], runner[test])
        layer = max(reading.rank(subject) for subject in subjects)
        if layer + 1 < len(LAYERS):
            assert order.precedes(runner[test], plan.gateways[LAYERS[layer + 1]])


@given(projects())
@ANY
def test_a_failed_test_stops_what_reads_its_model_and_nothing_else_in_the_layer(project: Project) -> None:
    _, reading, order, runner = plan_of(project)
    for test, subjects in reading.tests.items():
        readers = {node for node in reading.built if subjects <= reading.ancestors(node)}
        for node in readers:
            assert order.precedes(runner[test], runner[node])
        layer = max(reading.rank(subject) for subject in subjects)
        latest = {subject for subject in subjects if reading.rank(subject) == layer}
        for node in reading.built:
            if reading.rank(node) == layer and order.precedes(runner[test], runner[node]):
                assert latest & reading.ancestors(node), f"{test} holds back {node}, which reads none of {latest}"


@given(projects())
@ANY
def test_gateways_divide_the_layers_and_no_path_goes_round_them(project: Project) -> None:
    plan, _, order, _ = plan_of(project)
    assert list(plan.gateways) == list(LAYERS[1:])
    stage = {"sources": 0, "seeds": 0, "bronze": 0, "silver": 1, "gold": 2}
    for task in plan.tasks.values():
        if not task.command:
            continue
        position = stage[task.id.split(".")[0]]
        for layer, gateway in plan.gateways.items():
            if position < LAYERS.index(layer):
                assert order.precedes(task.id, gateway)
            else:
                assert order.precedes(gateway, task.id)
    for before, after in pairwise(LAYERS[1:]):
        assert order.precedes(plan.gateways[before], plan.gateways[after])
    for before, after in plan.edges:
        if "gateway" not in before + after:
            assert stage[before.split(".")[0]] == stage[after.split(".")[0]]


@given(projects())
@ANY
def test_seeds_load_before_every_model(project: Project) -> None:
    _, reading, order, runner = plan_of(project)
    seeds = {key for key in reading.built if key.startswith("seed.")}
    for seed in seeds:
        for node in reading.built - seeds:
            assert order.precedes(runner[seed], runner[node])


@given(projects())
@ANY
def test_entries_and_exits_are_the_tasks_at_the_ends(project: Project) -> None:
    plan, _, order, _ = plan_of(project)
    assert set(plan.tasks) == set(plan.entries) | {later for entry in plan.entries for later in order.following(entry)}
    assert all(not order.following(task) for task in plan.exits)


def tasks(project: Project) -> dict[str, str]:
    return {task.id: " ".join(task.command) for task in graph(project.manifest, "here").tasks.values() if task.command}


def edges(project: Project) -> Iterable[tuple[str, str]]:
    return graph(project.manifest, "here").edges


def test_a_model_has_a_run_task_and_a_test_task() -> None:
    project = Project()
    flights = project.model("flights", "here/bronze")
    project.test("not_null_flights", [flights], "here")
    assert tasks(project) == {
        "bronze.flights.run": "dbt run --select assay.here.bronze.flights",
        "bronze.flights.test": "dbt test --indirect-selection cautious --select assay.here.bronze.flights",
    }


def test_a_test_over_several_models_is_a_task_named_for_them() -> None:
    project = Project()
    legs, planes = project.model("legs", "here/silver"), project.model("planes", "here/silver")
    project.test("legs_have_planes", [legs, planes], "here")
    project.test("planes_have_legs", [planes, legs], "here")
    assert tasks(project)["silver.legs_and_planes.test"] == (
        "dbt test --indirect-selection empty --select assay.here.rules.legs_have_planes "
        "assay.here.rules.planes_have_legs"
    )


def test_a_test_over_many_models_keeps_a_short_name() -> None:
    project = Project()
    models = [project.model(f"model_with_a_long_name_{index}", "here/gold") for index in range(40)]
    project.test("totals_agree", models, "here")
    project.test("most_totals_agree", models[1:], "here")
    names = [task for task in tasks(project) if "_others_" in task]
    assert len(names) == 2
    assert all(len(name) < 80 for name in names)


def test_a_test_that_also_reads_an_earlier_layer_runs_with_its_latest_model() -> None:
    project = Project()
    flights, legs = project.model("flights", "here/bronze"), project.model("legs", "here/silver")
    project.test("same_count", [flights, legs], "here")
    assert (
        tasks(project)["silver.legs.test"] == "dbt test --indirect-selection empty --select assay.here.rules.same_count"
    )
    assert "bronze.flights.test" not in tasks(project)


def test_a_models_smoke_test_is_kept_out_of_its_own_tests() -> None:
    project = Project()
    gold = project.model("punctuality", "here/gold")
    project.test("unique_punctuality", [gold], "here")
    project.test("no_fewer_rows", [gold], "here", folder="smoke")
    assert tasks(project)["gold.punctuality.test"].endswith("--exclude assay.here.smoke.no_fewer_rows")
    assert graph(project.manifest, "here").smoke[-1] == "assay.here.smoke.no_fewer_rows"


def test_a_test_waits_for_what_an_ephemeral_model_reads_and_holds_back_what_reads_it() -> None:
    project = Project()
    base = project.model("base", "here/silver")
    between = project.model("between", "here/silver", [base], materialized="ephemeral")
    project.model("final", "here/silver", [between])
    project.test("between_is_right", [between], "here")
    assert "silver.between.run" not in tasks(project)
    assert {("silver.base.run", "silver.between.test"), ("silver.between.test", "silver.final.run")} <= set(
        edges(project)
    )


def test_crossing_tests_over_several_models_make_no_circle() -> None:
    project = Project()
    a1, b2 = project.model("a1", "here/silver"), project.model("b2", "here/silver")
    a2, b1 = project.model("a2", "here/silver", [a1]), project.model("b1", "here/silver", [b2])
    project.test("one", [a1, b1], "here")
    project.test("two", [a2, b2], "here")
    plan = graph(project.manifest, "here")
    order = Order(plan.tasks, plan.edges)
    assert not any(task in order.following(task) for task in tasks(project))


def test_versions_of_a_model_have_tasks_of_their_own() -> None:
    project = Project()
    for version in (1, 2):
        unique_id = project.model(f"planes.v{version}", "here/silver")
        project.nodes[unique_id] |= {
            "name": "planes",
            "version": version,
            "fqn": ["assay", "here", "silver", "planes", f"v{version}"],
        }
    assert set(tasks(project)) == {"silver.planes_v1.run", "silver.planes_v2.run"}


def test_a_zone_without_models_has_its_gateways_all_the_same() -> None:
    plan = graph(Project().manifest, "here")
    assert list(plan.tasks) == ["gateway_to_silver", "gateway_to_gold"]
    assert plan.edges == {("gateway_to_silver", "gateway_to_gold")}


def test_a_layer_built_whole_is_one_task_after_its_seeds_and_before_late_unit_tests() -> None:
    project = Project()
    airlines = project.seed("airlines", "here")
    flights = project.model("flights", "here/bronze", [airlines], materialized="incremental")
    planes = project.model("planes", "here/bronze")
    legs = project.model("legs", "here/silver", [flights, planes])
    for form in ("dict", "sql"):
        project.unit_test(f"adds_{form}", flights, [{"input": "this", "format": form, "rows": []}])
    project.test("flights_have_planes", [flights, planes], "here")
    project.test("same_count", [flights, legs], "here")
    project.test("kept", [flights, planes], "here", folder="smoke")
    plan = graph(project.manifest, "here", whole={"bronze"})
    commands = {task.id: " ".join(task.command[4:]) for task in plan.tasks.values() if task.command}
    assert commands == {
        "seeds.build": "--select assay.here.airlines",
        "bronze.build": "--select assay.here.bronze.flights assay.here.bronze.planes "
        "assay.here.rules.flights_have_planes --exclude assay.here.bronze.flights.adds_dict assay.here.smoke.kept",
        "bronze.unit_tests": "--select assay.here.bronze.flights.adds_dict",
        "silver.legs.run": "",
        "silver.legs.test": "--select assay.here.rules.same_count",
    }
    assert plan.tasks["bronze.build"].covers == ("flights", "planes")
    assert {("seeds.build", "bronze.build"), ("bronze.build", "bronze.unit_tests")} <= plan.edges
    assert ("bronze.unit_tests", "gateway_to_silver") in plan.edges


def test_a_model_says_what_its_pod_needs() -> None:
    project = Project()
    project.model(
        "big",
        "here/silver",
        meta={"owner": "someone", "pod": {"cpu": 2, "memory": "4Gi", "retries": 0, "deadline": "3h"}},
    )
    pod = graph(project.manifest, "here").tasks["silver.big.run"].pod
    assert pod is not None
    assert (pod.cpu, pod.memory, pod.retries, pod.deadline and pod.deadline.total_seconds()) == ("2", "4Gi", 0, 10800)


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (
            lambda p: p.model("early", "here/silver", [p.model("late", "here/gold")]),
            "models/here/silver/early.sql: early is silver and refers to late, which is gold; data flows bronze to "
            "silver to gold "
            "and never back",
        ),
        (
            lambda p: p.model("lost", "here/staging"),
            "models/here/staging/lost.sql: lost is in no layer; move it below here/, into one of bronze, silver, gold",
        ),
        (
            lambda p: p.model("homeless", "here"),
            "models/here/homeless.sql: homeless is in no layer",
        ),
        (
            lambda p: p._node("model", "stray", "stray.sql", []),
            "models/stray.sql: belongs to no zone; move it into a folder named for one",
        ),
        (
            lambda p: p.model("nosy", "here/gold", [p.model("theirs", "there/gold")]),
            "models/here/gold/nosy.sql: nosy refers to theirs of zone there; a zone reads another only through "
            "source()",
        ),
        (
            lambda p: p.test("across", [p.model("ours", "here/gold"), p.model("theirs", "there/gold")], "here"),
            "tests/here/rules/across.sql: across reads models of the zones here, there; a test belongs to one zone",
        ),
        (
            lambda p: p.test("idle", [], "here"),
            "tests/here/rules/idle.sql: idle reads no model and no source, so nothing says when to run it",
        ),
        (
            lambda p: p.model("orphan", "here/gold", ["model.assay.vanished"]),
            "models/here/gold/orphan.sql: orphan depends on model.assay.vanished, which is no model, snapshot, "
            "seed or source",
        ),
        (
            lambda p: (p.model("legs", "here/silver"), p.model("parts", "here/silver/legs")),
            "model.assay.legs has the name of the folder that model.assay.parts is in",
        ),
        (
            lambda p: p.model("greedy", "here/gold", meta={"pod": {"cpus": 4}}),
            "models/here/gold/greedy.sql: greedy: meta.pod.cpus is unknown; it may be one of cpu, memory, "
            "node_selector, retries, retry_delay, deadline, pool, priority",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(break_it: Any, sentence: str) -> None:
    project = Project()
    break_it(project)
    with pytest.raises(ConfigurationError) as error:
        graph(project.manifest, "here")
    assert sentence in str(error.value)


def test_what_is_wrong_in_one_zone_leaves_another_alone() -> None:
    project = Project()
    project.model("lost", "there/staging")
    project.model("fine", "here/bronze")
    assert "bronze.fine.run" in tasks(project)
