"""What of dbt's manifest the tasks are made from, and what a deploy compares with the commit's files.

The rest, code and documentation, is nine tenths of it.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from assay.dbt_graph.digests import Digests

Json = Mapping[str, Any]

TASKED = ("model", "snapshot", "seed", "test")
KEYS = ("resource_type", "name", "path", "original_file_path", "fqn")
KEYS_OF_DISABLED = ("original_file_path",)
KEYS_OF_UNIT_TESTS = ("fqn",)
KEYS_OF_SOURCES = ("source_name", "name", "package_name")
NOT_STORED = ("ephemeral", "view")


def slim(manifest: Json) -> dict[str, Any]:
    """A manifest of dbt with only what `graph` and `deploy.manifest` read of it. A slim one stays as it is.

    What is left out where it is empty is what dbt's own defaults say: no tags, enabled, nothing in `meta.pod`.
    """
    metadata, digests = manifest["metadata"], Digests(manifest)
    digest = metadata.get("digest") or _digest({key: digests.of(key) for key in manifest["nodes"]})
    return {
        "metadata": {"project_name": metadata["project_name"], "digest": digest},
        "nodes": {
            key: _node(node) | {"digest": digests.of(key)}
            for key, node in manifest["nodes"].items()
            if node["resource_type"] in TASKED
        },
        "sources": {key: _source(source) for key, source in manifest.get("sources", {}).items()},
        "disabled": {
            key: [_some(node, KEYS_OF_DISABLED) | _checksum(node) for node in nodes]
            for key, nodes in manifest.get("disabled", {}).items()
        },
        "unit_tests": {
            key: _some(test, KEYS_OF_UNIT_TESTS) | _reads(test) | _given(test) | {"digest": digests.of(key)}
            for key, test in manifest.get("unit_tests", {}).items()
        },
    }


def _digest(nodes: Mapping[str, str]) -> str:
    """Of all that decides what the project builds, hooks and what no task is made from included."""
    return sha256(json.dumps(nodes, sort_keys=True).encode()).hexdigest()[:16]


def text(manifest: Json) -> str:
    """The slim manifest as it lies beside the DAGs: a node a line, in order, so that a deploy's diff can be read."""
    parts = []
    for key, value in slim(manifest).items():
        lines = (f"{json.dumps(name)}: {json.dumps(value[name], separators=(',', ':'))}" for name in sorted(value))
        parts.append(f"{json.dumps(key)}: {{\n" + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _node(node: Json) -> dict[str, Any]:
    kept = _some(node, KEYS) | _reads(node) | _checksum(node)
    if tags := node.get("tags"):
        kept["tags"] = tags
    if (version := node.get("version")) is not None:
        kept["version"] = version
    if (alias := node.get("alias")) not in (None, node["name"]):
        kept["alias"] = alias
    if config := _config(node.get("config") or {}):
        kept["config"] = config
    return kept


def _config(config: Json) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if config.get("enabled", True) is False:
        kept["enabled"] = False
    if (materialized := config.get("materialized")) in NOT_STORED:
        kept["materialized"] = materialized
    if (config.get("contract") or {}).get("enforced") is True:
        kept["contract"] = {"enforced": True}
    if str(config.get("severity", "")).lower() == "warn":
        kept["severity"] = "warn"
    if (pod := (config.get("meta") or {}).get("pod")) is not None:
        kept["meta"] = {"pod": pod}
    return kept


def _source(source: Json) -> dict[str, Any]:
    kept = _some(source, KEYS_OF_SOURCES)
    identifier = source.get("identifier")
    return kept | ({"identifier": identifier} if identifier and identifier != source["name"] else {})


def _checksum(node: Json) -> dict[str, Any]:
    """Return the checksum of the node's own file. Nodes defined in YAML (generic tests, sources) have none."""
    checksum = node.get("checksum") or {}
    return {"checksum": checksum} if checksum.get("name") == "sha256" else {}


def _given(unit_test: Json) -> dict[str, Any]:
    own = [given for given in unit_test.get("given", ()) if given["input"] == "this"]
    return {"given": [{"input": "this", "format": given.get("format")} for given in own]} if own else {}


def _reads(node: Json) -> dict[str, Any]:
    return {"depends_on": {"nodes": node["depends_on"].get("nodes", [])}}


def _some(node: Json, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: node[key] for key in keys}
