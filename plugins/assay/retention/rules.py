"""What may go, from the load ledger, the tables and the folders that there are. Pure; times are UTC without a zone.

A source's newest record stays, and so does the newest approved one: approval goes by them. A refused load is over when
its source has had another that does not just repeat it; until then it stands, with its table and its quarantine rows.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assay.releases.ledger import Release, Status
from assay.zones import Keep

UNRECORDED = timedelta(days=1)
"""A table or folder without a record may belong to a load that is being made; none takes this long."""


@dataclass(frozen=True)
class Record:
    """A load in the ledger. `empty`: it brought nothing."""

    load_id: str
    source: str
    table: str
    status: str
    landed_at: datetime
    finished_at: datetime | None = None
    same_as: str | None = None
    empty: bool = False
    compact: bool = False

    @property
    def ended(self) -> datetime:
        return self.finished_at or self.landed_at


@dataclass(frozen=True)
class Left:
    """A load table or a folder of files: which load's it is, and since when it is there."""

    name: str
    load_id: str
    since: datetime


@dataclass(frozen=True)
class Plan:
    """`tables` and `folders` by name; `over` are refused loads that go altogether, `records` those of runs that brought
    nothing, `compacted` approved ones of which only files and syncs stay known."""

    tables: tuple[str, ...]
    folders: tuple[str, ...]
    over: tuple[Record, ...]
    records: tuple[Record, ...]
    compacted: tuple[Record, ...]


def plan(records: Sequence[Record], tables: Iterable[Left], folders: Iterable[Left], keep: Keep, now: datetime) -> Plan:
    known = {record.load_id: record for record in records}
    newest = _newest(records)
    needed = {record.load_id for record in newest.values()} | {
        record.load_id for record in _newest(record for record in records if record.status == "approved").values()
    }

    def old(since: datetime, length: timedelta) -> bool:
        return since <= now - length

    def is_over(record: Record) -> bool:
        last = newest[record.source]
        return record.status != "approved" and (last.same_as or last.load_id) != record.load_id and not record.same_as

    over = [each for each in records if is_over(each) and old(each.ended, keep.refused)]
    gone = {record.load_id for record in over}

    def removable(left: Left, length: timedelta) -> bool:
        record = known.get(left.load_id)
        if record is None:
            return old(left.since, max(length, UNRECORDED))
        return left.load_id in gone or (record.status == "approved" and old(record.ended, length))

    spare = [each for each in records if each.load_id not in needed and each.load_id not in gone and not each.compact]
    light = [each for each in spare if each.same_as or (each.status == "approved" and each.empty)]
    return Plan(
        tables=tuple(table.name for table in tables if removable(table, keep.load_tables)),
        folders=tuple(folder.name for folder in folders if removable(folder, keep.files)),
        over=tuple(over),
        records=tuple(each for each in light if old(each.ended, keep.load_tables)),
        compacted=tuple(
            each
            for each in spare
            if each.status == "approved" and not each.empty and old(each.ended, keep.ledger)
        ),
    )  # fmt: skip


def releases_over(
    releases: Sequence[Release], kept: Collection[str | None], length: timedelta, now: datetime
) -> list[str]:
    """The releases that ended so long ago. Never one of `kept` (what is live, and what a rollback goes back to), an
    open candidate and what that was cut from, the newest, nor any release of a run that one of these is of: a run that
    is tried again counts its releases."""
    open_ = [each for each in releases if each.status is Status.CANDIDATE]
    needed = {each for each in kept if each} | {each.release_id for each in open_} | {each.replaces for each in open_}
    if releases:
        needed.add(max(releases, key=lambda each: (each.created_at, each.release_id)).release_id)

    def stays(release: Release) -> bool:
        return (
            release.release_id in needed
            or release.status is Status.PUBLISHED
            or (release.ended_at or release.created_at) > now - length
        )

    runs = {each.run_id for each in releases if stays(each)}
    return [each.release_id for each in releases if each.run_id not in runs]


def _newest(records: Iterable[Record]) -> dict[str, Record]:
    """Each source's newest record."""
    found: dict[str, Record] = {}
    for record in records:
        known = found.get(record.source)
        if known is None or (record.landed_at, record.load_id) > (known.landed_at, known.load_id):
            found[record.source] = record
    return found
