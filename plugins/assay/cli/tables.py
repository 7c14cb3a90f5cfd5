"""Tables as plain text: every value whole and on one line, and nothing of it read as markup or by the terminal."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from rich.cells import cell_len

UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Characters that would break a line, that a terminal obeys, or that turn the direction of text."""


def aligned(columns: Sequence[str], rows: Sequence[Sequence[Any]], numbers: Collection[str] = ()) -> str:
    """Return the rows below their heads, nulls empty and the columns `numbers` aligned to the right. A wide line is not
    cut or wrapped: `less -S` scrolls it."""
    cells = [list(columns), *([line(value) for value in row] for row in rows)]
    widths = [max(cell_len(row[place]) for row in cells) for place in range(len(columns))]
    right = [column in numbers for column in columns]
    return "\n".join("  ".join(map(_padded, row, widths, right)).rstrip() for row in cells)


def line(value: Any) -> str:
    """Return the value as text on one line; what a terminal would obey is written out, a line break as `\\n`."""
    text = "" if value is None else str(value)
    return UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)


def _padded(cell: str, width: int, right: bool) -> str:
    blanks = " " * (width - cell_len(cell))
    return blanks + cell if right else cell + blanks
