"""A manifest as dbt writes one, of any size: three layers, tests of each model, some over two, seeds, sources."""

from __future__ import annotations

from typing import Any

PROJECT, ZONE = "assay", "bench"
LAYERS = (("bronze", 0.4), ("silver", 0.35), ("gold", 0.25))
SEEDS = 3
COLUMNS = 8
PARENTS = 3
EVERY_RELATION = 20
EVERY_SOURCE = 4
SQL = "select\n" + "".join(f"    column_{number},\n" for number in range(COLUMNS)) + "from {{ ref('parent') }}\n"


def big_manifest(models: int) -> dict[str, Any]:
    """The manifest of a zone of so many models: two tests each, and one over two models for every twenty."""
    nodes: dict[str, Any] = {}
    sources = {
        f"source.{PROJECT}.approved.src_{number}": source(f"src_{number}")
        for number in range(max(1, models // EVERY_SOURCE))
    }
    for number in range(SEEDS):
        add(nodes, "seed", f"seed_{number}", ZONE, [])
    below: list[str] = list(nodes) + list(sources)
    made = 0
    for layer, share in LAYERS:
        count = models - made if layer == LAYERS[-1][0] else round(models * share)
        here: list[str] = []
        for number in range(count):
            parents = [below[(number * PARENTS + step) % len(below)] for step in range(PARENTS)]
            if number and number % PARENTS == 0:
                parents.append(here[-1])
            here.append(add(nodes, "model", f"{layer}_model_{number}", f"{ZONE}/{layer}", parents))
        for number, model in enumerate(here):
            add_test(nodes, f"unique_{model.rpartition('.')[2]}_id", [model], layer)
            add_test(nodes, f"not_null_{model.rpartition('.')[2]}_id", [model], layer)
            if number % EVERY_RELATION == 1:
                add_test(nodes, f"relationships_{model.rpartition('.')[2]}", [model, here[number - 1]], layer)
        below, made = here or below, made + count
    children: dict[str, list[str]] = {key: [] for key in (*nodes, *sources)}
    for key, node in nodes.items():
        for parent in node["depends_on"].get("nodes", []):
            children[parent].append(key)
    return {
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "dbt_version": "1.12.6",
            "project_name": PROJECT,
            "adapter_type": "snowflake",
        },
        "nodes": nodes,
        "sources": sources,
        "macros": {},
        "docs": {},
        "exposures": {},
        "metrics": {},
        "groups": {},
        "selectors": {},
        "disabled": {},
        "parent_map": {key: node["depends_on"].get("nodes", []) for key, node in nodes.items()},
        "child_map": children,
        "group_map": {},
        "saved_queries": {},
        "semantic_models": {},
        "unit_tests": {},
        "functions": {},
    }


def source(name: str) -> dict[str, Any]:
    return {
        "database": "LOCAL_BENCH", "schema": "BRONZE", "name": name, "resource_type": "source",
        "package_name": PROJECT, "path": f"models/{ZONE}/_{ZONE}.yml",
        "original_file_path": f"models/{ZONE}/_{ZONE}.yml", "unique_id": f"source.{PROJECT}.approved.{name}",
        "fqn": [PROJECT, ZONE, "approved", name],
        "source_name": "approved", "source_description": "What contracts approved.", "loader": "",
        "identifier": name, "description": "One row per thing.", "columns": columns(), "meta": {}, "tags": [],
        "config": {"enabled": True, "meta": {}, "tags": []}, "relation_name": f"LOCAL_BENCH.BRONZE.{name}",
    }  # fmt: skip


def columns() -> dict[str, Any]:
    return {
        f"column_{number}": {
            "name": f"column_{number}", "description": "What it holds, in a sentence that a person can read.",
            "meta": {}, "data_type": None, "constraints": [], "quote": None, "config": {"meta": {}, "tags": []},
            "tags": [], "granularity": None, "doc_blocks": [],
        }
        for number in range(COLUMNS)
    }  # fmt: skip


def config(materialized: str) -> dict[str, Any]:
    return {
        "enabled": True, "alias": None, "schema": None, "database": None, "tags": [], "meta": {"owner": "a"},
        "group": ZONE, "materialized": materialized, "incremental_strategy": None, "batch_size": None, "lookback": 1,
        "begin": None, "persist_docs": {}, "post-hook": [], "pre-hook": [], "quoting": {}, "column_types": {},
        "full_refresh": None, "unique_key": None, "on_schema_change": "ignore", "on_configuration_change": "apply",
        "grants": {}, "packages": [], "docs": {"show": True, "node_color": None},
        "contract": {"enforced": False, "alias_types": True}, "event_time": None, "concurrent_batches": None,
        "access": "protected", "freshness": None,
    }  # fmt: skip


def node(kind: str, name: str, path: str, fqn: list[str], parents: list[str]) -> dict[str, Any]:
    return {
        "database": "LOCAL_BENCH", "schema": "BRONZE", "name": name, "resource_type": kind, "package_name": PROJECT,
        "path": path, "original_file_path": f"{kind}s/{path}", "unique_id": f"{kind}.{PROJECT}.{name}", "fqn": fqn,
        "alias": name, "checksum": {"name": "sha256", "checksum": "0" * 64}, "tags": [], "meta": {}, "group": ZONE,
        "description": "What one row of it is, and what it is for, in words.", "docs": {"show": True},
        "patch_path": None, "build_path": None, "unrendered_config": {"materialized": "table"}, "created_at": 1.0,
        "relation_name": f"LOCAL_BENCH.BRONZE.{name}", "raw_code": SQL, "language": "sql", "refs": [], "sources": [],
        "metrics": [], "functions": [], "depends_on": {"macros": [], "nodes": parents}, "compiled_path": None,
        "contract": {"enforced": False, "alias_types": True, "checksum": None}, "access": "protected",
        "constraints": [], "version": None, "latest_version": None, "deprecation_date": None, "doc_blocks": [],
    }  # fmt: skip


def add(nodes: dict[str, Any], kind: str, name: str, folder: str, parents: list[str]) -> str:
    ending = "csv" if kind == "seed" else "sql"
    made = node(kind, name, f"{folder}/{name}.{ending}", [PROJECT, *folder.split("/"), name], parents)
    made |= {"columns": columns(), "config": config("seed" if kind == "seed" else "table")}
    made["config"]["contract"]["enforced"] = kind == "model" and "gold" in folder.split("/")
    nodes[made["unique_id"]] = made
    return str(made["unique_id"])


def add_test(nodes: dict[str, Any], name: str, parents: list[str], layer: str) -> None:
    made = node("test", name, f"{name}.sql", [PROJECT, ZONE, layer, name], parents)
    made |= {
        "original_file_path": f"models/{ZONE}/{layer}/_models.yml", "columns": {}, "column_name": "id",
        "attached_node": parents[0], "config": config("test") | {"severity": "ERROR", "store_failures": True},
        "test_metadata": {"name": "unique", "kwargs": {"column_name": "id"}, "namespace": None},
        "checksum": {"name": "none", "checksum": ""},
    }  # fmt: skip
    nodes[made["unique_id"]] = made
