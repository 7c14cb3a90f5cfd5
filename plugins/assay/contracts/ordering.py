"""Which column a contract orders its rows by: the standard's custom property `orderedBy` of the table."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from assay.contracts.contract import Column
from assay.contracts.sql_types import Family

if TYPE_CHECKING:
    from open_data_contract_standard.model import SchemaObject

PROPERTY = "orderedBy"
UNORDERED = (Family.TEXT, Family.BOOLEAN, Family.FLOAT)


def ordering_column(described: "SchemaObject", columns: Sequence[Column], lines: list[str]) -> str | None:
    """The column whose greater value is the newer row of a key, or None. Appends what is wrong to `lines`."""
    found = None
    for index, item in enumerate(described.customProperties or []):
        key = f"schema[0].customProperties[{index}]"
        written = item.property or ""
        if written != PROPERTY:
            if get_close_matches(written.lower(), [PROPERTY.lower()], cutoff=0.8):
                lines.append(f'{key}.property "{written}" is not known (did you mean "{PROPERTY}"?)')
            continue
        if found is not None:
            lines.append(f"{key}: {PROPERTY} is given twice; rows are ordered by one column")
        elif wrong := _wrong(described, columns, item.value):
            lines.append(f'{key}.value "{item.value}" {wrong}')
        found = item.value
    return found if isinstance(found, str) else None


def _wrong(described: "SchemaObject", columns: Sequence[Column], name: object) -> str | None:
    column = next((column for column in columns if column.name == name), None)
    if column is None:
        return f"is not a column of the contract; {PROPERTY} names the column by which rows of a key are ordered"
    if column.key:
        return "is part of the key, so it is the same in all rows of a key; name another column"
    if column.type.family in UNORDERED:
        return "must be a DATE, a TIMESTAMP or a NUMBER: others have no order in time"
    required = any(item.name == name and item.required for item in described.properties or [])
    return None if required else "must be `required: true`: a row without it has no place in the order"
