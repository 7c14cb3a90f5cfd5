"""Contracts of gold models, enforced by dbt on the embedded warehouse: tables, incremental models and versions."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.dbt_graph.manifest import check_contracts
from assay.errors import ConfigurationError
from assay.fitness import checked_graph

from .conftest import Pod, Run, Warehouse

COLUMNS = """\
    columns:
      - {name: id, data_type: "number(18, 0)"}
      - {name: delay, data_type: "number(8, 2)"}
      - {name: name, data_type: varchar}
      - {name: seen_at, data_type: timestamp_ntz}
"""
ROW = "select 1 as id, 2.5::number(8, 2) as delay, 'a' as name, '2013-01-01'::timestamp_ntz as seen_at"
PROJECT = {
    "dbt_project.yml": """\
name: con
version: "1.0.0"
profile: assay
query-comment: null
models: {con: {+on_schema_change: append_new_columns, +contract: {enforced: true}, +materialized: table}}
""",
    "models/flights/gold/con_table.sql": ROW,
    "models/flights/gold/con_grows.sql": f"{{{{ config(materialized='incremental', unique_key='id') }}}}\n{ROW}",
    "models/flights/gold/con_shape.sql": ROW,
    "models/flights/gold/con_shape_v2.sql": ROW.replace("1 as id", "'1' as id"),
    "models/flights/con.yml": f"""\
models:
  - name: con_table
{COLUMNS}
  - name: con_grows
{COLUMNS}
  - name: con_shape
    latest_version: 1
{COLUMNS}
    versions:
      - {{v: 1, defined_in: con_shape, config: {{alias: con_shape}}}}
      - v: 2
        columns:
          - {{include: all, exclude: [id]}}
          - {{name: id, data_type: varchar}}
""",
}
TYPES = {"ID": "NUMBER", "DELAY": "NUMBER", "NAME": "TEXT", "SEEN_AT": "TIMESTAMP_NTZ"}
Dbt = Callable[..., Run]


@pytest.fixture(scope="module")
def project(root: Path, tmp_path_factory: pytest.TempPathFactory, warehouse: Warehouse) -> Path:
    folder = tmp_path_factory.mktemp("con")
    for name, content in PROJECT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    shutil.copytree(root / "dbt" / "macros" / "platform", folder / "macros")
    warehouse.cut_candidate("flights")
    return folder


@pytest.fixture(scope="module")
def dbt(project: Path, pod: Pod) -> Dbt:
    return lambda *arguments: pod("flights", *arguments, DBT_PROJECT_DIR=str(project), DBT_PARTIAL_PARSE="false")


def columns(warehouse: Warehouse) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in warehouse.query(
        "select table_name, column_name, data_type from LOCAL_FLIGHTS.INFORMATION_SCHEMA.COLUMNS "
        "where table_schema = 'GOLD_NEXT' and table_name like 'CON_%'"
    ):
        found.setdefault(table, {})[column] = kind
    return found


def test_tables_have_the_columns_that_are_declared_and_each_version_a_table(dbt: Dbt, warehouse: Warehouse) -> None:
    built = dbt("build")
    assert built.code == 0, built.output
    assert columns(warehouse) == {
        "CON_TABLE": TYPES,
        "CON_GROWS": TYPES,
        "CON_SHAPE": TYPES,
        "CON_SHAPE_V2": TYPES | {"ID": "TEXT"},
    }
    assert warehouse.one("select count(*) from LOCAL_FLIGHTS.GOLD_NEXT.CON_GROWS") == 1
    manifest = json.loads((built.folder / "target" / "manifest.json").read_text())
    check_contracts(manifest, "flights")
    assert checked_graph(manifest, "flights").gold_tables == {"CON_TABLE", "CON_GROWS", "CON_SHAPE", "CON_SHAPE_V2"}
    manifest["nodes"]["model.con.con_grows"]["config"]["contract"]["enforced"] = False
    with pytest.raises(ConfigurationError, match=r"models/flights/gold/con_grows.sql: the gold model con_grows has no"):
        check_contracts(manifest, "flights")


def test_a_column_that_is_dropped_retyped_or_not_declared_is_not_built(
    dbt: Dbt, project: Path, warehouse: Warehouse
) -> None:
    before = columns(warehouse)
    for name, old, new in (
        ("con_table", "'a' as name, ", ""),
        ("con_shape", "'a' as name", "'a' as name, 1 as more"),
        ("con_shape_v2", "2.5::number(8, 2) as delay", "'2.5' as delay"),
    ):
        file = project / f"models/flights/gold/{name}.sql"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
    built = dbt("build")
    assert built.code == 1
    assert built.output.count("ERROR creating sql table model") == 3, built.output
    for reason in ("missing in definition", "missing in contract", "data type mismatch"):
        assert reason in built.output
    assert columns(warehouse) == before
    assert "OK created sql incremental model GOLD_NEXT.con_grows" in built.output, "it fits the table that is there"
