"""What it costs to make the tasks of a dbt project: ours, beside plain dbt-airflow-factory 1.0, Cosmos, and the floor.

The floor is as many bare KubernetesPodOperators with the same edges. Each try is a fresh process of Airflow's own
Python, and the tools take turns, so that a machine that gets busy in between is unfair to none.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from assay.dbt_graph import slim_manifest
from assay.dbt_graph.graph import graph
from tests.benchmarks.big_manifest import PROJECT, ZONE, big_manifest
from tools.runtime.layout import Layout

SIZES = (50, 500, 2000)
TRIES = 5
TOOLS = ("floor", "ours", "factory", "cosmos")
AIMS = {
    "ours_to_floor": 1.3,
    "ours_to_cosmos": 0.5,
    "serialised_bytes": 5_000_000,
    "memory_to_floor": 1.2,
    "growth_500_to_2000": 4.4,
}
SCRIPT = Path(__file__).with_name("expand_project.py")
SECONDS = ("build_seconds", "serialise_seconds")


class ExpansionError(Exception):
    """A tool did not make the tasks; the text is the end of what it said."""


def measure(layout: Layout, say: Callable[[str], None], tries: int = TRIES) -> dict[str, Any]:
    """By size and tool the medians; `ratios` are of the largest size. Raises ExpansionError."""
    sizes: dict[str, dict[str, dict[str, float]]] = {}
    for models in SIZES:
        say(f"tasks of {models} models, {tries} times with each of {', '.join(TOOLS)}")
        with tempfile.TemporaryDirectory(prefix="assay-expand-") as folder:
            provision(Path(folder), models, layout.root / "dags")
            rounds = [{tool: expand(layout, tool, Path(folder)) for tool in TOOLS} for _ in range(tries)]
        sizes[str(models)] = {tool: medians([each[tool] for each in rounds]) for tool in TOOLS}
    return {"aims": AIMS, "tries": tries, "models": sizes, "ratios": ratios(sizes)}


def provision(folder: Path, models: int, dags: Path) -> None:
    """A project of so many models, as each of the tools wants it."""
    full = big_manifest(models)
    plan = graph(full, ZONE)
    after: dict[str, list[str]] = {}
    for task, follower in sorted(plan.edges):
        after.setdefault(task, []).append(follower)
    shutil.copytree(dags / "config", folder / "dags" / "config")
    (folder / "dags" / "manifest.json").write_text(slim_manifest.text(full))
    (folder / "full.json").write_text(json.dumps(full))
    commands = {task.id: list(task.command) for task in plan.tasks.values()}
    (folder / "plan.json").write_text(json.dumps({"tasks": commands, "edges": after}))
    (folder / "profiles.yml").write_text("assay: {target: zone, outputs: {zone: {type: snowflake}}}\n")
    (folder / "zone.json").write_text(json.dumps(_ZONE))
    for name, content in _factory_files(folder).items():
        file = folder / "factory" / "config" / "base" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(content))


_ZONE = {
    "zone": ZONE, "description": "Measured.", "owner": "o@example.com", "steward": "s@example.com", "channel": "#bench",
    "runbook": "docs/runbooks/zone.md", "schedule": None,
    "sources": [{"name": "drop", "kind": "files", "table": "drops", "prefix": "drop/"}],
}  # fmt: skip


def _factory_files(folder: Path) -> dict[str, Any]:
    return {
        "airflow.yml": {
            "default_args": {"retries": 2, "retry_delay": "1m", "owner": "assay"},
            "dag": {"dag_id": ZONE, "schedule": None},
            "manifest_file_name": str(folder / "full.json"),
        },
        "dbt.yml": {
            "target": "zone", "target_type": "snowflake", "profile_name": "assay", "dbt_project_name": PROJECT,
            "project_dir_path": str(folder), "profile_dir_path": str(folder),
        },
        "execution_env.yml": {
            "type": "k8s", "image": {"repository": "assay/dbt", "tag": "local"}, "execution_script": "dbt",
        },
        "k8s.yml": {
            "namespace": "assay", "image_pull_policy": "IfNotPresent", "envs": {"ASSAY_ENV": "local"},
            "resources": {"limit": {"cpu": "1", "memory": "1Gi"}, "node_selectors": {"assay/group": "pods"}},
        },
    }  # fmt: skip


def expand(layout: Layout, tool: str, folder: Path) -> dict[str, float]:
    """One try of one tool in a process of its own."""
    environment = {
        "PATH": os.environ["PATH"],
        "AIRFLOW_HOME": str(folder / "airflow"),
        "PYTHONPATH": str(layout.root / "plugins"),
    }
    done = subprocess.run(
        [str(layout.python("airflow")), "-W", "ignore", str(SCRIPT), tool, str(folder)],
        env=environment, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise ExpansionError(f"{tool}: {done.stderr[-1000:] or done.stdout[-1000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found | {"seconds": sum(found[name] for name in SECONDS)}


def medians(tries: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(each[name] for each in tries), 4) for name in tries[0]}


def ratios(sizes: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, float]:
    """What the aims are about: the largest project, and how much dearer it is than the one before it."""
    before, largest = (sizes[str(models)] for models in SIZES[-2:])
    ours = largest["ours"]
    return {
        "ours_to_floor": round(ours["seconds"] / largest["floor"]["seconds"], 2),
        "ours_to_cosmos": round(ours["seconds"] / largest["cosmos"]["seconds"], 2),
        "serialised_bytes": ours["serialised_bytes"],
        "memory_to_floor": round(ours["peak_memory_bytes"] / largest["floor"]["peak_memory_bytes"], 2),
        "growth_500_to_2000": round(ours["seconds"] / before["ours"]["seconds"], 2),
    }
