"""A breach that stands: what a run would land is what its source's last load was refused for, unchanged."""

import hashlib
import json
from collections.abc import Iterable

from assay.load_ledger import Item, Load, Standing, find_standing, record_standing
from assay.warehouse import Warehouse


def fingerprint(checked_by: str, read_as: object, items: Iterable[tuple[str, str]]) -> str:
    """One value for what is landed (path and etag of each file or sync), how it is read, and the contract's digest."""
    return hashlib.sha256(json.dumps([checked_by, repr(read_as), sorted(items)]).encode()).hexdigest()


def known_by_content(items: Iterable[Item]) -> bool:
    """Whether each file that was not accepted is at fault itself, and not the warehouse or a change at that moment."""
    return all(item.status != "failed" or (item.first_error or "").startswith("line ") for item in items)


def stands(warehouse: Warehouse, load: Load, mark: str, *, backfill: bool) -> Standing | None:
    """The refused load that this one equals; then this one is recorded as its repetition, and needs no table."""
    if (found := find_standing(warehouse, load, mark)) is not None:
        record_standing(warehouse, load, found, mark, backfill=backfill)
    return found
