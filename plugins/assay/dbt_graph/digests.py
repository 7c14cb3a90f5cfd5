"""A digest of each node of dbt's manifest: another whenever what dbt builds or tests of it may differ.

dbt's own checksum will not do: since 1.12 it is of a file's words with one space between them, so that a change inside
a text literal is none to it, and it knows no macro, no YAML and no version of dbt. dbt makes the same digest when it
builds a node (dbt/macros/platform/node_digest.sql), and the ledger of node results keeps it: what is changed here is
changed there.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import md5
from typing import Any

Json = Mapping[str, Any]

CONFIG_THAT_BUILDS_NOTHING = frozenset(
    {
        "access", "database", "docs", "enabled", "group", "meta", "packages", "persist_docs", "query_tag", "schema",
        "snowflake_warehouse", "static_analysis", "tags",
    }
)  # fmt: skip
OF_DBT = "dbt"
LENGTH = 16


class Digests:
    """The digests of one manifest's nodes and unit tests, by their ids. A slim manifest has them with its nodes."""

    def __init__(self, manifest: Json) -> None:
        self._nodes: Json = {**manifest["nodes"], **manifest.get("unit_tests", {})}
        self._sources: Json = manifest.get("sources", {})
        self._version = manifest["metadata"].get("dbt_version")
        self._macros = _digest(sorted(_macros(manifest)))

    def of(self, unique_id: str) -> str:
        """Raises KeyError for an id that the manifest lacks."""
        node = self._nodes[unique_id]
        if known := node.get("digest"):
            return str(known)
        checksum = node.get("checksum") or {}
        config = node.get("config") or {}
        return _digest(
            [
                self._macros,
                self._version,
                node.get("raw_code"),
                checksum if isinstance(checksum, str) else checksum.get("checksum"),
                node.get("alias"),
                {k: v for k, v in config.items() if v is not None and k not in CONFIG_THAT_BUILDS_NOTHING},
                [
                    [column["name"], column.get("data_type"), column.get("quote"), column.get("constraints")]
                    for column in (node.get("columns") or {}).values()
                ],
                node.get("constraints"),
                node.get("test_metadata"),
                node.get("column_name"),
                [self._parent(parent) for parent in sorted(set(node["depends_on"].get("nodes", ())))],
            ]
        )[:LENGTH]

    def _parent(self, unique_id: str) -> list[str | None]:
        parent = self._nodes.get(unique_id) or self._sources.get(unique_id) or {}
        if (parent.get("config") or {}).get("materialized") == "ephemeral":
            return [unique_id, self.of(unique_id)]
        return [unique_id, parent.get("identifier") or parent.get("alias")]


def _macros(manifest: Json) -> Iterator[list[str]]:
    """Each macro as dbt finds it: one of an adapter before one of dbt with the same name, both in the package `dbt`."""
    adapter = f"{OF_DBT}_{manifest['metadata'].get('adapter_type')}"
    macros = list(manifest.get("macros", {}).values())
    adapters = {macro["name"] for macro in macros if macro["package_name"] == adapter}
    for macro in macros:
        package = macro["package_name"]
        if package == OF_DBT and macro["name"] in adapters:
            continue
        yield [OF_DBT if package == adapter else package, macro["name"], macro["macro_sql"]]


def _digest(content: object) -> str:
    return md5(json.dumps(content, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
