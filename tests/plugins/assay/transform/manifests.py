"""Manifests in dbt's own shape: a builder for examples, and a strategy that makes projects of any shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import strategies as st

LAYERS = ("bronze", "silver", "gold")
GIVEN: tuple[list[dict[str, Any]], ...] = (
    [{"input": "ref('parent')", "format": "dict"}],
    [{"input": "this", "format": "dict"}],
    [{"input": "this", "format": "sql"}],
)


@dataclass
class Project:
    """A dbt project under construction; `manifest` is what `dbt parse` would write, as far as the graph reads it."""

    name: str = "assay"
    nodes: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, Any] = field(default_factory=dict)
    unit_tests: dict[str, Any] = field(default_factory=dict)
    disabled: dict[str, Any] = field(default_factory=dict)

    @property
    def manifest(self) -> dict[str, Any]:
        return {
            "metadata": {"project_name": self.name},
            "nodes": self.nodes,
            "sources": self.sources,
            "unit_tests": self.unit_tests,
            "disabled": self.disabled,
        }

    def model(self, name: str, path: str, parents: Sequence[str] = (), **more: Any) -> str:
        return self._node("model", name, f"{path}/{name}.sql", parents, **more)

    def snapshot(self, name: str, path: str, parents: Sequence[str] = ()) -> str:
        return self._node("snapshot", name, f"{name}.sql", parents, original=f"snapshots/{path}/{name}.yml")

    def seed(self, name: str, zone: str) -> str:
        return self._node("seed", name, f"{zone}/{name}.csv", None)

    def source(self, source: str, table: str) -> str:
        unique_id = f"source.{self.name}.{source}.{table}"
        self.sources[unique_id] = {"source_name": source, "name": table, "package_name": self.name}
        return unique_id

    def test(
        self, name: str, parents: Sequence[str], zone: str, folder: str = "rules", tags: Sequence[str] = ()
    ) -> str:
        unique_id = f"test.{self.name}.{name}"
        path = f"{zone}/{folder}/{name}.sql"
        self.nodes[unique_id] = {
            "resource_type": "test",
            "name": name,
            "path": path,
            "original_file_path": f"tests/{path}",
            "fqn": [self.name, zone, folder, name],
            "tags": list(tags),
            "depends_on": {"nodes": list(parents), "macros": []},
            "config": {"enabled": True},
        }
        return unique_id

    def unit_test(self, name: str, model: str, given: Sequence[dict[str, Any]] = ()) -> str:
        unique_id = f"unit_test.{self.name}.{model.rpartition('.')[2]}.{name}"
        self.unit_tests[unique_id] = {
            "name": name,
            "fqn": [*self.nodes[model]["fqn"], name],
            "given": list(given),
            "depends_on": {"nodes": [model], "macros": []},
        }
        return unique_id

    def _node(self, kind: str, name: str, path: str, parents: Sequence[str] | None, **more: Any) -> str:
        unique_id = f"{kind}.{self.name}.{name}"
        original = more.get("original", f"{kind}s/{path}")
        self.nodes[unique_id] = {
            "resource_type": kind,
            "name": name,
            "path": path,
            "original_file_path": original,
            "fqn": [self.name, *original.split("/")[1:-1], name],
            "tags": [],
            "depends_on": {"macros": []} | ({} if parents is None else {"nodes": list(parents)}),
            "config": {
                "enabled": True,
                "materialized": more.get("materialized", "table"),
                "meta": more.get("meta", {}),
                "contract": {"enforced": kind == "model" and "gold" in original.split("/")},
            },
        }
        return unique_id


def random_project(random: Random, nodes: int) -> Project:
    """A project of so many nodes, of which about half are tests, for sizes that a strategy draws too slowly."""
    project = Project()
    sources = [project.source("approved", f"src_{index}") for index in range(nodes // 20)]
    ranked = [(0, project.seed(f"seed_{index}", "here")) for index in range(min(3, nodes // 10))]
    for index in range(nodes // 2):
        layer = random.randrange(len(LAYERS))
        readable = [node for rank, node in ranked if rank <= layer] + sources
        parents = random.sample(readable, min(len(readable), random.randrange(4)))
        folder = f"here/{LAYERS[layer]}" + random.choice(["", "/marts"])
        kind = random.choice(["table", "table", "incremental", "ephemeral", "snapshot"])
        if kind == "snapshot":
            ranked.append((layer, project.snapshot(f"snap_{index}", folder, parents)))
        else:
            ranked.append((layer, project.model(f"model_{index}", folder, parents, materialized=kind)))
            if random.random() < 0.1:
                project.unit_test(f"unit_{index}", ranked[-1][1], random.choice(GIVEN))
    testable = [node for _, node in ranked] + sources
    for index in range(nodes - len(ranked) - len(sources) if testable else 0):
        subjects = random.sample(testable, min(len(testable), random.choice([1, 1, 1, 2, 3])))
        project.test(f"test_{index}", subjects, "here", random.choice(["rules", "rules", "rules", "smoke"]))
    return project


@st.composite
def projects(draw: st.DrawFn, largest: int = 14) -> Project:
    """A project of the zone `here`, with another zone beside it: layers, skipped layers, seeds, snapshots, ephemeral
    and disabled models, tests over any number of nodes, tests of sources, unit tests and smoke tests."""
    project = Project()
    sources = [project.source("approved", f"src_{index}") for index in range(draw(st.integers(0, 3)))]
    seeds = [project.seed(f"seed_{index}", "here") for index in range(draw(st.integers(0, 2)))]
    ranked: list[tuple[int, str]] = [(0, seed) for seed in seeds]
    for index in range(draw(st.integers(0, largest))):
        layer = draw(st.integers(0, len(LAYERS) - 1))
        readable = [node for rank, node in ranked if rank <= layer] + sources
        parents = draw(st.lists(st.sampled_from(readable), unique=True, max_size=4)) if readable else []
        folder = f"here/{LAYERS[layer]}" + draw(st.sampled_from(["", "", "/marts"]))
        kind = draw(st.sampled_from(["table", "incremental", "view", "ephemeral", "snapshot"]))
        if kind == "snapshot":
            ranked.append((layer, project.snapshot(f"snap_{index}", folder, parents)))
        else:
            ranked.append((layer, project.model(f"model_{index}", folder, parents, materialized=kind)))
    testable = [node for _, node in ranked] + sources
    for index in range(draw(st.integers(0, largest)) if testable else 0):
        subjects = draw(st.lists(st.sampled_from(testable), unique=True, min_size=1, max_size=4))
        smoke = draw(st.sampled_from([None, None, None, "tag", "path"]))
        folder, tags = ("smoke" if smoke == "path" else "rules"), (["smoke"] if smoke == "tag" else [])
        project.test(f"test_{index}", subjects, "here", folder, tags)
    models = [node for _, node in ranked if node.startswith("model.")]
    for index in range(draw(st.integers(0, 3)) if models else 0):
        project.unit_test(f"unit_{index}", draw(st.sampled_from(models)), draw(st.sampled_from(GIVEN)))
    if draw(st.booleans()):
        theirs = project.model("theirs", "there/bronze", [])
        project.test("their_test", [theirs], "there")
    if draw(st.booleans()):
        gone = project.model("gone", "here/nowhere", [])
        project.nodes[gone]["config"]["enabled"] = False
        project.disabled["model.assay.off"] = [{"name": "off", "original_file_path": "models/here/off.sql"}]
    return project
