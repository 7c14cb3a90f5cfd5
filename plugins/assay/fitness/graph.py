"""A zone's dbt nodes with the tests of each, from the slim manifest. Data in, data out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from assay.dbt_graph.digests import Digests
from assay.dbt_graph.graph import LAYERS
from assay.dbt_graph.manifest import read_manifest
from assay.dbt_graph.nodes import SEEDS, SOURCES, Kind, Node, collect, is_enabled, is_smoke
from assay.settings import Settings
from assay.zones import Zone

SEVERITY_WARN = "warn"


@dataclass(frozen=True)
class Check:
    """A test, and the nodes it is about: of those it reads, the ones in the latest layer, as `dbt_graph.graph` has it.

    `required`: its result must be there; a test of severity `warn` blocks nothing by its absence. `checksum` is its
    digest (assay.dbt_graph.digests).
    """

    id: str
    name: str
    subjects: frozenset[str]
    required: bool = True
    checksum: str = ""


@dataclass(frozen=True)
class CheckedNode:
    """A model, snapshot, seed or source. `place` is how tasks name it: `silver.fct_legs`.

    `built` says whether dbt builds it (no source, no ephemeral model), `stored` whether its rows stay what they were
    when it was built; a view's, an ephemeral model's and a source's do not. `table` is a source's table and `alias`
    that of any other node, in upper case. `checksum` is the digest of what dbt builds.
    """

    id: str
    place: str
    layer: str
    parents: tuple[str, ...]
    built: bool
    stored: bool
    checksum: str = ""
    table: str = ""
    alias: str = ""


@dataclass(frozen=True)
class CheckedGraph:
    """The nodes of one zone, their tests, and the smoke tests, which are about a candidate as a whole."""

    nodes: Mapping[str, CheckedNode]
    checks: tuple[Check, ...]
    smoke: tuple[Check, ...]

    @property
    def gold(self) -> list[str]:
        return [node.id for node in self.nodes.values() if node.layer == LAYERS[-1]]

    @property
    def gold_tables(self) -> frozenset[str]:
        """The tables that a release holds, in upper case: those of every node of gold that dbt builds."""
        return frozenset(self.nodes[node].alias for node in self.gold if self.nodes[node].built)

    @cached_property
    def by_subject(self) -> dict[str, list[Check]]:
        found: dict[str, list[Check]] = {}
        for check in self.checks:
            for subject in check.subjects:
                found.setdefault(subject, []).append(check)
        return found

    def with_ancestors(self, starts: Iterable[str]) -> list[CheckedNode]:
        """The nodes and everything they are built from, in the graph's order."""
        found: set[str] = set()
        waiting = [start for start in starts if start in self.nodes]
        while waiting:
            here = waiting.pop()
            if here not in found:
                found.add(here)
                waiting += self._parents(here)
        return [node for node in self.nodes.values() if node.id in found]

    def basis(self, node_id: str) -> frozenset[str]:
        """What decides which rows the node shows: itself where it is stored, and what it reads where it is not."""
        found: set[str] = set()
        waiting = [node_id]
        while waiting:
            here = waiting.pop()
            if here not in found:
                found.add(here)
                if not self.nodes[here].stored:
                    waiting += self._parents(here)
        return frozenset(found)

    def _parents(self, node_id: str) -> Iterator[str]:
        return (parent for parent in self.nodes[node_id].parents if parent in self.nodes)


def checked_graph(manifest: Mapping[str, Any], zone: str, layers: Sequence[str] = LAYERS) -> CheckedGraph:
    """The nodes and tests of `zone` in a manifest of dbt. Raises ConfigurationError as `dbt_graph.graph.graph` does."""
    found, _ = collect(manifest, zone, layers)
    digests = Digests(manifest)
    nodes = {node.id: _node(node, manifest, digests.of(node.id)) for node in found if node.kind is not Kind.SOURCE}
    read = {parent for node in found for parent in node.parents} | {node.id for node in found}
    sources = manifest.get("sources", {})
    nodes |= {source: _source(source, sources[source]) for source in sorted(read & set(sources))}
    ranks = {layer: rank for rank, layer in enumerate((SOURCES, SEEDS, *layers))}

    def subjects(parents: Iterable[str]) -> frozenset[str]:
        known = [parent for parent in parents if parent in nodes]
        latest = max((ranks[nodes[parent].layer] for parent in known), default=0)
        return frozenset(parent for parent in known if ranks[nodes[parent].layer] == latest)

    checks: list[Check] = []
    smoke: list[Check] = []
    for test_id, test in manifest["nodes"].items():
        if test["resource_type"] != "test" or not is_enabled(test):
            continue
        parents = test["depends_on"].get("nodes", ())
        if not _is_of(zone, test, parents, nodes):
            continue
        check = Check(test_id, test["name"], subjects(parents), not _only_warns(test), digests.of(test_id))
        (smoke if is_smoke(test, zone) else checks).append(check)
    for test_id, test in manifest.get("unit_tests", {}).items():
        if subject := subjects(test["depends_on"].get("nodes", ())):
            checks.append(Check(test_id, test["fqn"][-1], subject, checksum=digests.of(test_id)))
    return CheckedGraph(nodes, tuple(checks), tuple(smoke))


def checked_graph_of(zone: Zone, settings: Settings) -> CheckedGraph:
    """The graph of the zone in the manifest beside the DAGs. Raises ConfigurationError as `graph_of` does."""
    return checked_graph(read_manifest(settings.manifest, settings.dbt.dbt_project_name), zone.zone)


def _is_of(zone: str, test: Mapping[str, Any], parents: Sequence[str], nodes: Mapping[str, CheckedNode]) -> bool:
    """A test of models is their zone's; one of sources alone is that of the folder it is written in."""
    if any(parent in nodes and nodes[parent].layer != SOURCES for parent in parents):
        return True
    return bool(test["fqn"][1] == zone and any(parent in nodes for parent in parents))


def _node(node: Node, manifest: Mapping[str, Any], digest: str) -> CheckedNode:
    raw = manifest["nodes"][node.id]
    view = (raw.get("config") or {}).get("materialized") == "view" and node.kind is Kind.MODEL
    return CheckedNode(
        id=node.id,
        place=f"{node.layer}.{node.label}",
        layer=node.layer,
        parents=node.parents,
        built=not node.ephemeral,
        stored=not node.ephemeral and not view,
        checksum=digest,
        alias=str(raw.get("alias") or raw["name"]).upper(),
    )


def _source(source_id: str, source: Mapping[str, Any]) -> CheckedNode:
    table = str(source.get("identifier") or source["name"]).upper()
    place = f"{source['source_name']}.{source['name']}"
    return CheckedNode(source_id, place, SOURCES, (), built=False, stored=False, table=table)


def _only_warns(test: Mapping[str, Any]) -> bool:
    return str((test.get("config") or {}).get("severity", "")).lower() == SEVERITY_WARN
