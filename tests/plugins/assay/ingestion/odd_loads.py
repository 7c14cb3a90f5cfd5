"""One load of odd files, through landing and contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.contracts.approval import ContractBreach, approve_load
from assay.contracts.contract import Contract
from assay.contracts.reader import read_contract
from assay.ingestion.landing import Folder, Landed, land_files
from tests.plugins.assay.embedded import ZoneOnTrial

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: {table}
name: {table}
version: 1.0.0
status: active
schema:
  - name: {table}
    properties:
      - {{name: id, description: Key., logicalType: string, physicalType: VARCHAR, primaryKey: true, required: true}}
{columns}
{quality}
"""
COLUMN = "      - {{name: {name}, description: Text., logicalType: string, physicalType: VARCHAR}}"


def contract(table: str, columns: Sequence[str], quality: str = "") -> Contract:
    """A contract of texts, of which the first, `id`, is the key."""
    listed = "\n".join(COLUMN.format(name=name) for name in columns)
    rules = f"    quality:\n      - {quality}" if quality else ""
    return read_contract(CONTRACT.format(table=table, columns=listed, quality=rules), table, "odd.odcs.yaml")


@dataclass
class OddLoad:
    """What became of a load: `reasons` by file, as quarantine says them; `items` by file, as the ledger says them."""

    landed: Landed
    rows: dict[str, tuple[Any, ...]]
    reasons: dict[str, str]
    items: dict[str, dict[str, Any]]


def bring(
    zone: ZoneOnTrial,
    source: str,
    files: Mapping[str, bytes],
    agreed: Contract,
    null_if: tuple[str, ...] = (),
    run_id: str = "run-1",
) -> OddLoad:
    """Drop the files into a folder of the source's own, land it and judge it by the contract."""
    for path, content in files.items():
        zone.drop(f"{source}/{path}", content)
    load = zone.load(run_id, source, agreed.table)
    folder = Folder(f"{source}/", pattern=r".*\.(?i:csv|gz|bz2)", null_if=null_if)
    landed = land_files(zone.warehouse, load, [column.name for column in agreed.columns], folder)
    reasons: dict[str, str] = {}
    rows: dict[str, tuple[Any, ...]] = {}
    try:
        approve_load(zone.warehouse, load, agreed)
    except ContractBreach:
        kept = zone.rows(f"select * from {{db}}.quarantine.{agreed.table} where _load_id = '{load.id}'")
        for row in kept:
            path = str(row["_file"]).removeprefix(f"{source}/")
            reasons[path] = "; ".join(filter(None, (reasons.get(path), row["_reasons"])))
    else:
        for row in zone.rows(f"select * from {{db}}.bronze.src_{agreed.table}"):
            rows[row["id"]] = tuple(row[column.name] for column in agreed.columns)
    found = zone.rows(f"select * from {{ledger}}.load_files where load_id = '{load.id}'")
    items = {row["path"].removeprefix(f"{source}/"): row for row in found}
    for item in items.values():
        assert item["rows_parsed"] == item["rows_loaded"] + item["errors"], item
    return OddLoad(landed, rows, reasons, items)
