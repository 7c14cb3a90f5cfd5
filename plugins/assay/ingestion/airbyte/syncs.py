"""Cuts a load's table out of what Airbyte's syncs have appended to a stream's table."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assay.errors import AssayError
from assay.ingestion.landing import Landed
from assay.ingestion.standing import fingerprint, stands
from assay.ingestion.window import Window, WrongWindow
from assay.load_ledger import Brought, Item, Load, LoadStatus, read_seen, record_landing
from assay.sql import templates
from assay.warehouse import Warehouse

render = templates(__file__)

META = ("_airbyte_raw_id", "_airbyte_extracted_at", "_airbyte_meta")
FINGERPRINT = re.compile(r"(?P<generation>.+) until (?P<until>\S+) with (?P<records>\d+) records")


class NoStream(AssayError):
    """Airbyte has written no table, or one that cannot be merged."""


@dataclass(frozen=True)
class Known:
    """Up to when the approved loads have a sync's records, and how many these are."""

    until: datetime
    records: int


@dataclass(frozen=True)
class Sync:
    """A sync with records that no approved load has. `after`: those that were extracted later than this; None: all."""

    sync: str
    generation: str
    last: datetime
    records: int
    total: int
    after: datetime | None

    @property
    def item(self) -> Item:
        etag = f"{self.generation} until {self.last.isoformat()} with {self.total} records"
        return Item(path=f"sync/{self.sync}", etag=etag, rows_parsed=self.records, rows_loaded=self.records)

    def cut(self) -> dict[str, str | None]:
        after = self.after.isoformat() if self.after else None
        return {"sync": self.sync, "generation": self.generation, "after": after}


def land_syncs(
    warehouse: Warehouse,
    load: Load,
    stream: str,
    columns: Sequence[str],
    day: str | None = None,
    window: Window | None = None,
    checked_by: str = "",
) -> Landed:
    """Cut the records that no approved load covers, and record the syncs that brought them.

    `columns` are the names that the contract's columns have in the stream, and `checked_by` is its digest: what the
    source's last load was refused for, unchanged, is recorded and not cut again. With a window, records whose `day` (an
    expression over the stream's columns) falls into it are cut again from the landed copy. Raises NoStream, WrongWindow
    and WarehouseError.
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
    has_generations = "_airbyte_generation_id" in present
    known = known_syncs(seen.approved)
    found = warehouse.execute(
        render("syncs", stream=landed_table, known=_as_json(known), has_generations=has_generations)
    )
    syncs = pending_syncs(found, known, landed_table)
    items = [sync.item for sync in syncs]
    backfill = window is not None
    mark = fingerprint(checked_by, (tuple(columns), day, window), [(item.path, item.etag) for item in items])
    if items and checked_by and (standing := stands(warehouse, load, mark, backfill=backfill)):
        return Landed(load.id, 0, (), standing=standing.load_id)
    if not items and not backfill:
        record_landing(warehouse, load, [], 0, backfill=False, fingerprint=mark)
        return Landed(load.id, 0, ())
    warehouse.execute(
        render(
            "create_load_table_of_sync",
            load_table=load.load_table,
            stream=landed_table,
            columns=[present[name.lower()] for name in columns if name.lower() in present],
            pending=json.dumps([sync.cut() for sync in syncs]),
            has_generations=has_generations,
            day=day,
            window=window,
        )
    )
    rows = int(warehouse.execute(render("count", load_table=load.load_table))[0]["records"])
    record_landing(warehouse, load, items, rows, backfill=backfill, fingerprint=mark)
    return Landed(load.id, rows, tuple(items))


def known_syncs(approved: Iterable[Brought]) -> dict[tuple[str, str | None], Known]:
    """What the approved loads have, by sync and generation.

    Earlier versions did not record the generation (None), nor when the records were extracted: before they landed.
    """
    found: dict[tuple[str, str | None], Known] = {}
    for item in approved:
        sync = item.path.partition("/")[2]
        if match := FINGERPRINT.fullmatch(item.etag):
            key, known = (
                (sync, match["generation"]),
                Known(datetime.fromisoformat(match["until"]), int(match["records"])),
            )
        else:
            key, known = (sync, None), Known(item.landed_at, item.rows)
        if key not in found or (found[key].until, found[key].records) < (known.until, known.records):
            found[key] = known
    return found


def pending_syncs(
    rows: Iterable[Mapping[str, Any]], known: Mapping[tuple[str, str | None], Known], stream: str
) -> list[Sync]:
    """The syncs of which no approved load has all records; `rows` are those of `syncs.sql`.

    A sync is known by Airbyte's number, its generation and the time of extraction: after Airbyte was installed again
    another sync has the same number. Raises NoStream when a record does not say when it was extracted.
    """
    found = []
    for row in rows:
        if row["unknown"]:
            raise NoStream(
                f"{stream} holds {row['unknown']} records of sync {row['sync_id']} without _airbyte_extracted_at; "
                f"which of two records is the newer one is not known. Delete them or give them the time, then run again"
            )
        sync, generation = row["sync_id"], row["generation"]
        records, before = int(row["records"]), int(row["before"])
        covered = _of(known, sync, generation)
        if covered is None or before > covered.records:
            found.append(Sync(sync, generation, row["last"], records, records, None))
        elif records > before:
            found.append(Sync(sync, generation, row["last"], records - before, records, covered.until))
    return found


def _of(known: Mapping[tuple[str, str | None], Known], sync: str, generation: str) -> Known | None:
    return known.get((sync, generation)) or known.get((sync, None))


def _as_json(known: Mapping[tuple[str, str | None], Known]) -> str:
    return json.dumps(
        [
            {"sync": sync, "generation": generation, "until": each.until.isoformat()}
            for (sync, generation), each in known.items()
        ]
    )


def _columns(warehouse: Warehouse, load: Load, stream: str) -> dict[str, str]:
    """The columns of the stream's table as they are spelled there, by their names in lower case."""
    rows = warehouse.execute(render("stream_columns", database=load.names.database, stream=stream.upper()))
    present = {str(row["column_name"]).lower(): str(row["column_name"]) for row in rows}
    if not present:
        raise NoStream(
            f"{load.source}: Airbyte has made no table {load.names.schema(f'landing.{stream}')}; "
            f'check that the connection\'s stream is called "{stream}" and that its destination writes to LANDING'
        )
    if missing := [name for name in META if name not in present]:
        raise NoStream(
            f"{load.source}: the table {load.names.schema(f'landing.{stream}')} has no {' and no '.join(missing)}; let "
            f"Airbyte's own Snowflake destination write it"
        )
    return present
