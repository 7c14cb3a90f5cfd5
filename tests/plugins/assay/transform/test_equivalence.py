"""The real DAG obeys the manifest: over projects of any shape and size, in each environment, at each granularity."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from airflow.sdk import DAG
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.dbt_graph import slim_manifest
from assay.dbt_graph.graph import graph
from assay.pods import PodOperator
from assay.settings import load
from assay.settings_files import DbtFile
from assay.transform import transform
from assay.zones import Zone
from tests.plugins.assay.transform.conftest import AROUND, loading
from tests.plugins.assay.transform.judge import Dbt, ephemeral, to_run
from tests.plugins.assay.transform.manifests import LAYERS, Project, projects, random_project
from tests.plugins.assay.transform.reading import Reading, check

PROJECTS = Path(__file__).with_name("projects")
ENVIRONMENTS = ("local", "prod")
GRAINS = st.dictionaries(st.sampled_from(LAYERS), st.sampled_from(["model", "layer"]))

Expand = Callable[[Mapping[str, Any], Mapping[str, str]], DAG]


@pytest.fixture(scope="module")
def expand(root: Path, zones: list[Zone]) -> Callable[..., DAG]:
    """The DAG of the zone `here` of a manifest, as the environment makes it from the slim one."""
    known = {name: load(root / "dags", name) for name in ENVIRONMENTS}

    def made(manifest: Mapping[str, Any], grains: Mapping[str, str], environment: str = "local") -> DAG:
        zone = Zone.model_validate(zones[0].model_dump() | {"zone": "here", "granularity": grains})
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "config").symlink_to(root / "dags" / "config")
            (Path(folder) / "manifest.json").write_text(slim_manifest.text(manifest))
            dbt = DbtFile(dbt_project_name=manifest["metadata"]["project_name"])
            own = known[environment].model_copy(update={"dags_folder": Path(folder), "dbt": dbt})
            with DAG("here", schedule=None, **own.dag) as dag:
                transform(zone, own, loading)
        return dag

    return made


def commands(dag: DAG) -> dict[str, list[str]]:
    return {
        task.task_id: list(task.cmds) if isinstance(task, PodOperator) else []
        for task in dag.tasks
        if task.task_id not in AROUND
    }


def edges(dag: DAG) -> set[tuple[str, str]]:
    """Between tasks of the graph."""
    made = {(task.task_id, after) for task in dag.tasks for after in task.downstream_task_ids}
    return {(before, after) for before, after in made if not {before, after} & AROUND}


def check_everywhere(expand: Callable[..., DAG], manifest: Mapping[str, Any], grains: Mapping[str, str]) -> None:
    local, prod = (expand(manifest, grains, environment) for environment in ENVIRONMENTS)
    assert (commands(local), edges(local)) == (commands(prod), edges(prod))
    check(commands(local), edges(local), Reading(manifest))
    for before, after in pairwise(LAYERS[1:]):
        assert f"gateway_to_{after}" in local.get_task(f"gateway_to_{before}").get_flat_relative_ids(upstream=False)


@given(project=projects(), grains=GRAINS)
@settings(max_examples=40, deadline=None, database=None)
def test_the_dag_of_any_project_obeys_it(expand: Callable[..., DAG], project: Project, grains: dict[str, str]) -> None:
    check_everywhere(expand, project.manifest, grains)


@pytest.mark.parametrize("nodes", [0, 1, 30, 100, 300])
@pytest.mark.parametrize("grains", [{}, dict.fromkeys(LAYERS, "layer")], ids=["model", "layer"])
def test_the_dag_of_a_project_of_any_size_obeys_it(
    expand: Callable[..., DAG], nodes: int, grains: dict[str, str]
) -> None:
    check_everywhere(expand, random_project(Random(nodes), nodes).manifest, grains)


@pytest.fixture(scope="session", params=sorted(path.name for path in PROJECTS.iterdir()))
def dbt(
    request: pytest.FixtureRequest,
    root: Path,
    tmp_path_factory: pytest.TempPathFactory,
    env_python: Callable[[str], Path],
) -> Dbt:
    """dbt on a small project of a shape of its own."""
    scratch = tmp_path_factory.mktemp(request.param)
    return Dbt(env_python("dbt"), PROJECTS / request.param, root / "images" / "dbt", scratch)


def test_the_dag_of_dbts_own_manifest_obeys_it_and_dbt_runs_each_node_and_test_once(
    expand: Callable[..., DAG], dbt: Dbt
) -> None:
    manifest = dbt.manifest()
    for node in manifest["nodes"].values():  # these projects are about shapes, and have no columns to declare
        if "/gold/" in node["original_file_path"]:
            node["config"]["contract"] = {"enforced": True}
    wanted, asked = to_run(manifest, "here"), []
    for whole in ((), LAYERS):
        check_everywhere(expand, manifest, dict.fromkeys(whole, "layer"))
        plan = graph(manifest, "here", whole=whole)
        asked.append([task.command for task in plan.tasks.values() if task.command] + [plan.smoke] * bool(plan.smoke))
    answers = dbt.selected([command for commands in asked for command in commands])
    for commands in asked:
        answered, answers = answers[: len(commands)], answers[len(commands) :]
        runs = Counter(node for found in answered for node in found)
        assert set(runs) - ephemeral(manifest) == wanted
        assert set(runs.values()) == {1}, runs


def test_a_broken_edge_is_noticed() -> None:
    project = Project()
    flights = project.model("flights", "here/bronze")
    project.model("legs", "here/silver", [flights])
    tasks = {"bronze.flights.run": ["dbt", "run", "--select", "assay.here.bronze.flights"],
             "gateway_to_silver": [], "silver.legs.run": ["dbt", "run", "--select", "assay.here.silver.legs"],
             "gateway_to_gold": []}  # fmt: skip
    right = {("bronze.flights.run", "gateway_to_silver"), ("gateway_to_silver", "silver.legs.run"),
             ("silver.legs.run", "gateway_to_gold")}  # fmt: skip
    reading = Reading(json.loads(json.dumps(project.manifest)))
    check(tasks, right, reading)
    for edge in right:
        with pytest.raises(AssertionError):
            check(tasks, right - {edge}, reading)
