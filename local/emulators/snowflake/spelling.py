"""How names are spelled in DuckDB, which takes ``a`` and ``A`` for one name, and a table's name for its rows.

To Snowflake ``"a"`` and ``"A"`` are two columns. So a mark stands before every letter in lower case: names that differ
in case differ for DuckDB too. Another mark stands before names of tables and their aliases, which therefore are never
what a column's name means (``SELECT t FROM t`` is an error, and not the rows as structures). The marks leave again in
results and messages; no name that a statement contains may have them.
"""

from __future__ import annotations

LOWER = "\ue000"
TABLE = "\ue001"
_PSEUDO = frozenset({"ROWID", "TABLEOID"})
"""Columns that every table has in DuckDB, and none in Snowflake."""


def is_plain(name: str) -> bool:
    return LOWER not in name and TABLE not in name


def encode(name: str, *, of_table: bool = False) -> str:
    marked = "".join(LOWER + letter if letter != letter.upper() else letter for letter in name)
    if name in _PSEUDO:
        marked = LOWER + name
    return TABLE + marked if of_table else marked


def decode(text: str) -> str:
    """A name, or a text with names in it, as the statement had them."""
    return text.replace(LOWER, "").replace(TABLE, "")


def stored(name: str) -> str:
    """A column's name as DuckDB stores it, of any spelling of it."""
    return encode(decode(name))


def quoted(name: str) -> str:
    """A name in DuckDB's SQL, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
