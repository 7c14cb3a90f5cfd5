"""The graph of the repository's own dbt project, with dbt itself as the judge of what each command selects."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assay.transform import slim
from assay.transform.graph import Graph, graph
from assay.zones import Zone

SELECT = """
import io, json, sys
from contextlib import redirect_stdout
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

parsed = dbtRunner().invoke(["parse", "--quiet"])
assert parsed.success, parsed.exception
kinds = {"run": ["model"], "seed": ["seed"], "snapshot": ["snapshot"], "test": ["test", "unit_test"]}
found = []
for command in json.load(open(sys.argv[1])):
    resources = [part for kind in kinds[command[1]] for part in ("--resource-type", kind)]
    with redirect_stdout(io.StringIO()):
        listed = dbtRunner(manifest=parsed.result).invoke(
            ["ls", "--quiet", "--output", "json", "--output-keys", "unique_id", *resources, *command[2:]]
        )
    assert listed.success, listed.exception
    found.append([json.loads(line)["unique_id"] for line in listed.result])
json.dump(found, open(sys.argv[2], "w"))
"""


def test_each_node_and_test_is_selected_by_exactly_one_task_by_dbt_itself(
    manifest: dict[str, Any], zones: list[Zone], dbt: Callable[..., Any], tmp_path: Path
) -> None:
    plans: list[Graph] = [graph(manifest, zone.zone) for zone in zones]
    commands = [task.command for plan in plans for task in plan.tasks.values() if task.command]
    commands += [plan.smoke for plan in plans if plan.smoke]
    asked, answered = tmp_path / "commands.json", tmp_path / "selected.json"
    asked.write_text(json.dumps(commands))
    dbt("-c", SELECT, str(asked), str(answered))
    selected = json.loads(answered.read_text())
    assert all(selected), [command for command, found in zip(commands, selected, strict=True) if not found]
    kinds = ("model", "seed", "snapshot", "test")
    expected = {
        key
        for key, node in manifest["nodes"].items()
        if node["resource_type"] in kinds and node["config"].get("materialized") != "ephemeral"
    } | set(manifest["unit_tests"])
    runs = Counter(node for found in selected for node in found)
    assert set(runs) == expected
    assert {node: count for node, count in runs.items() if count > 1} == {}


def test_the_slim_manifest_gives_the_same_tasks_and_is_a_tenth_of_dbts(
    manifest: dict[str, Any], zones: list[Zone]
) -> None:
    text = slim.text(manifest)
    for zone in zones:
        assert graph(json.loads(text), zone.zone) == graph(manifest, zone.zone)
    assert len(text) < len(json.dumps(manifest)) / 10


def test_every_zone_has_models_in_every_layer_and_smoke_tests(manifest: dict[str, Any], zones: list[Zone]) -> None:
    for zone in zones:
        plan = graph(manifest, zone.zone)
        assert {"bronze", "silver", "gold"} <= {task.split(".")[0] for task in plan.tasks}
        assert plan.smoke
