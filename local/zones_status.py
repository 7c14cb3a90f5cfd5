"""What a person would ask of each zone, read from the registers: the last load, what was refused, the live release."""

from __future__ import annotations

from typing import Any

import snowflake.connector

from assay.zones import Zone, ZoneNames, load_zones
from local.endpoints import Endpoints

ENVIRONMENT = "local"


def zones_status(endpoints: Endpoints) -> list[dict[str, Any]]:
    """One row a zone. Needs the embedded warehouse."""
    zones = load_zones(endpoints.layout.root / "dags" / "zones")
    with snowflake.connector.connect(**endpoints.warehouse_administrator()) as connection:
        cursor = connection.cursor(snowflake.connector.DictCursor)
        return [zone_status(cursor, zone) for zone in zones]


def zone_status(cursor: Any, zone: Zone) -> dict[str, Any]:
    """Counts of rows and the release that readers see now.

    Keys: zone, owner, landed, approved, quarantined (rows), release (id or None), published_at (ISO or None),
    releases (count of published ones), last_refusal (a sentence or None).
    """
    names = ZoneNames(ENVIRONMENT, zone.zone)

    def one(sql: str) -> dict[str, Any]:
        rows = cursor.execute(sql, (zone.zone,)).fetchall()
        return dict(rows[0]) if rows else {}

    loads = one(
        f"select coalesce(sum(rows_landed), 0) as landed, coalesce(sum(rows_approved), 0) as approved, "
        f"coalesce(sum(rows_quarantined), 0) as quarantined from {names.register}.loads where zone = %s"
    )
    live = one(
        f"select release_id, published_at from {names.register}.releases "
        f"where zone = %s and status = 'published' order by published_at desc limit 1"
    )
    refusal = one(
        f"select reason from {names.register}.loads where zone = %s and status = 'refused' "
        f"order by finished_at desc limit 1"
    )
    return {
        "zone": zone.zone,
        "owner": zone.owner,
        "landed": int(loads["LANDED"]),
        "approved": int(loads["APPROVED"]),
        "quarantined": int(loads["QUARANTINED"]),
        "release": live.get("RELEASE_ID"),
        "published_at": str(live["PUBLISHED_AT"]) if live else None,
        "last_refusal": refusal.get("REASON"),
    }
