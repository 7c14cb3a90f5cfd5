"""What decides between two rows of a key: the day or the time of what brought them, never when they were loaded.

The order of a row is a text, so that one comparison decides. It begins with times, all as wide:

    a file       its day, else when it was last written · when it was last written · its path · its edition
    a snapshot   when its last file was written · the same again · its load
    a sync       when the record was extracted · the generation · the sync

Rows of one key that are of the same order, then, come from the same file, snapshot or sync.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time

from assay.errors import AssayError
from assay.ingestion.staged_files import StagedFile, day_of
from assay.load_ledger import Edition, Load, read_editions
from assay.sql import templates
from assay.warehouse import Warehouse

render = templates(__file__)


class RowsWithoutOrder(AssayError):
    """Rows have landed of which it is not known what brought them."""


def order_files(warehouse: Warehouse, load: Load, files: Sequence[StagedFile], date_pattern: str) -> None:
    """Give each row in the load's table the order of its file. Raises RowsWithoutOrder."""
    if not files:
        return
    editions = read_editions(warehouse, load, (file.path for file in files))
    orders = {file.path: file_order(file, date_pattern, edition(file, editions)) for file in files}
    _write(warehouse, load, orders)


def order_snapshot(warehouse: Warehouse, load: Load, files: Sequence[StagedFile]) -> None:
    """Give every row in the load's table the order of the snapshot that its files are. Raises RowsWithoutOrder."""
    latest = _instant(max(file.modified for file in files))
    _write(warehouse, load, dict.fromkeys((file.path for file in files), f"{latest} {latest} {load.id}"))


def file_order(file: StagedFile, date_pattern: str, edition: int) -> str:
    """The order of the file's rows. `edition` counts the contents that its path had before in the same second."""
    day = day_of(file, date_pattern)
    written = _instant(file.modified)
    return f"{_instant(_midnight(day)) if day else written} {written} {file.path} {edition:06d}"


def edition(file: StagedFile, editions: Iterable[Edition]) -> int:
    """How many other contents were found before at the file's path and time: stores know times to the second."""
    alike = [each for each in editions if (each.path, each.modified_at) == (file.path, file.modified)]
    first = min((each.landed_at for each in alike if each.etag == file.etag), default=None)
    return len({each.etag for each in alike if each.etag != file.etag and (first is None or each.landed_at < first)})


def spellings(path: str, root: str) -> Collection[str]:
    """How a statement may name the file at `path` below the stage's URL: by that, by the bucket's key, or by URL."""
    root = root.rstrip("/")
    _, _, folder = root.partition("://")[2].partition("/")
    return {path, f"{folder}/{path}", f"{root}/{path}"}


def _write(warehouse: Warehouse, load: Load, orders: dict[str, str]) -> None:
    named = [
        {"file": name, "order": order}
        for path, order in orders.items()
        for name in spellings(path, load.names.landing_url)
    ]
    warehouse.execute(render("order_rows", load_table=load.load_table), {"files": json.dumps(named)})
    if unordered := warehouse.execute(render("unordered", load_table=load.load_table)):
        raise RowsWithoutOrder(
            f"{load.load_table} holds rows of {unordered[0]['file']}, which is none of the files that it was to hold"
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _instant(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='microseconds')}Z"
