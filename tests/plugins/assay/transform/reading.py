"""What a manifest says and what follows from edges, read independently of the code under test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

from tests.plugins.assay.transform.manifests import LAYERS

KINDS = {"run": {"model"}, "seed": {"seed"}, "snapshot": {"snapshot"}, "build": {"model", "seed", "snapshot"}}


class Reading:
    """One zone of a manifest: what is built, what is tested, and what dbt would run for a command."""

    def __init__(self, manifest: Mapping[str, Any], zone: str = "here") -> None:
        enabled = {key: node for key, node in manifest["nodes"].items() if node["config"].get("enabled", True)}
        self.sources, self.unit_tests = manifest["sources"], manifest["unit_tests"]
        self.nodes = {
            key: node
            for key, node in enabled.items()
            if node["resource_type"] in ("model", "seed", "snapshot") and node["fqn"][1] == zone
        }
        of_zone = {
            key: set(node["depends_on"]["nodes"])
            for key, node in enabled.items()
            if node["resource_type"] == "test"
            and (
                self.nodes.keys() & set(node["depends_on"]["nodes"])
                or (self.sources.keys() >= set(node["depends_on"]["nodes"]) and node["fqn"][1] == zone)
            )
        }
        self.nodes |= {key: enabled[key] for key in of_zone}
        self.smoke = {key for key in of_zone if self.is_smoke(enabled[key])}
        self.tests = {key: subjects for key, subjects in of_zone.items() if key not in self.smoke} | {
            key: set(test["depends_on"]["nodes"])
            for key, test in self.unit_tests.items()
            if self.nodes.keys() & set(test["depends_on"]["nodes"])
        }
        self.built = {
            key
            for key, node in self.nodes.items()
            if node["resource_type"] != "test" and node["config"]["materialized"] != "ephemeral"
        }
        self._ancestors: dict[str, set[str]] = {}

    @staticmethod
    def is_smoke(node: Mapping[str, Any]) -> bool:
        return "smoke" in node["tags"] or "/smoke/" in node["path"]

    def rank(self, key: str) -> int:
        """The layer's position; seeds and sources are of the first."""
        if key in self.sources or self.nodes[key]["resource_type"] == "seed":
            return 0
        return LAYERS.index(self.nodes[key]["fqn"][2])

    def parents(self, key: str) -> list[str]:
        return [] if key in self.sources else self.nodes[key]["depends_on"].get("nodes", [])

    def ancestors(self, key: str) -> set[str]:
        if key not in self._ancestors:
            self._ancestors[key] = {
                above for parent in self.parents(key) for above in {parent} | self.ancestors(parent)
            }
        return self._ancestors[key]

    def selected(self, command: Sequence[str]) -> set[str]:
        """The nodes and tests that dbt runs for a command, by dbt's rules for selectors and indirect selection."""
        verb, rest = command[1], list(command[2:])
        mode = rest[rest.index("--indirect-selection") + 1] if "--indirect-selection" in rest else "eager"
        excluded = rest[rest.index("--exclude") + 1 :] if "--exclude" in rest else []
        chosen = rest[rest.index("--select") + 1 : rest.index("--exclude") if "--exclude" in rest else None]
        everything = {**self.nodes, **self.unit_tests}
        named = {
            key
            for key, node in everything.items()
            for selector in chosen
            if ".".join(node["fqn"]) == selector or ".".join(node["fqn"]).startswith(f"{selector}.")
        } | {
            key
            for key, source in self.sources.items()
            if f"source:{source['package_name']}.{source['source_name']}.{source['name']}" in chosen
        }
        without = {key for key, node in everything.items() if ".".join(node["fqn"]) in excluded}
        found = {key for key in named & self.built if self.nodes[key]["resource_type"] in KINDS.get(verb, ())}
        if verb in ("test", "build"):
            tests = self.tests | {key: set(self.nodes[key]["depends_on"]["nodes"]) for key in self.smoke}
            indirect = {key for key, subjects in tests.items() if subjects <= named} if mode == "cautious" else set()
            found |= named & set(tests) | indirect
        return found - without


class Order:
    """Which task precedes which, directly or not. Raises graphlib.CycleError."""

    def __init__(self, tasks: Iterable[str], edges: Iterable[tuple[str, str]]) -> None:
        before: dict[str, set[str]] = {task: set() for task in tasks}
        after: dict[str, set[str]] = defaultdict(set)
        for leader, follower in edges:
            before[follower].add(leader)
            after[leader].add(follower)
        self._following: dict[str, set[str]] = {}
        for task in reversed(list(TopologicalSorter(before).static_order())):
            self._following[task] = {later for child in after[task] for later in {child} | self._following[child]}

    def following(self, task: str) -> set[str]:
        return self._following[task]

    def precedes(self, before: str, after: str) -> bool:
        return after in self._following[before]


def check(tasks: Mapping[str, Sequence[str]], edges: Iterable[tuple[str, str]], reading: Reading) -> None:
    """Every rule of the gateways, of any DAG. `tasks` are commands by task id, of gateways empty ones."""
    order = Order(tasks, edges)
    runner: dict[str, str] = {}
    for task, command in tasks.items():
        for key in reading.selected(command) if command else ():
            assert key not in runner, f"{key} is run by {runner[key]} and by {task}"
            runner[key] = task
    assert set(runner) == reading.built | set(reading.tests)

    def before_or_with(first: str, then: str) -> bool:
        return runner[first] == runner[then] or order.precedes(runner[first], runner[then])

    for node in reading.built:
        for above in reading.ancestors(node) & reading.built:
            assert before_or_with(above, node), f"{above} does not precede {node}"
    gateways = [f"gateway_to_{layer}" for layer in LAYERS[1:]]
    assert [task for task in tasks if not tasks[task]] == gateways
    for key, task in runner.items():
        subjects = reading.tests.get(key, {key})
        for subject in subjects & reading.built:
            assert before_or_with(subject, key), f"{key} does not follow {subject}"
        rank = max(reading.rank(subject) for subject in subjects)
        for position, gateway in enumerate(gateways, start=1):
            first, then = (task, gateway) if rank < position else (gateway, task)
            assert order.precedes(first, then), f"{first} does not precede {then}"
    seeds = {key for key in reading.built if key.startswith("seed.")}
    for seed in seeds:
        for node in reading.built - seeds:
            assert order.precedes(runner[seed], runner[node]), f"{seed} is not loaded before {node}"
