"""The tasks that the factory makes of the graph."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup
from airflow.serialization.serialized_objects import DagSerialization

from assay.dbt_graph.graph import graph
from assay.errors import ConfigurationError
from assay.pods import PodOperator
from assay.settings import load
from assay.transform import smoke, transform
from assay.zones import Zone
from tests.plugins.assay.transform.conftest import AROUND, Render, loading
from tests.plugins.assay.transform.manifests import Project


@pytest.fixture
def project() -> Project:
    """Something of everything."""
    project = Project()
    source = project.source("approved", "src_flights")
    seed = project.seed("airlines", "here")
    flights = project.model("flights", "here/bronze", [source])
    carriers = project.snapshot("carriers", "here/silver", [seed])
    legs = project.model(
        "legs", "here/silver", [flights], meta={"pod": {"memory": "2Gi", "retries": 0, "deadline": "3h"}}
    )
    project.model("punctuality", "here/gold", [legs, carriers])
    project.test("not_null_flights", [flights], "here")
    project.test("legs_have_carriers", [legs, carriers], "here")
    project.test("no_fewer_rows", ["model.assay.punctuality"], "here", folder="smoke")
    return project


def edges(dag: DAG) -> set[tuple[str, str]]:
    return {(task.task_id, after) for task in dag.tasks for after in task.downstream_task_ids}


def edges_of_graph(dag: DAG) -> set[tuple[str, str]]:
    return {(before, after) for before, after in edges(dag) if not {before, after} & AROUND}


def test_the_dag_is_the_graph(project: Project, render: Render) -> None:
    dag, _, _ = render(project)
    plan = graph(project.manifest, "here")
    assert {task.task_id for task in dag.tasks} == {*plan.tasks, *AROUND}
    assert edges_of_graph(dag) == plan.edges
    for task in dag.tasks:
        if task.task_id in AROUND:
            continue
        if command := plan.tasks[task.task_id].command:
            assert isinstance(task, PodOperator)
            assert tuple(task.cmds) == command
        else:
            assert isinstance(task, EmptyOperator)


def test_environments_have_the_same_graph_and_pods_but_for_image_tags_and_sizes(
    project: Project, render: Render
) -> None:
    (local, _, _), (prod, _, _) = render(project), render(project, "prod")
    assert edges(local) == edges(prod)
    for task in local.tasks:
        twin = prod.get_task(task.task_id)
        assert type(task) is type(twin)
        if isinstance(task, PodOperator) and isinstance(twin, PodOperator):
            ours, theirs = pod(task), pod(twin)
            container, other = (spec["spec"]["containers"][0] for spec in (ours, theirs))
            assert container.pop("image") == "assay/dbt:local"
            assert other.pop("image") == "222222222222.dkr.ecr.eu-central-1.amazonaws.com/assay/dbt:0.1.0"
            for found in (container, other):
                found.pop("resources")
                found["env"] = [entry["name"] for entry in found["env"]]
                found.pop("env_from")  # the same secret of either environment, by the same name
            for spec in (ours, theirs):
                spec["spec"].pop("active_deadline_seconds")
            assert ours == theirs
            assert [source.secret_ref.name for source in task.env_from] == ["warehouse-here-transformer"]
            assert [source.secret_ref.name for source in twin.env_from] == ["warehouse-here-transformer"]


def pod(task: PodOperator) -> dict[str, Any]:
    spec: dict[str, Any] = task.build_pod_request_obj(dry_run=True).to_dict()
    del spec["metadata"]["name"]
    return spec


def test_a_models_own_pod_settings_replace_the_environments(project: Project, render: Render) -> None:
    dag, _, settings = render(project)
    legs, flights = dag.get_task("silver.legs.run"), dag.get_task("bronze.flights.run")
    assert isinstance(legs, PodOperator)
    assert isinstance(flights, PodOperator)
    assert legs.container_resources is not None
    assert flights.container_resources is not None
    assert legs.container_resources.limits == {"cpu": "1", "memory": "2Gi"}
    assert (legs.retries, legs.active_deadline_seconds) == (0, timedelta(hours=3).total_seconds())
    assert flights.container_resources.limits == settings.k8s.resources.limit.model_dump()
    assert flights.retries == 2


def test_a_layer_has_defaults_that_its_models_may_replace(project: Project, render: Render, here: Zone) -> None:
    project.model("wide", "here/silver", meta={"pod": {"pool": "heavy", "node_selector": {"disk": "ssd"}}})
    _, _, settings = render(project)
    config = settings.dags_folder / "config" / "local"
    (config / "k8s.yml").write_text(
        (config / "k8s.yml").read_text()
        + "layers:\n  silver: {cpu: 750m, memory: 3Gi, retries: 4, retry_delay: 2m, pool: light, priority: 7, "
        "node_selector: {group: big}}\n"
    )
    (config / "airflow.yml").write_text("pools: {heavy: 1, light: 8}\n")
    settings = load(settings.dags_folder, "local")
    with DAG("here", schedule=None, **settings.dag) as dag:
        transform(here, settings, loading)

    def asked(task_id: str) -> tuple[Any, ...]:
        task = dag.get_task(task_id)
        assert isinstance(task, PodOperator)
        assert task.container_resources is not None
        limits = task.container_resources.limits
        return limits["cpu"], limits["memory"], task.retries, task.retry_delay, task.pool, task.priority_weight

    minutes = timedelta(minutes=2)
    assert asked("silver.carriers.run") == ("750m", "3Gi", 4, minutes, "light", 7)
    assert asked("silver.legs.run") == ("750m", "2Gi", 0, minutes, "light", 7)
    assert asked("silver.wide.run") == ("750m", "3Gi", 4, minutes, "heavy", 7)
    assert asked("silver.legs_and_carriers.test") == ("750m", "3Gi", 4, minutes, "light", 7)
    assert asked("bronze.flights.run") == ("1", "768Mi", 2, timedelta(minutes=1), "default_pool", 1)
    wide = dag.get_task("silver.wide.run")
    assert isinstance(wide, PodOperator)
    assert wide.node_selector == {"assay/group": "pods", "group": "big", "disk": "ssd"}


def test_a_pool_that_is_not_declared_fails_the_parse_because_its_tasks_would_never_start(render: Render) -> None:
    project = Project()
    project.model("legs", "here/silver", meta={"pod": {"pool": "heavi"}})
    with pytest.raises(
        ConfigurationError,
        match=r'dbt: legs: meta.pod.pool "heavi" is not declared; add it with its number of slots to pools in '
        r"config/\{base,local\}/airflow.yml, or use one of default_pool, heavy",
    ):
        render(project)


def test_a_layer_built_whole_is_one_pod_that_knows_its_models(project: Project, render: Render, here: Zone) -> None:
    _, _, settings = render(project)
    coarse = Zone.model_validate(here.model_dump() | {"granularity": {"bronze": "layer", "silver": "layer"}})
    with DAG("here", schedule=None, **settings.dag) as dag:
        transform(coarse, settings, loading)
    assert [task.task_id for task in dag.tasks if task.task_id not in AROUND] == [
        "seeds.build", "bronze.build", "silver.build", "gold.punctuality.run", "gateway_to_silver", "gateway_to_gold",
    ]  # fmt: skip
    silver = dag.get_task("silver.build")
    assert isinstance(silver, PodOperator)
    assert silver.covers == ("carriers", "legs")
    assert dag.get_task("choose").downstream_task_ids == {"seeds.build", "gateway_to_silver"}
    assert dag.get_task("end").upstream_task_ids == {"gateway_to_gold", "gold.punctuality.run"}


def test_smoke_tests_are_one_task_outside_the_layers(project: Project, render: Render, here: Zone) -> None:
    dag, _, settings = render(project)
    with dag, TaskGroup("release"):
        task = smoke(here, settings)
    assert task.task_id == "release.smoke"
    assert task.cmds[-1] == "assay.here.smoke.no_fewer_rows"


def test_a_zone_without_a_smoke_test_does_not_parse(render: Render, here: Zone) -> None:
    dag, _, settings = render(Project())
    with dag, pytest.raises(ConfigurationError, match="dbt/tests/here/smoke: there is no smoke test"):
        smoke(here, settings)


def test_a_backward_ref_fails_the_parse(render: Render) -> None:
    project = Project()
    project.model("early", "here/bronze", [project.model("late", "here/silver")])
    with pytest.raises(ConfigurationError, match="early is bronze and refers to late, which is silver"):
        render(project)


def test_a_missing_or_foreign_manifest_is_said_so(root: Path, tmp_path: Path, here: Zone) -> None:
    settings = load(root / "dags", "local").model_copy(update={"dags_folder": tmp_path})
    with pytest.raises(ConfigurationError, match=r"manifest.json: there is no such file beside the DAGs"):
        smoke(here, settings)
    (tmp_path / "manifest.json").write_text(json.dumps(Project(name="other").manifest))
    with pytest.raises(
        ConfigurationError, match=r'manifest.json: is of the dbt project "other", and config/base/dbt.yml'
    ):
        smoke(here, settings)


def test_a_serialised_task_is_small(render: Render) -> None:
    project = Project()
    for index in range(100):
        project.test(f"not_null_{index}", [project.model(f"model_{index}", "here/bronze")], "here")
    dag, _, _ = render(project)
    size = len(json.dumps(DagSerialization.to_dict(dag)))
    assert size / len(dag.tasks) < 1200, "the serialised DAG grows by this much for every task"
