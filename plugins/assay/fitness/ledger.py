"""Reads a zone's ledger of node results, and drops from it what no decision needs any more."""

from collections.abc import Mapping
from datetime import datetime

from assay import sql
from assay.fitness.rules import Result
from assay.warehouse import Warehouse
from assay.zones import ZoneNames

render = sql.templates(__file__)


def read_results(warehouse: Warehouse, names: ZoneNames) -> list[Result]:
    """Every attempt of dbt at the zone's nodes and tests that the ledger still has, oldest first."""
    return [
        Result(
            node_id=row["node_id"],
            invocation=row["invocation_id"],
            started_at=row["started_at"],
            status=row["status"],
            run_id=row["run_id"] or "",
            checksum=row["checksum"] or "",
            failures=int(row["failures"] or 0),
        )
        for row in warehouse.execute(render("results", ledger=names.ledger))
    ]


def read_approvals(warehouse: Warehouse, names: ZoneNames) -> Mapping[str, datetime]:
    """When rows of each source's table were last added or changed by an approved load; tables in upper case."""
    rows = warehouse.execute(render("approvals", ledger=names.ledger), {"zone": names.zone})
    return {f"SRC_{row['table_name']}".upper(): row["approved_at"] for row in rows}


def prune(warehouse: Warehouse, names: ZoneNames) -> None:
    """Drop the rows that a later result of the same node or test has replaced."""
    warehouse.execute(render("prune", ledger=names.ledger))
