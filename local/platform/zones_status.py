"""What a person would ask of each zone, read from the ledgers: its rows, what is refused now, the live release."""

from __future__ import annotations

from typing import Any

import snowflake.connector

from assay.errors import ConfigurationError
from assay.releases.state import Hold
from assay.zones import ZoneNames, load_zone, zone_folders
from local.state.endpoints import Endpoints

ENVIRONMENT = "local"


def zones_status(endpoints: Endpoints) -> list[dict[str, Any]]:
    """One row a zone. Needs the embedded warehouse. What is wrong with one zone is in its row, and hides no other."""
    with snowflake.connector.connect(**endpoints.warehouse_administrator()) as connection:
        cursor = connection.cursor(snowflake.connector.DictCursor)
        rows = []
        for folder in zone_folders(endpoints.layout.root / "dags" / "zones"):
            owner, problem = None, None
            try:
                owner = load_zone(folder).owner
            except ConfigurationError as error:
                problem = str(error)
            rows.append(zone_status(cursor, ZoneNames(ENVIRONMENT, folder.name), owner, problem))
        return rows


def zone_status(cursor: Any, names: ZoneNames, owner: str | None, problem: str | None) -> dict[str, Any]:
    """Counts of rows and the release that readers see now.

    Keys: zone, owner (None when the zone's file is wrong), landed, approved, quarantined (rows), release (id or None),
    published_at (ISO or None), refused_now (a sentence for each source whose latest load is refused), candidate_refused
    (the newest release with its reason, when that is refused, or None), held (since when and why publishing is held, or
    None), problem (what is wrong with the zone's file, or why its ledger cannot be read, or None).
    """
    found: dict[str, Any] = {
        "zone": names.zone, "owner": owner, "landed": 0, "approved": 0, "quarantined": 0, "release": None,
        "published_at": None, "refused_now": [], "candidate_refused": None, "held": None, "problem": problem,
    }  # fmt: skip
    try:
        return found | _from_ledgers(cursor, names)
    except snowflake.connector.errors.Error as error:
        unread = f"its ledgers cannot be read: {' '.join(str(error.raw_msg or error).split())}"
        return found | {"problem": "; ".join(filter(None, [problem, unread]))}


def _from_ledgers(cursor: Any, names: ZoneNames) -> dict[str, Any]:
    ledger, zone = names.ledger, names.zone
    loads = cursor.execute(
        f"select coalesce(sum(rows_landed), 0) as landed, coalesce(sum(rows_approved), 0) as approved, "
        f"coalesce(sum(rows_quarantined), 0) as quarantined from {ledger}.loads where zone = %s",
        (zone,),
    ).fetchone()
    live = cursor.execute(
        f"select release_id, published_at from {ledger}.releases "
        f"where zone = %s and status = 'published' order by published_at desc limit 1",
        (zone,),
    ).fetchone()
    newest = cursor.execute(
        f"select release_id, status, reason from {ledger}.releases where zone = %s order by created_at desc limit 1",
        (zone,),
    ).fetchone()
    state = cursor.execute(
        f"select held_at, held_by, held_reason from {ledger}.release_state where zone = %s "
        f"order by version desc limit 1",
        (zone,),
    ).fetchone()
    latest = cursor.execute(
        f"select source, status, reason from {ledger}.loads where zone = %s "
        f"qualify row_number() over (partition by source order by landed_at desc) = 1 order by source",
        (zone,),
    ).fetchall()
    held = state is not None and state["HELD_AT"] is not None
    return {
        "landed": int(loads["LANDED"]),
        "approved": int(loads["APPROVED"]),
        "quarantined": int(loads["QUARANTINED"]),
        "release": live["RELEASE_ID"] if live else None,
        "published_at": str(live["PUBLISHED_AT"]) if live else None,
        "candidate_refused": _refused(newest) if newest and newest["STATUS"] == "refused" else None,
        "held": Hold(state["HELD_AT"], state["HELD_BY"], state["HELD_REASON"], None).sentence if held else None,
        "refused_now": [str(row["REASON"]) for row in latest if row["STATUS"] == "refused"],
    }


def _refused(release: Any) -> str:
    return f"{release['RELEASE_ID']}: {release['REASON']}"
