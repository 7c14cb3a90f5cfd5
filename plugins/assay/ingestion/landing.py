"""Lands staged files in a load's branch: list, choose, copy, record. The same for what is dropped and for what pods
write."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from assay.errors import AssayError
from assay.ingestion.files import (
    StagedFile,
    choose,
    copied,
    empty,
    failed,
    staged_files,
    with_headers,
)
from assay.ingestion.window import Window
from assay.registers import Item, Load, LoadStatus, read_seen, record_landing
from assay.sql import templates
from assay.warehouse import Warehouse, WarehouseError

render = templates(__file__)

T = TypeVar("T")
FILES_PER_COPY = 1000  # COPY INTO takes no more names in one statement


class NothingWritten(AssayError):
    """A program that was to write files has written none."""


@dataclass(frozen=True)
class Folder:
    """Where files lie below the zone's folder, and how they are read.

    `snapshot`: the folder belongs to this load alone, so all that is in it is taken, and there must be something.
    """

    prefix: str
    pattern: str = r".*\.csv(\.gz)?"
    date_pattern: str = r"\d{4}-\d{2}-\d{2}"
    null_if: tuple[str, ...] = ("",)
    snapshot: bool = False


@dataclass(frozen=True)
class Landed:
    """`already`: the load had been approved before, and was left alone."""

    load_id: str
    rows: int
    items: tuple[Item, ...]
    already: bool = False

    def summary(self) -> dict[str, object]:
        """For XCom and the log: small, and nothing secret."""
        return {"load_id": self.load_id, "rows": self.rows, "files": len(self.items), "already": self.already}

    @property
    def sentence(self) -> str:
        if self.already:
            return f"Load {self.load_id} is approved already; it is left as it is."
        if not self.items:
            return f"Load {self.load_id}: nothing new."
        return f"Load {self.load_id}: {self.rows:,} rows from {len(self.items):,} items landed."


def land_files(
    warehouse: Warehouse, load: Load, columns: Sequence[str], folder: Folder, window: Window | None = None
) -> Landed:
    """Copy what is new in the folder into the load's branch, and record what became of each file.

    `columns` are the contract's; they land as text, untouched. A file that cannot be read is recorded, not raised:
    judging is
    the contract's. Landing the same load again replaces it, unless it is approved. Raises NothingWritten for a snapshot
    without files, and WarehouseError.
    """
    seen = read_seen(warehouse, load)
    if seen.status is LoadStatus.APPROVED:
        return Landed(load.id, 0, (), already=True)
    listed = staged_files(
        warehouse.execute(render("list", stage=load.names.stage, prefix=folder.prefix)), load.names.landing_url
    )
    approved = frozenset[tuple[str, str]]() if folder.snapshot else seen.approved
    chosen = choose(listed, approved, folder.pattern, folder.date_pattern, window)
    if folder.snapshot and not chosen:
        raise NothingWritten(
            f"{load.source}: no file that matches {folder.pattern} was written below "
            f"{load.names.landing_url}/{folder.prefix}"
        )
    warehouse.execute(render("create_branch", branch=load.branch, columns=columns))
    items = _Copy(warehouse, load, folder).run(chosen)
    rows = sum(item.rows_loaded for item in items)
    record_landing(warehouse, load, items, rows, backfill=window is not None)
    return Landed(load.id, rows, tuple(items))


class _Copy:
    def __init__(self, warehouse: Warehouse, load: Load, folder: Folder) -> None:
        self._warehouse = warehouse
        self._load = load
        self._folder = folder
        self._root = load.names.landing_url

    def run(self, chosen: Sequence[StagedFile]) -> list[Item]:
        items = [empty(file) for file in chosen if not file.bytes]
        for batch in _batches([file for file in chosen if file.bytes]):
            items += self._copy(batch)
        return self._with_headers(items)

    def _copy(self, files: Sequence[StagedFile]) -> Iterator[Item]:
        """One statement for all; if that fails as a whole, one for each, so that the unreadable file is known by
        name."""
        try:
            rows = self._warehouse.execute(
                render(
                    "copy",
                    branch=self._load.branch,
                    stage=self._load.names.stage,
                    files=[file.path for file in files],
                    null_if=self._folder.null_if,
                )
            )
        except WarehouseError as error:
            if len(files) == 1:
                yield failed(files[0], str(error))
            else:
                for file in files:
                    yield from self._copy([file])
        else:
            yield from copied(files, rows, self._root)

    def _with_headers(self, items: Sequence[Item]) -> list[Item]:
        """A column that a file lacks lands as nulls, like one that is empty: only the file's header tells them
        apart."""
        readable = [item.path for item in items if item.rows_parsed and item.status != "failed"]
        if not readable:
            return list(items)
        format_ = self._load.names.schema("landing.csv_with_header")
        self._warehouse.execute(render("create_header_format", format=format_))
        rows = []
        for batch in _batches(readable):
            rows += self._warehouse.execute(
                render("headers", stage=self._load.names.stage, files=batch, format=format_)
            )
        return with_headers(items, rows, self._root)


def _batches(things: Sequence[T]) -> Iterator[list[T]]:
    remaining = iter(things)
    while batch := list(islice(remaining, FILES_PER_COPY)):
        yield batch
