"""A zone's whole DAG, from its own file: the same in every environment, and quick to read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from airflow.utils.types import DagRunType

from assay.dbt_graph.graph import graph
from assay.pipeline import pipeline
from assay.pods import PodOperator
from assay.transform.model_selection import choices, not_chosen

pytestmark = pytest.mark.core

ZONES = ("flights", "weather")
SIZES = {"retry_delay", "max_active_tasks"}
TAGS = {"image"}
WHERE_IT_IS = {"ASSAY_ENV"}

Flat = dict[tuple[Any, ...], Any]


@pytest.fixture
def render(dags: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], DAG]:
    def rendered(zone: str, environment: str) -> DAG:
        monkeypatch.setenv("ASSAY_ENV", environment)
        return pipeline(str(dags / f"{zone}.py"))

    return rendered


@pytest.mark.parametrize("zone", ZONES)
def test_airflows_own_backfill_is_not_offered(zone: str, render: Callable[[str, str], DAG]) -> None:
    """It ignores `max_active_runs`; its API and its form ask the stored DAG."""
    stored = DagSerialization.from_dict(DagSerialization.to_dict(render(zone, "local")))
    assert set(DagRunType) - set(stored.allowed_run_types) == {DagRunType.BACKFILL_JOB}


def flat(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every leaf of nested dictionaries and lists, by its path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path, value
        return
    for key, below in items:
        yield from flat(below, (*path, key))


def differing(one: Flat, other: Flat) -> set[tuple[Any, ...]]:
    return {path for path in one.keys() | other.keys() if one.get(path) != other.get(path)}


@pytest.mark.parametrize(
    ("zone", "owner"), [("flights", "flight-operations@example.com"), ("weather", "met-desk@example.com")]
)
def test_a_dag_shows_its_zones_owner_and_is_found_by_zone_and_layer(
    zone: str, owner: str, render: Callable[[str, str], DAG]
) -> None:
    dag = render(zone, "local")
    assert {task.owner for task in dag.tasks} == {owner}
    assert dag.tags == {f"zone:{zone}", "layer:bronze", "layer:silver", "layer:gold"}


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("zone", ZONES)
def test_only_tags_sizes_and_places_differ_from_the_dag_that_runs_here(
    zone: str, environment: str, render: Callable[[str, str], DAG]
) -> None:
    """What Airflow's scheduler is given: operators, task ids, edges and trigger rules are in it."""
    here, there = (dict(flat(DagSerialization.to_dict(render(zone, each)))) for each in ("local", environment))
    assert len(here) > 400
    assert {path[-1] if path[-1] != "__var" else path[-2] for path in differing(here, there)} <= (
        SIZES | TAGS | WHERE_IT_IS
    )


@pytest.mark.parametrize("zone", ZONES)
def test_pods_differ_in_nothing_else(zone: str, render: Callable[[str, str], DAG]) -> None:
    """What Kubernetes is given, which is not all in the serialised DAG."""
    here, there = render(zone, "local"), render(zone, "prod")
    pods = 0
    for task in here.tasks:
        twin = there.get_task(task.task_id)
        assert type(task) is type(twin)
        if not isinstance(task, PodOperator) or not isinstance(twin, PodOperator):
            continue
        pods += 1
        ours, theirs = (dict(flat(specification(each))) for each in (task, twin))
        found = differing(ours, theirs)
        assert {path[0] for path in found} <= {"image", "resources", "active_deadline_seconds", "env"}
        assert {ours[path] for path in found if path[0] == "env"} == {"local"}
        assert str(ours["image",]).removesuffix(":local") in str(theirs["image",])
    assert pods > 10


@pytest.mark.parametrize("zone", ZONES)
def test_a_run_of_one_model_keeps_the_order_of_all_that_runs(
    zone: str, render: Callable[[str, str], DAG], manifest: dict[str, Any]
) -> None:
    """From what is loaded and the candidate to the audit: tasks that are skipped at once hold nothing back."""
    dag = render(zone, "local")
    plan = graph(manifest, zone)
    assert choices(plan)
    for model in choices(plan):
        kept = dag.task_dict.keys() - not_chosen(plan, zone, [model])
        assert {"release.smoke", "release.candidate", "choose"} <= kept
        for task in kept:
            assert followers(dag, task) & kept == followers(dag, task, kept), (model, task)


def followers(dag: DAG, start: str, among: Collection[str] | None = None) -> set[str]:
    """Every task that waits for one; on ways through some tasks only, where they are named."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        after = dag.task_dict[waiting.pop()].downstream_task_ids
        new = {task for task in after if among is None or task in among} - found
        found |= new
        waiting += new
    return found


def specification(task: PodOperator) -> dict[str, Any]:
    """The pod that the task asks Kubernetes for: its container's keys, and its own but for the random name."""
    pod: dict[str, Any] = task.build_pod_request_obj(dry_run=True).to_dict()
    (container,) = pod["spec"].pop("containers")
    return container | pod["spec"] | {"labels": pod["metadata"]["labels"]}


PARSE = """
import importlib.util, json, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        raise RuntimeError(f"{event}: a DAG file must not talk to anybody: {arguments}")

sys.addaudithook(refuse)
spec = importlib.util.spec_from_file_location("zone", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(json.dumps({"modules": sorted(sys.modules), "tasks": len(module.dag.tasks)}))
"""
PLATFORM_DAGS = ("alerts", "housekeeping", "permissions", "rollback")
DEAR = ("boto3", "botocore", "cosmos.converter", "pandas", "numpy", "snowflake.connector", "slack_sdk", "dbt.cli")
"""Each takes a good part of the CPU second that a DAG file may cost; `make bench` measures the second itself."""


@pytest.mark.parametrize(
    "file",
    ["flights.py", "weather.py", *(f"platform_{name}.py" for name in PLATFORM_DAGS)],
)
def test_reading_a_dag_file_asks_nobody_and_imports_nothing_dear(file: str, dags: Path, root: Path) -> None:
    environment = os.environ | {
        "ASSAY_ENV": "local", "PYTHONPATH": str(root / "plugins"), "AIRFLOW_HOME": str(dags.parent),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PARSE, str(dags / file)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["tasks"] > 0
    assert [name for name in DEAR if name in found["modules"]] == []
