"""Lands staged files in a load's table: list, choose, read, copy, list again, record. The same for what is dropped and
for what pods write."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TypeVar

from assay.errors import AssayError
from assay.ingestion.formats import CSV, format_of
from assay.ingestion.ordering import order_files, order_snapshot
from assay.ingestion.reports import Report, Shape, changed, copied, measured, refused, uncopied, unread
from assay.ingestion.staged_files import StagedFile, choose, staged_files
from assay.ingestion.standing import fingerprint, known_by_content, stands
from assay.ingestion.window import Window
from assay.load_ledger import Item, Load, LoadStatus, read_seen, record_landing
from assay.sql import templates
from assay.warehouse import Warehouse, WarehouseError

render = templates(__file__)

T = TypeVar("T")
FILES_PER_COPY = 1000  # COPY INTO takes no more names in one statement
FILES_PER_READ = 50  # a SELECT of a UNION each


class NothingWritten(AssayError):
    """A program that was to write files has written none."""


@dataclass(frozen=True)
class Folder:
    """Where files lie below the zone's folder, and how they are read.

    Without a `pattern`, that of the format is taken. `snapshot`: the folder belongs to this load alone, so all that is
    in it is taken, and there must be something.
    """

    prefix: str
    pattern: str | None = None
    date_pattern: str = r"\d{4}-\d{2}-\d{2}"
    null_if: tuple[str, ...] = ()
    snapshot: bool = False
    format: str = CSV


@dataclass(frozen=True)
class Landed:
    """`already`: the load had been approved before, and was left alone. `standing`: the refused load that it equals."""

    load_id: str
    rows: int
    items: tuple[Item, ...]
    already: bool = False
    standing: str | None = None

    def summary(self) -> dict[str, object]:
        """For XCom and the log: small, and nothing secret."""
        return {"load_id": self.load_id, "rows": self.rows, "files": len(self.items), "already": self.already}

    @property
    def sentence(self) -> str:
        if self.already:
            return f"Load {self.load_id} is approved already; it is left as it is."
        if self.standing:
            return f"Load {self.load_id}: nothing has changed since load {self.standing} was refused; not landed again."
        if not self.items:
            return f"Load {self.load_id}: nothing new."
        return f"Load {self.load_id}: {self.rows:,} rows from {len(self.items):,} items landed."


def land_files(
    warehouse: Warehouse,
    load: Load,
    columns: Sequence[str],
    folder: Folder,
    window: Window | None = None,
    checked_by: str = "",
) -> Landed:
    """Copy what is new in the folder into the load's table, and record what became of each file.

    `columns` are the names that the contract's columns have in files; they land as text, untouched. A file that is not
    accepted is recorded, not raised: the contract check decides. Landing the same load again replaces it, unless it is
    approved. What the source's last load was refused for, unchanged like the contract (`checked_by`, its digest), is
    recorded and not landed again. Raises NothingWritten for a snapshot without files, and WarehouseError.
    """
    seen = read_seen(warehouse, load)
    if seen.status is LoadStatus.APPROVED:
        return Landed(load.id, 0, (), already=True)
    of = format_of(folder.format)
    pattern = folder.pattern or of.pattern
    approved = frozenset[tuple[str, str, datetime | None]]() if folder.snapshot else seen.files
    chosen = choose(_list(warehouse, load, folder), approved, pattern, folder.date_pattern, window)
    if folder.snapshot and not chosen:
        raise NothingWritten(
            f"{load.source}: no file that matches {pattern} was written below {load.names.landing_url}/{folder.prefix}"
        )
    backfill = window is not None
    read_as = (tuple(columns), folder.null_if, backfill, of.reader_name)
    mark = fingerprint(checked_by, read_as, [(file.path.removeprefix(folder.prefix), file.etag) for file in chosen])
    if chosen and checked_by and (standing := stands(warehouse, load, mark, backfill=backfill)):
        return Landed(load.id, 0, (), standing=standing.load_id)
    if chosen:
        warehouse.execute(render("create_load_table", load_table=load.load_table, columns=columns))
    items = _Copy(warehouse, load, folder, columns).run(chosen)
    if chosen:
        items = changed(items, chosen, _list(warehouse, load, folder))
    written = {file.path: file.modified for file in chosen}
    items = [replace(item, modified_at=written[item.path]) for item in items]
    if folder.snapshot:
        order_snapshot(warehouse, load, chosen)
    elif chosen:
        order_files(warehouse, load, chosen, folder.date_pattern)
    rows = sum(item.rows_loaded for item in items)
    mark_of_content = mark if known_by_content(items) else None
    record_landing(warehouse, load, items, rows, backfill=backfill, fingerprint=mark_of_content)
    return Landed(load.id, rows, tuple(items))


def _list(warehouse: Warehouse, load: Load, folder: Folder) -> list[StagedFile]:
    statement = render("list", stage=load.names.stage, prefix=folder.prefix)
    return staged_files(warehouse.execute(statement), load.names.landing_url)


class _Copy:
    def __init__(self, warehouse: Warehouse, load: Load, folder: Folder, columns: Sequence[str]) -> None:
        self._warehouse = warehouse
        self._load = load
        self._folder = folder
        self._columns = columns
        self._format = format_of(folder.format)
        self._reader = load.names.schema(f"landing.{self._format.reader_name}")

    def run(self, chosen: Sequence[StagedFile]) -> list[Item]:
        """One item for each file, by its path."""
        items: list[Item] = []
        shapes: dict[Shape, dict[StagedFile, Report]] = {}
        if chosen:
            self._warehouse.execute(self._format.create_reader(self._reader))
        for batch in _batches(chosen, FILES_PER_READ):
            for file, report in self._read(batch):
                if isinstance(report, str):
                    items.append(unread(file, report))
                elif (item := refused(file, report, self._columns, self._format.no_columns(report))) is not None:
                    items.append(item)
                else:
                    shapes.setdefault(self._format.shape(file, report, self._columns), {})[file] = report
        copied_: list[Item] = []
        for shape_, reports in shapes.items():
            for files in _batches(reports, FILES_PER_COPY):
                copied_ += self._copy(shape_, {file: reports[file] for file in files})
        if copied_:
            rows = self._warehouse.execute(render("measure", load_table=self._load.load_table, columns=self._columns))
            known = {file.path: report for reports in shapes.values() for file, report in reports.items()}
            items += measured(copied_, known, rows, self._load.names.landing_url)
        return sorted(items, key=lambda item: item.path)

    def _read(self, files: Sequence[StagedFile]) -> Iterator[tuple[StagedFile, Report | str]]:
        """The report of each file, or why there is none. One statement for all; if that fails, one for each."""
        options = {"columns": [name.lower() for name in self._columns], "null_if": self._folder.null_if}
        try:
            rows = self._warehouse.execute(
                render(
                    "read",
                    function=self._reader,
                    stage=self._load.names.stage,
                    files=[file.path for file in files],
                    options=json.dumps(options),
                )
            )
        except WarehouseError as error:
            if len(files) == 1:
                yield files[0], str(error)
                return
            for file in files:
                yield from self._read([file])
            return
        reports = {row["path"]: Report.parse(row["report"]) for row in rows}
        for file in files:
            yield file, reports[file.path]

    def _copy(self, shape_: Shape, reports: dict[StagedFile, Report]) -> Iterator[Item]:
        """One statement for all; if that fails as a whole, one for each, so that the faulty file is known by name."""
        try:
            rows = self._warehouse.execute(
                self._format.copy_into(
                    load_table=self._load.load_table,
                    stage=self._load.names.stage,
                    folder=self._load.names.zone,
                    files=[file.path for file in reports],
                    shape=shape_,
                    null_if=self._folder.null_if,
                )
            )
        except WarehouseError as error:
            if len(reports) == 1:
                yield from (uncopied(file, report, str(error)) for file, report in reports.items())
            else:
                for file, report in reports.items():
                    yield from self._copy(shape_, {file: report})
        else:
            yield from copied(reports, rows, self._load.names.landing_url)


def _batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(things)
    while batch := list(islice(remaining, size)):
        yield batch
