"""Cuts a load's branch out of what Airbyte's syncs have appended to a stream's table."""

from collections.abc import Collection, Sequence

from assay.errors import AssayError
from assay.ingestion.landing import Landed
from assay.ingestion.window import Window, WrongWindow
from assay.registers import Item, Load, LoadStatus, read_seen, record_landing
from assay.sql import templates
from assay.warehouse import Warehouse

render = templates(__file__)


class NoStream(AssayError):
    """Airbyte has written no table, or one that cannot be merged."""


def land_syncs(
    warehouse: Warehouse,
    load: Load,
    stream: str,
    columns: Sequence[str],
    key: Sequence[str],
    day: str | None = None,
    window: Window | None = None,
) -> Landed:
    """Cut the records of every sync that no approved load covers, per `key` those of the newest sync, and record the
    syncs.

    `columns` and `key` are the contract's. With a window, records whose `day` (an expression over the stream's
    columns) falls into it are cut again from the landed copy. Raises NoStream, WrongWindow and WarehouseError.
    """
    seen = read_seen(warehouse, load)
    if seen.status is LoadStatus.APPROVED:
        return Landed(load.id, 0, (), already=True)
    if window is not None and day is None:
        raise WrongWindow(
            f"{load.source}: days can be taken again only where zone.yml gives the source a `day`; "
            f"add one, or start the run without {window.first} to {window.last}"
        )
    present = _columns(warehouse, load, stream)
    landed_table = load.names.schema(f"landing.{stream}")
    syncs = pending_syncs(warehouse.execute(render("syncs", stream=landed_table)), seen.approved)
    warehouse.execute(
        render(
            "create_sync_branch",
            branch=load.branch,
            stream=landed_table,
            columns=[name for name in columns if name in present],
            key=[name for name in key if name in present] or ["_airbyte_raw_id"],
            pending=[int(item.path.partition("/")[2]) for item in syncs],
            day=day,
            window=window,
        )
    )
    rows = int(warehouse.execute(render("count", branch=load.branch))[0]["records"])
    record_landing(warehouse, load, syncs, rows, backfill=window is not None)
    return Landed(load.id, rows, tuple(syncs))


def pending_syncs(rows: Sequence[dict[str, int]], approved: Collection[tuple[str, str]]) -> list[Item]:
    """The syncs that no approved load covers, each as an item of the load; `rows` have the keys sync_id and records."""
    found = [(f"sync/{row['sync_id']}", int(row["records"])) for row in rows if row["sync_id"] is not None]
    return [
        Item(path=path, etag="", rows_parsed=records, rows_loaded=records)
        for path, records in found
        if (path, "") not in approved
    ]


def _columns(warehouse: Warehouse, load: Load, stream: str) -> set[str]:
    rows = warehouse.execute(render("stream_columns", database=load.names.database, stream=stream.upper()))
    present = {str(row["column_name"]).lower() for row in rows}
    if not present:
        raise NoStream(
            f"{load.source}: Airbyte has made no table {load.names.schema(f'landing.{stream}')}; "
            f'check that the connection\'s stream is called "{stream}" and that its destination writes to LANDING'
        )
    return present
