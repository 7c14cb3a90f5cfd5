"""Removes what old releases, and dbt's nodes and tests that are gone, have left behind, on a login of the publisher.

May be killed at any statement: the next time does the rest.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from assay.fitness.ledger import prune
from assay.releases import Releases
from assay.retention.housekeeping import batches, plain, render
from assay.retention.rules import releases_over
from assay.sql import quoted
from assay.warehouse import Row, Warehouse
from assay.zones import Keep, ZoneNames

TEST_TABLE = "DBT_TEST__"

log = logging.getLogger(__name__)


def tidy_releases(
    releases: Releases,
    warehouse: Warehouse,
    names: ZoneNames,
    keep: Keep,
    manifest: Mapping[str, Any],
    now: datetime | None = None,
) -> dict[str, int]:
    """Remove what is older than `keep` says, and return how much of each kind.

    Results of nodes and tests that are not in the slim manifest go, of the others what later ones have replaced; so do
    the failing rows of tests that are not in it. `now` is UTC without a zone, and the warehouse's unless given.
    Raises WarehouseError.
    """

    def run(statement: str, bind: dict[str, Any] | None = None, **more: Any) -> list[Row]:
        return warehouse.execute(render(statement, **more), bind)

    moment = now or plain(run("now")[0]["now"])
    before = {"before": (moment - keep.ledger).isoformat()}
    decided = releases.decided()
    over = releases_over(releases.history(), {decided.live, decided.previous}, keep.ledger, moment)
    zone, removed = {"zone": names.zone}, {"releases": 0, "release_events": 0, "node_results": 0, "test_tables": 0}
    for batch in batches(over):
        with warehouse.transaction():
            removed["releases"] += _count(run("forget_releases", zone, ledger=names.ledger, releases=batch))
    with warehouse.transaction():
        removed["release_events"] = _count(run("forget_events", zone | before, ledger=names.ledger))
    prune(warehouse, names)
    nodes = sorted([*manifest["nodes"], *manifest.get("unit_tests", {})])
    if nodes:
        removed["node_results"] = _count(run("forget_results", before, ledger=names.ledger, nodes=nodes))
    for table in _test_tables(run("tables", database=names.database), manifest, moment - keep.refused):
        run("drop_table", table=f"{names.schema('quarantine')}.{quoted(table)}")
        removed["test_tables"] += 1
    log.info("%s: removed %s.", names.zone, removed)
    return removed


def _test_tables(rows: list[Row], manifest: Mapping[str, Any], before: datetime) -> list[str]:
    """Tables of failing rows that were written before a time, of tests that the manifest does not have."""
    known = {str(node.get("alias")).upper() for node in manifest["nodes"].values()}
    tables = [row for row in rows if row["table_schema"] == "QUARANTINE" and row["table_name"].startswith(TEST_TABLE)]
    return [row["table_name"] for row in tables if row["table_name"] not in known and plain(row["created"]) <= before]


def _count(rows: list[Row]) -> int:
    return int(next(iter(rows[0].values()))) if rows else 0
