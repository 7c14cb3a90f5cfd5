"""The nodes of dbt's manifest that belong to one zone, each with its place and the commands that build and test it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from assay.dbt_graph.pod_settings import PodSettings, pod_settings
from assay.errors import ConfigurationError

SOURCES, SEEDS, SMOKE = "sources", "seeds", "smoke"


class Kind(Enum):
    """What a node is. A snapshot is a model that is built by another command."""

    SOURCE = "source"
    SEED = "seed"
    MODEL = "run"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True)
class Test:
    """A test over several nodes: `subjects` are those of the latest layer, which it must wait for, or all of them."""

    selector: str
    subjects: frozenset[str]


@dataclass
class Node:
    """A model, snapshot, seed or tested source of the zone. `layer` is its task group, `label` its name in task ids."""

    id: str
    kind: Kind
    name: str
    label: str
    layer: str
    selector: str
    parents: tuple[str, ...]
    ephemeral: bool
    view: bool
    pod: PodSettings | None
    has_tests_of_its_own: bool = False
    further_tests: list[str] = field(default_factory=list)
    late_unit_tests: list[str] = field(default_factory=list)
    smoke_tests: list[str] = field(default_factory=list)
    tests_over_several: list[Test] = field(default_factory=list)

    @property
    def tested(self) -> bool:
        return self.has_tests_of_its_own or bool(self.further_tests)

    @property
    def run_command(self) -> tuple[str, ...]:
        """Builds exactly this node. Empty for what dbt does not build: sources, and ephemeral models."""
        if self.kind is Kind.SOURCE or self.ephemeral:
            return ()
        return ("dbt", self.kind.value, "--select", self.selector)

    @property
    def test_command(self) -> tuple[str, ...]:
        """Runs exactly the tests that wait for this node alone, unit tests included. Empty where there is none.

        `cautious` takes the tests that read nothing else; those that also read earlier layers are named one by one.
        """
        further = sorted(self.further_tests)
        if not self.has_tests_of_its_own:
            return ("dbt", "test", "--indirect-selection", "empty", "--select", *further) if further else ()
        without = ("--exclude", *sorted(self.smoke_tests)) if self.smoke_tests else ()
        return ("dbt", "test", "--indirect-selection", "cautious", "--select", self.selector, *further, *without)

    @property
    def run_id(self) -> str:
        return f"{self.layer}.{self.label}.run"

    @property
    def test_id(self) -> str:
        return f"{self.layer}.{self.label}.test"

    @property
    def head(self) -> str:
        """The task that waits for the node's parents."""
        return self.run_id if self.run_command else self.tail

    @property
    def tail(self) -> str:
        """The task that the node's children wait for; empty for an ephemeral model without tests."""
        if self.test_command:
            return self.test_id
        return self.run_id if self.run_command else ""


def collect(manifest: Mapping[str, Any], zone: str, layers: Sequence[str]) -> tuple[list[Node], list[Test]]:
    """The zone's nodes in order of layer and name, and its smoke tests in order of their selectors.

    Raises ConfigurationError; see `graph`.
    """
    collector = _Collector(manifest, zone, layers)
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] in _BUILT and is_enabled(node) and collector.zone_of(node) == zone:
            collector.add(unique_id, node)
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and is_enabled(node):
            collector.add_test(node)
    for unit_test in manifest.get("unit_tests", {}).values():
        for subject in unit_test["depends_on"]["nodes"]:
            if subject in collector.found:
                collector.found[subject].has_tests_of_its_own = True
                if _needs_its_models_table(unit_test):
                    collector.found[subject].late_unit_tests.append(".".join(unit_test["fqn"]))
    collector.check_names()
    nodes = sorted(collector.found.values(), key=lambda node: (collector.rank(node.layer), node.label))
    return nodes, sorted(collector.smoke, key=lambda test: test.selector)


_BUILT = {"model": Kind.MODEL, "snapshot": Kind.SNAPSHOT, "seed": Kind.SEED}


class _Collector:
    def __init__(self, manifest: Mapping[str, Any], zone: str, layers: Sequence[str]) -> None:
        self.nodes: Mapping[str, Any] = manifest["nodes"]
        self.sources: Mapping[str, Any] = manifest.get("sources", {})
        self.zone, self.layers = zone, layers
        self.ranks = {layer: rank for rank, layer in enumerate((SOURCES, SEEDS, *layers))}
        self.found: dict[str, Node] = {}
        self.smoke: list[Test] = []

    def rank(self, layer: str) -> int:
        return self.ranks[layer]

    def zone_of(self, node: Mapping[str, Any]) -> str:
        folders = _below(node)
        if not folders:
            raise ConfigurationError(
                f"{node['original_file_path']}: belongs to no zone; move it into a folder named for one"
            )
        return str(folders[0])

    def layer_of(self, node: Mapping[str, Any]) -> str:
        if node["resource_type"] == "seed":
            return SEEDS
        folders = _below(node)[1:]
        if not folders or folders[0] not in self.layers:
            raise ConfigurationError(
                f"{node['original_file_path']}: {node['name']} is in no layer; move it below {self.zone}/, into one of "
                f"{', '.join(self.layers)}"
            )
        return str(folders[0])

    def add(self, unique_id: str, node: Mapping[str, Any]) -> None:
        layer = self.layer_of(node)
        parents = tuple(dict.fromkeys(node["depends_on"].get("nodes", ())))
        for parent in parents:
            self._check_parent(node, layer, parent)
        self.found[unique_id] = Node(
            id=unique_id,
            kind=_BUILT[node["resource_type"]],
            name=node["name"],
            label=_label(node),
            layer=layer,
            selector=".".join(node["fqn"]),
            parents=parents,
            ephemeral=(node.get("config") or {}).get("materialized") == "ephemeral",
            view=(node.get("config") or {}).get("materialized") == "view",
            pod=pod_settings(node),
        )

    def _check_parent(self, node: Mapping[str, Any], layer: str, parent_id: str) -> None:
        if parent_id in self.sources:
            return
        file, parent = node["original_file_path"], self._known(node, parent_id)
        if (theirs := self.zone_of(parent)) != self.zone:
            raise ConfigurationError(
                f"{file}: {node['name']} refers to {parent['name']} of zone {theirs}; a zone reads another only "
                f"through "
                f"source(), from what that zone publishes"
            )
        if self.rank(self.layer_of(parent)) > self.rank(layer):
            raise ConfigurationError(
                f"{file}: {node['name']} is {layer} and refers to {parent['name']}, which is "
                f"{self.layer_of(parent)}; data flows "
                f"{' to '.join(self.layers)} and never back"
            )

    def _known(self, node: Mapping[str, Any], parent_id: str) -> Mapping[str, Any]:
        parent: Mapping[str, Any] | None = self.nodes.get(parent_id)
        if parent is None or parent["resource_type"] not in _BUILT:
            raise ConfigurationError(
                f"{node['original_file_path']}: {node['name']} depends on {parent_id}, which is no model, snapshot, "
                f"seed or "
                f"source of this manifest; make the manifest again with `dbt parse`"
            )
        return parent

    def add_test(self, test: Mapping[str, Any]) -> None:
        selector = ".".join(test["fqn"])
        parents = list(dict.fromkeys(test["depends_on"].get("nodes", ())))
        zones = {self.zone_of(self._known(test, parent)) for parent in parents if parent not in self.sources}
        # A test of sources alone, or of nothing, belongs to the zone whose folder it is written in.
        zones = zones or {test["fqn"][1]}
        if self.zone not in zones:
            return
        if len(zones) > 1:
            raise ConfigurationError(
                f"{test['original_file_path']}: {test['name']} reads models of the zones "
                f"{', '.join(sorted(zones))}; a test "
                f"belongs to one zone, and reads another only through source(), from what that zone publishes"
            )
        if not parents:
            raise ConfigurationError(
                f"{test['original_file_path']}: {test['name']} reads no model and no source, so nothing says when "
                f"to run it"
            )
        subjects = [self._subject(parent) for parent in parents]
        if is_smoke(test, self.zone):
            self.smoke.append(Test(selector, frozenset(subject.id for subject in subjects)))
            if len(subjects) == 1:
                subjects[0].smoke_tests.append(selector)
            return
        latest = max(self.rank(subject.layer) for subject in subjects)
        last = [subject for subject in subjects if self.rank(subject.layer) == latest]
        if len(last) > 1:
            last[0].tests_over_several.append(Test(selector, frozenset(subject.id for subject in last)))
        elif len(subjects) > 1:
            last[0].further_tests.append(selector)
        else:
            last[0].has_tests_of_its_own = True

    def _subject(self, unique_id: str) -> Node:
        if unique_id not in self.found:
            source = self.sources[unique_id]
            name = f"{source['source_name']}.{source['name']}"
            self.found[unique_id] = Node(
                id=unique_id,
                kind=Kind.SOURCE,
                name=name,
                label=_safe(name),
                layer=SOURCES,
                selector=f"source:{source['package_name']}.{name}",
                parents=(),
                ephemeral=False,
                view=False,
                pod=None,
            )
        return self.found[unique_id]

    def check_names(self) -> None:
        """Raises ConfigurationError where two nodes would share a task id, or one command would build two."""
        by_id: dict[str, Node] = {}
        for node in self.found.values():
            other = by_id.setdefault(f"{node.layer}.{node.label}", node)
            if other is not node:
                raise ConfigurationError(
                    f"{other.id} and {node.id} would share the tasks {node.layer}.{node.label}; rename one"
                )
        by_selector = {node.selector: node for node in self.found.values()}
        for node in self.found.values():
            for folder in _folders(node.selector):
                if folder in by_selector:
                    raise ConfigurationError(
                        f"{by_selector[folder].id} has the name of the folder that {node.id} is in, and dbt cannot "
                        f"select one "
                        f"without the other; rename one"
                    )


def is_enabled(node: Mapping[str, Any]) -> bool:
    return (node.get("config") or {}).get("enabled", True) is not False


def _needs_its_models_table(unit_test: Mapping[str, Any]) -> bool:
    """Rows of `this` that are not said in SQL get their types from the table, which must be there."""
    return any(given["input"] == "this" and given.get("format") != "sql" for given in unit_test.get("given", ()))


def is_smoke(test: Mapping[str, Any], zone: str) -> bool:
    return SMOKE in test.get("tags", ()) or test["path"].startswith(f"{zone}/{SMOKE}/")


def _below(node: Mapping[str, Any]) -> list[str]:
    """The folders of a node's file below dbt's own: zone, layer, and more. As macros/platform/generate_schema_name.sql
    decides; `path` will not do, because dbt 1.12 gives a snapshot that is written in YAML none of its folders."""
    return str(node["original_file_path"]).split("/")[1:-1]


def _label(node: Mapping[str, Any]) -> str:
    version = node.get("version")
    return _safe(node["name"] if version is None else f"{node['name']}_v{version}")


def _safe(name: str) -> str:
    return re.sub(r"[^\w-]", "_", name)


def _folders(selector: str) -> Iterable[str]:
    while "." in selector:
        selector = selector.rpartition(".")[0]
        yield selector
