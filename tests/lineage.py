"""What lineage must say, from dbt's manifest; and whether OpenLineage events say it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Edge = tuple[str, str]
BUILT = ("model", "seed", "snapshot")


def nodes(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Zone, layer and name of each node that dbt builds, and its entry in the manifest."""
    for node in manifest["nodes"].values():
        if node["resource_type"] in BUILT:
            layer = "seeds" if node["resource_type"] == "seed" else node["fqn"][2]
            yield node["fqn"][1], layer, node["name"], node


def expected(manifest: Mapping[str, Any]) -> dict[str, set[Edge]]:
    """Each job's edges: from what the node reads to what it makes, and from gold's candidate to the live release."""
    everything = manifest["nodes"] | manifest["sources"]
    edges: dict[str, set[Edge]] = {}
    for zone, layer, name, node in nodes(manifest):
        made = node["relation_name"].upper()
        read = [everything[parent]["relation_name"].upper() for parent in node.get("depends_on", {}).get("nodes", [])]
        edges[f"{zone}.{layer}.{name}"] = {(each, made) for each in read}
        if layer == "gold":
            edges[f"{zone}.release.publish.{name}"] = {(made, made.replace(".GOLD_NEXT.", ".GOLD."))}
    return edges


def reported(events: Iterable[Mapping[str, Any]]) -> tuple[dict[str, set[Edge]], dict[str, set[str]]]:
    """Each job's edges and outputs, from its events as JSON that say that it has completed."""
    edges: dict[str, set[Edge]] = defaultdict(set)
    outputs: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event["eventType"] == "COMPLETE":
            (output,) = event["outputs"]
            outputs[event["job"]["name"]].add(output["name"])
            edges[event["job"]["name"]] |= {(each["name"], output["name"]) for each in event["inputs"]}
    return dict(edges), dict(outputs)


def check(events: list[dict[str, Any]], manifest: Mapping[str, Any]) -> None:
    """The events are dbt's own graph in one piece, each model is in it once, and whatever has ended has begun."""
    edges, outputs = reported(events)
    assert edges == expected(manifest)
    made = [name for names in outputs.values() for name in names]
    assert len(made) == len(set(made)) == len(outputs)
    assert is_one_piece({edge for each in edges.values() for edge in each} | {(name, name) for name in made})
    assert {each["namespace"] for event in events for each in event["inputs"] + event["outputs"]} == {
        "snowflake://assay"
    }
    begun, ended = (
        {event["run"]["runId"] for event in events if event["eventType"] == kind} for kind in ("START", "COMPLETE")
    )
    assert ended <= begun


def is_one_piece(edges: set[Edge]) -> bool:
    """Whether every name is reached from every other, whichever way the edges point."""
    beside: dict[str, set[str]] = defaultdict(set)
    for left, right in edges:
        beside[left].add(right)
        beside[right].add(left)
    waiting, seen = [next(iter(beside))], set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += beside[name]
    return seen == beside.keys()
