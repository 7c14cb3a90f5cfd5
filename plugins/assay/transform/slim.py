"""What of dbt's manifest the tasks are made from, and what a deploy compares with the commit's files.

The rest, code and documentation, is nine tenths of it.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

Json = Mapping[str, Any]

TASKED = ("model", "snapshot", "seed", "test")
KEYS = ("resource_type", "name", "path", "original_file_path", "fqn")
KEYS_OF_DISABLED = ("original_file_path",)
KEYS_OF_UNIT_TESTS = ("fqn",)
KEYS_OF_SOURCES = ("source_name", "name", "package_name")
NOT_STORED = ("ephemeral", "view")


def slim(manifest: Json) -> dict[str, Any]:
    """A manifest of dbt with only what `graph` and `delivery.manifest` read of it. A slim one stays as it is.

    What is left out where it is empty is what dbt's own defaults say: no tags, enabled, nothing in `meta.pod`.
    """
    metadata = manifest["metadata"]
    return {
        "metadata": {"project_name": metadata["project_name"], "digest": metadata.get("digest") or _digest(manifest)},
        "nodes": {key: _node(node) for key, node in manifest["nodes"].items() if node["resource_type"] in TASKED},
        "sources": {key: _source(source) for key, source in manifest.get("sources", {}).items()},
        "disabled": {
            key: [_some(node, KEYS_OF_DISABLED) | _checksum(node) for node in nodes]
            for key, nodes in manifest.get("disabled", {}).items()
        },
        "unit_tests": {
            key: _some(test, KEYS_OF_UNIT_TESTS) | _reads(test) | _given(test)
            for key, test in manifest.get("unit_tests", {}).items()
        },
    }


def _digest(manifest: Json) -> str:
    """Of all that decides what the project's nodes build, macros and settings included. Its own macros only."""
    project = manifest["metadata"]["project_name"]
    macros = {
        key: macro["macro_sql"] for key, macro in manifest.get("macros", {}).items() if macro["package_name"] == project
    }
    nodes = {
        key: [node.get("raw_code"), node.get("unrendered_config"), sha256_of(node)]
        for key, node in manifest["nodes"].items()
    }
    return sha256(json.dumps([macros, nodes], sort_keys=True).encode()).hexdigest()[:16]


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
    if str(config.get("severity", "")).lower() == "warn":
        kept["severity"] = "warn"
    if (pod := (config.get("meta") or {}).get("pod")) is not None:
        kept["meta"] = {"pod": pod}
    return kept


def sha256_of(node: Json) -> str:
    """The checksum of a node's own file; empty for what is made of a line in a YAML file."""
    checksum = node.get("checksum") or {}
    return str(checksum["checksum"]) if checksum.get("name") == "sha256" else ""


def _source(source: Json) -> dict[str, Any]:
    kept = _some(source, KEYS_OF_SOURCES)
    identifier = source.get("identifier")
    return kept | ({"identifier": identifier} if identifier and identifier != source["name"] else {})


def _checksum(node: Json) -> dict[str, Any]:
    """Of the node's own file; what is made of a line in a YAML file has none."""
    checksum = node.get("checksum") or {}
    return {"checksum": checksum} if checksum.get("name") == "sha256" else {}


def _given(unit_test: Json) -> dict[str, Any]:
    own = [given for given in unit_test.get("given", ()) if given["input"] == "this"]
    return {"given": [{"input": "this", "format": given.get("format")} for given in own]} if own else {}


def _reads(node: Json) -> dict[str, Any]:
    return {"depends_on": {"nodes": node["depends_on"].get("nodes", [])}}


def _some(node: Json, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: node[key] for key in keys}
