"""Removes what old loads of a zone have left behind. May be killed at any statement: the next time does the rest."""

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any, TypeVar

from assay.ingestion.formats import format_of, formats
from assay.retention.rules import Left, Plan, Record, plan
from assay.sql import templates
from assay.warehouse import Row, Warehouse
from assay.zones import Keep, ZoneNames
from assay.zones.names import compact_id

render = templates(__file__)
log = logging.getLogger(__name__)

LOAD_TABLE = re.compile(r"\w+__(L[0-9A-F]{12})")
READER = "READ_{format}_[0-9A-F]{{12}}"
FOLDER = re.compile(r"loads/(?:[^/]+)/(L[0-9A-F]{12})/")
IDS_AT_ONCE = 500

T = TypeVar("T")


@dataclass(frozen=True)
class Removed:
    """What is gone now: names and counts."""

    tables: tuple[str, ...]
    folders: tuple[str, ...]
    functions: tuple[str, ...]
    quarantined_rows: int
    refused_loads: int
    records: int
    compacted_loads: int

    def summary(self) -> dict[str, Any]:
        """For XCom and the log."""
        return {
            "load_tables": len(self.tables),
            "folders": len(self.folders),
            "functions": len(self.functions),
            "quarantined_rows": self.quarantined_rows,
            "refused_loads": self.refused_loads,
            "records": self.records,
            "compacted_loads": self.compacted_loads,
        }


def tidy(warehouse: Warehouse, names: ZoneNames, keep: Keep, now: datetime | None = None) -> Removed:
    """Remove what is older than `keep` says, on a login of the zone's loader. Returns what was removed.

    Tables, rows and files of a load go before its record, so that an interrupted removal is found again. `now` is UTC
    without a zone, and the warehouse's unless given. Raises WarehouseError.
    """
    return _Housekeeping(warehouse, names, keep).run(now)


class _Housekeeping:
    def __init__(self, warehouse: Warehouse, names: ZoneNames, keep: Keep) -> None:
        self._warehouse = warehouse
        self._names = names
        self._keep = keep

    def run(self, now: datetime | None) -> Removed:
        moment = now or plain(self._run("now")[0]["now"])
        found = self._run("tables", database=self._names.database)
        decided = plan(self._records(), self._tables(found), self._folders(), self._keep, moment)
        for table in decided.tables:
            self._run("drop_table", table=self._names.schema(f"landing.{table}"))
            log.info("Load table %s is dropped.", table)
        for folder in decided.folders:
            self._run("remove_folder", stage=self._names.stage, folder=folder)
            log.info("Files below %s are removed.", folder)
        functions = self._forget_readers()
        quarantines = {row["table_name"] for row in found if row["table_schema"] == "QUARANTINE"}
        quarantined = self._forget_quarantine(decided.over, quarantines)
        self._forget_records(decided)
        self._compact(decided.compacted)
        removed = Removed(
            decided.tables, decided.folders, functions, quarantined, len(decided.over), len(decided.records),
            len(decided.compacted),
        )  # fmt: skip
        log.info("%s: removed %s.", self._names.zone, removed.summary())
        return removed

    def _records(self) -> list[Record]:
        rows = self._run("records", ledger=self._names.ledger, bind={"zone": self._names.zone})
        return [
            Record(
                load_id=row["load_id"],
                source=row["source"],
                table=row["table_name"],
                status=row["status"],
                landed_at=row["landed_at"],
                finished_at=row["finished_at"],
                same_as=row["same_as"],
                empty=not row["rows_landed"] and not row["items"],
                compact=row["load_id"] == compact_id(self._names.zone, row["source"]),
            )
            for row in rows
        ]

    def _tables(self, rows: Iterable[Row]) -> Iterator[Left]:
        for row in rows:
            match = LOAD_TABLE.fullmatch(row["table_name"])
            if match and row["table_schema"] == "LANDING":
                yield Left(row["table_name"], match[1], plain(row["created"]))

    def _folders(self) -> list[Left]:
        """The folders below `loads/`, each with its newest file's time."""
        since: dict[str, datetime] = {}
        for row in self._run("folders", stage=self._names.stage):
            if match := FOLDER.search(row["name"]):
                written = plain(parsedate_to_datetime(row["last_modified"]))
                since[match[0]] = max(written, since.get(match[0], written))
        return [Left(name, name.rstrip("/").rpartition("/")[2], time) for name, time in since.items()]

    def _forget_readers(self) -> tuple[str, ...]:
        """Drop the functions that read files as earlier versions of the platform did. The present one, if it is
        dropped by a housekeeping of an earlier version, is made again by the next landing."""
        landing = self._names.schema("landing")
        found = [str(row["name"]) for row in self._run("functions", schema=landing)]
        now = {format_of(name).reader_name.upper(): name.upper() for name in formats().right}
        readers = [re.compile(READER.format(format=name)) for name in now.values()]
        old = sorted(name for name in found if name not in now and any(each.fullmatch(name) for each in readers))
        for name in old:
            self._run("drop_function", function=f"{landing}.{name}")
            log.info("Function %s is dropped.", name)
        return tuple(old)

    def _forget_quarantine(self, over: Sequence[Record], existing: set[str]) -> int:
        by_table: dict[str, list[str]] = defaultdict(list)
        for record in over:
            by_table[record.table].append(record.load_id)
        count = 0
        for table, loads in by_table.items():
            if table.upper() in existing:
                for batch in batches(loads):
                    deleted = self._run("forget_quarantine", quarantine=self._names.quarantine(table), loads=batch)
                    count += int(next(iter(deleted[0].values()))) if deleted else 0
        return count

    def _forget_records(self, decided: Plan) -> None:
        ledger = self._names.ledger
        for batch in batches([record.load_id for record in decided.over]):
            with self._warehouse.transaction():
                for statement in ("forget_check_results", "forget_items"):
                    self._run(statement, ledger=ledger, loads=batch)
                self._run("forget_loads", ledger=ledger, loads=batch, approved=False)
        for batch in batches([record.load_id for record in decided.records]):
            self._run("forget_repeats", ledger=ledger, loads=batch)

    def _compact(self, records: Sequence[Record]) -> None:
        by_source: dict[str, list[Record]] = defaultdict(list)
        for record in records:
            by_source[record.source].append(record)
        for source, loads in by_source.items():
            for batch in batches(loads):
                self._compact_batch(source, batch)

    def _compact_batch(self, source: str, batch: Sequence[Record]) -> None:
        ledger, ids = self._names.ledger, [record.load_id for record in batch]
        compact = compact_id(self._names.zone, source)
        bind = {
            "load_id": compact,
            "zone": self._names.zone,
            "source": source,
            "table_name": batch[0].table,
            "landed_at": max(record.landed_at for record in batch),
        }
        with self._warehouse.transaction():
            self._run("compact_load", ledger=ledger, bind=bind)
            self._run("compact_items", ledger=ledger, compact=compact, loads=ids)
            self._run("forget_check_results", ledger=ledger, loads=ids)
            self._run("forget_loads", ledger=ledger, loads=ids, approved=True)

    def _run(self, statement: str, bind: dict[str, Any] | None = None, **names: Any) -> list[Row]:
        return self._warehouse.execute(render(statement, **names), bind)


def plain(time: datetime) -> datetime:
    """In UTC, without saying so."""
    from datetime import UTC

    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


def batches(things: Sequence[T]) -> Iterator[list[T]]:
    remaining = iter(things)
    while batch := list(islice(remaining, IDS_AT_ONCE)):
        yield batch
