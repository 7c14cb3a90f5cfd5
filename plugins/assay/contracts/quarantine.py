"""The quarantine table of a landed table: made with a load's first refusal, and brought up to date with later ones."""

from collections.abc import Iterator, Mapping, Sequence

from assay.contracts.sql_types import Existing
from assay.sql import templates
from assay.warehouse import Warehouse

render = templates(__file__)

TYPES: Mapping[str, str] = {"_row": "number(38, 0)"}
"""Types of columns that are not kept as text, as every landed value is."""
NUMBERED = "_row_number"
"""Holds the numbers of an older table's rows until it takes the place of the column that held them as text."""


def prepare(warehouse: Warehouse, table: str, columns: Sequence[str], existing: Mapping[str, Existing] | None) -> None:
    """Create the table with these columns, or add those that `existing`, its columns by lower-case name, lacks.

    An older table, whose `_row` is a text, gets a number. Each statement commits by itself, so a run that was killed
    between two of them is continued by the next.
    """
    types = {name: TYPES.get(name, "varchar") for name in columns}
    if existing is None:
        warehouse.execute(render("create_quarantine", quarantine=table, columns=types))
        return
    present = set(existing)
    for statement in _numbering(table, existing):
        warehouse.execute(statement)
        present.add("_row")
    for name, type_ in types.items():
        if name not in present:
            warehouse.execute(render("add_column", table=table, column=name, type=type_))


def _numbering(table: str, existing: Mapping[str, Existing]) -> Iterator[str]:
    """What is left to do until `_row` is a number."""
    begun = NUMBERED in existing
    if "_row" in existing and existing["_row"].data_type == "TEXT":
        if not begun:
            yield render("add_column", table=table, column=NUMBERED, type=TYPES["_row"])
        yield render("number_rows", table=table, column=NUMBERED)
        yield render("drop_column", table=table, column="_row")
        begun = True
    if begun:
        yield render("rename_column", table=table, column=NUMBERED, name="_row")
