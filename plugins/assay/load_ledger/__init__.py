"""Load ledger: what was landed, from which files or syncs, and each check's result.

Every row carries its load's id, and writing a load's rows again replaces them, so a retry never counts twice.
Depends on zones only.
"""

from assay.load_ledger.loads import (
    Brought,
    Edition,
    Item,
    Load,
    LoadStatus,
    Recorded,
    Seen,
    Standing,
    ddl,
    find_standing,
    read_editions,
    read_items,
    read_load,
    read_seen,
    record_landing,
    record_standing,
    settle,
)

__all__ = [
    "Brought",
    "Edition",
    "Item",
    "Load",
    "LoadStatus",
    "Recorded",
    "Seen",
    "Standing",
    "ddl",
    "find_standing",
    "read_editions",
    "read_items",
    "read_load",
    "read_seen",
    "record_landing",
    "record_standing",
    "settle",
]
