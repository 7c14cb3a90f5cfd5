"""Reads and writes the ledger of loads, their files and check results."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from assay import sql
from assay.warehouse import Warehouse
from assay.zones import ZoneNames
from assay.zones.names import load_id

render = sql.templates(__file__)


class LoadStatus(StrEnum):
    LANDED = "landed"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True)
class Load:
    """What one run landed from one source for one table."""

    names: ZoneNames
    source: str
    table: str
    run_id: str

    @property
    def id(self) -> str:
        return load_id(self.names.zone, self.source, self.run_id)

    @property
    def load_table(self) -> str:
        return self.names.load_table(self.table, self.id)


@dataclass(frozen=True)
class Item:
    """One thing a load is made of: a file, or an Airbyte sync. `modified_at`: when a file was last written, UTC."""

    path: str
    etag: str
    bytes: int | None = None
    status: str = "loaded"
    rows_parsed: int = 0
    rows_loaded: int = 0
    errors: int = 0
    first_error: str | None = None
    header: str | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """A refused load whose files, syncs and contract have not changed since. `problem`: equal for the same reasons."""

    load_id: str
    reason: str
    problem: str
    refused_at: datetime | None = None


@dataclass(frozen=True)
class Recorded:
    """What the ledger says of a load. `standing`: the refused load that it only repeats."""

    status: LoadStatus
    rows_landed: int
    rows_approved: int
    backfill: bool
    standing: Standing | None = None


@dataclass(frozen=True)
class Brought:
    """An item of an approved load. Loads of earlier versions do not say when a file was modified."""

    path: str
    etag: str
    modified_at: datetime | None
    rows: int
    landed_at: datetime


@dataclass(frozen=True)
class Seen:
    """What a source has behind it: the state of this load, and every item of an approved one."""

    status: LoadStatus | None
    approved: tuple[Brought, ...]

    @property
    def files(self) -> frozenset[tuple[str, str, datetime | None]]:
        """The approved files by path, content, and when they were written."""
        return frozenset((item.path, item.etag, item.modified_at) for item in self.approved)


@dataclass(frozen=True)
class Edition:
    """One content of a path, and when a load brought it first."""

    path: str
    etag: str
    modified_at: datetime
    landed_at: datetime


def ddl(names: ZoneNames) -> list[str]:
    """The statements that make the load ledger, or bring an older one up to date. Safe to run again."""
    return sql.statements(render("create", ledger=names.ledger))


def read_seen(warehouse: Warehouse, load: Load) -> Seen:
    rows = warehouse.execute(
        render("seen", ledger=load.names.ledger),
        {"zone": load.names.zone, "source": load.source, "load_id": load.id},
    )
    own = [row["status"] for row in rows if row["load_id"] == load.id]
    approved = (
        Brought(row["path"], row["etag"], row["modified_at"], int(row["rows_loaded"]), row["landed_at"])
        for row in rows
        if row["status"] == LoadStatus.APPROVED and row["path"] is not None
    )
    return Seen(status=LoadStatus(own[0]) if own else None, approved=tuple(approved))


def read_editions(warehouse: Warehouse, load: Load, paths: Iterable[str]) -> list[Edition]:
    """Every content that loads of this source, whatever became of them, have found at these paths."""
    rows = warehouse.execute(
        render("editions", ledger=load.names.ledger),
        {"zone": load.names.zone, "source": load.source, "paths": json.dumps(sorted(paths))},
    )
    return [Edition(**row) for row in rows]


def find_standing(warehouse: Warehouse, load: Load, fingerprint: str) -> Standing | None:
    """The refused load that this one would only repeat: the source's newest before it, if that holds the same."""
    rows = warehouse.execute(
        render("newest", ledger=load.names.ledger),
        {"zone": load.names.zone, "source": load.source, "load_id": load.id},
    )
    if not rows or rows[0]["status"] != LoadStatus.REFUSED or rows[0]["fingerprint"] != fingerprint:
        return None
    return _standing(rows[0])


def record_standing(warehouse: Warehouse, load: Load, standing: Standing, fingerprint: str, *, backfill: bool) -> None:
    """The run met the same problem again: a record without a table, files or check results of its own."""
    record_landing(warehouse, load, [], 0, backfill=backfill, fingerprint=fingerprint)
    warehouse.execute(
        render("repeat", ledger=load.names.ledger),
        {"load_id": load.id, "same_as": standing.load_id, "reason": standing.reason, "problem": standing.problem},
    )


def _standing(row: Mapping[str, Any]) -> Standing:
    return Standing(
        load_id=row["same_as"] or row["load_id"],
        reason=row["reason"] or "",
        problem=row["problem"] or "",
        refused_at=row["finished_at"],
    )


def record_landing(
    warehouse: Warehouse,
    load: Load,
    items: Sequence[Item],
    rows: int,
    *,
    backfill: bool,
    fingerprint: str | None = None,
) -> None:
    """The load is landed: replaces what an earlier attempt of the same load wrote."""
    key = {"load_id": load.id}
    ledger = load.names.ledger
    with warehouse.transaction():
        warehouse.execute(render("forget_load", ledger=ledger), key)
        warehouse.execute(render("forget_items", ledger=ledger), key)
        warehouse.execute(
            render("record_load", ledger=ledger),
            {
                **key,
                "zone": load.names.zone,
                "source": load.source,
                "table_name": load.table,
                "run_id": load.run_id,
                "branch": load.load_table,
                "rows_landed": rows,
                "backfill": backfill,
                "fingerprint": fingerprint,
            },
        )
        if items:
            content = json.dumps([asdict(item) for item in items], default=str)
            warehouse.execute(render("record_items", ledger=ledger), {**key, "items": content})


def read_load(warehouse: Warehouse, load: Load) -> Recorded | None:
    rows = warehouse.execute(render("load", ledger=load.names.ledger), {"load_id": load.id})
    if not rows:
        return None
    row = rows[0]
    return Recorded(
        status=LoadStatus(row["status"]),
        rows_landed=int(row["rows_landed"]),
        rows_approved=int(row["rows_approved"]),
        backfill=bool(row["backfill"]),
        standing=_standing(row) if row["same_as"] else None,
    )


def read_items(warehouse: Warehouse, load: Load) -> list[Item]:
    rows = warehouse.execute(render("items", ledger=load.names.ledger), {"load_id": load.id})
    return [Item(**row) for row in rows]


def settle(
    warehouse: Warehouse,
    load: Load,
    status: LoadStatus,
    results: Iterable[dict[str, Any]],
    *,
    contract_version: str,
    approved: int = 0,
    quarantined: int = 0,
    reason: str | None = None,
    problem: str | None = None,
) -> None:
    """Write how a load was checked. Belongs into the caller's transaction, beside what the checks changed.

    Results are mappings with the keys rule, column, severity, held, breaches, checked and sentence.
    """
    key = {"load_id": load.id}
    ledger = load.names.ledger
    warehouse.execute(render("forget_check_results", ledger=ledger), key)
    if content := list(results):
        warehouse.execute(
            render("record_check_results", ledger=ledger),
            {**key, "zone": load.names.zone, "table_name": load.table, "results": json.dumps(content)},
        )
    warehouse.execute(
        render("settle", ledger=ledger),
        {
            **key,
            "status": status.value,
            "rows_approved": approved,
            "rows_quarantined": quarantined,
            "contract_version": contract_version,
            "reason": reason,
            "problem": problem,
        },
    )
