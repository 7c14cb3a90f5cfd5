"""Whether a run has anything new to build: what there is to build from, beside what the live release was made of."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from assay.releases.inputs import Inputs
from assay.releases.ledger import Release, Status, render
from assay.settings import Settings
from assay.warehouse import Warehouse
from assay.zones import Zone, ZoneNames, zone_folders


def read_inputs(warehouse: Warehouse, names: ZoneNames, zone: Zone, code: str, as_of: datetime | None = None) -> Inputs:
    """What a run would build from now, or what was there at a time of the warehouse's clock (UTC)."""
    params = {"zone": names.zone, "as_of": as_of}
    loads = warehouse.execute(render("approved_loads", ledger=names.ledger), params)
    ledgers = [ZoneNames(names.environment, other).ledger for other in sorted({read.zone for read in zone.reads})]
    reads = warehouse.execute(render("live_releases", ledgers=ledgers), {"as_of": as_of}) if ledgers else []
    return Inputs(
        code=code,
        loads={row["source"]: row["load_id"] for row in loads},
        reads={row["zone"]: row["release_id"] for row in reads},
    )


def code_of(settings: Settings) -> str:
    """Names the code: the commit, the manifest, and what every zone's file says, by which readers are let in."""
    digest = sha256(settings.commit.encode())
    files = [settings.manifest, *(folder / "zone.yml" for folder in zone_folders(settings.dags_folder / "zones"))]
    for file in files:
        digest.update(f"\0{file.parent.name}/{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def nothing_new(releases: Sequence[Release], now: Inputs, unfit: Sequence[object]) -> str | None:
    """Why a run would build what is live already, in a sentence; None when there is something to build.

    `releases` are the zone's, newest first, and `unfit` what must be built or tested again.
    """
    newest = releases[0] if releases else None
    if newest is None or newest.status != Status.PUBLISHED or unfit:
        return None
    built = newest.inputs
    if (
        built is None
        or not built.complete
        or (built.code, built.loads, built.reads) != (now.code, now.loads, now.reads)
    ):
        return None
    return (
        f"Nothing is new since release {newest.release_id}: no rows were approved, the code is the same, and so are "
        "the releases of the zones that are read. Nothing is built, published or announced. A full refresh, or naming "
        "models, builds all the same; `publish_unchanged: true` in zone.yml always does."
    )
