"""The graph of the repository's own dbt project, with dbt itself as the judge of what each command selects."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.dbt_graph import slim_manifest
from assay.dbt_graph.graph import LAYERS, graph
from assay.zones import Zone
from tests.plugins.assay.transform.judge import Dbt, ephemeral, to_run

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def judge(root: Path, tmp_path_factory: pytest.TempPathFactory, env_python: Callable[[str], Path]) -> Dbt:
    return Dbt(env_python("dbt"), root / "dbt", root / "images" / "dbt", tmp_path_factory.mktemp("judge"))


@pytest.mark.parametrize("whole", [(), LAYERS], ids=["model", "layer"])
def test_each_node_and_test_is_selected_by_exactly_one_task_by_dbt_itself(
    manifest: dict[str, Any], zones: list[Zone], judge: Dbt, whole: tuple[str, ...]
) -> None:
    plans = [graph(manifest, zone.zone, whole=whole) for zone in zones]
    commands = [task.command for plan in plans for task in plan.tasks.values() if task.command]
    commands += [plan.smoke for plan in plans if plan.smoke]
    selected = judge.selected(commands)
    assert all(selected), [command for command, found in zip(commands, selected, strict=True) if not found]
    runs = Counter(node for found in selected for node in found)
    assert set(runs) - ephemeral(manifest) == set().union(*(to_run(manifest, zone.zone) for zone in zones))
    assert {node: count for node, count in runs.items() if count > 1} == {}


def test_the_slim_manifest_gives_the_same_tasks_and_is_a_tenth_of_dbts(
    manifest: dict[str, Any], zones: list[Zone]
) -> None:
    text = slim_manifest.text(manifest)
    for zone in zones:
        assert graph(json.loads(text), zone.zone) == graph(manifest, zone.zone)
    assert len(text) < len(json.dumps(manifest)) / 10


def test_every_zone_has_models_in_every_layer_and_smoke_tests(manifest: dict[str, Any], zones: list[Zone]) -> None:
    for zone in zones:
        plan = graph(manifest, zone.zone)
        assert {"bronze", "silver", "gold"} <= {task.split(".")[0] for task in plan.tasks}
        assert plan.smoke
