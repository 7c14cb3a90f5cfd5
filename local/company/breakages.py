"""Ways in which a file of the company's goes wrong. Each is a function from the whole file to the broken one."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

How = Literal["wrong-type", "missing-column", "null", "duplicate", "out-of-range", "empty", "truncated"]
Table = list[list[str]]


@dataclass(frozen=True)
class Breakage:
    """`violations` is what the platform's reason must name: a column, or the file where it is no column."""

    words: str
    violations: str
    apply: Callable[[bytes], bytes]


def _table(edit: Callable[[Table], Table]) -> Callable[[bytes], bytes]:
    """Applies to the packed file what `edit` does to its rows, the header first."""

    def apply(content: bytes) -> bytes:
        rows = edit(list(csv.reader(io.StringIO(gzip.decompress(content).decode()))))
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        return gzip.compress(text.getvalue().encode(), mtime=0)

    return apply


def _with_value(column: str, value: str) -> Callable[[bytes], bytes]:
    """The third row gets this value."""

    def edit(rows: Table) -> Table:
        at = rows[0].index(column)
        third = [*rows[3][:at], value, *rows[3][at + 1 :]]
        return [*rows[:3], third, *rows[4:]]

    return _table(edit)


def _without(column: str) -> Callable[[bytes], bytes]:
    def edit(rows: Table) -> Table:
        at = rows[0].index(column)
        return [row[:at] + row[at + 1 :] for row in rows]

    return _table(edit)


def _again(column: str, value: str, other: str) -> Callable[[bytes], bytes]:
    """The first row comes a second time, with another value: equal rows would be one."""

    def edit(rows: Table) -> Table:
        at = rows[0].index(column)
        first = rows[1]
        return [*rows, [*first[:at], other if first[at] == value else value, *first[at + 1 :]]]

    return _table(edit)


WEATHER: Mapping[How, Breakage] = {
    "wrong-type": Breakage("one temperature is a word", "temp", _with_value("temp", "warm")),
    "missing-column": Breakage("the column humid is gone", "humid", _without("humid")),
    "null": Breakage("one reading has no time", "time_hour", _with_value("time_hour", "NA")),
    "duplicate": Breakage("one reading comes twice, with two humidities", "time_hour", _again("humid", "50", "51")),
    "out-of-range": Breakage("one humidity is 250 %", "humid", _with_value("humid", "250")),
    "empty": Breakage("there is nothing in it", "weather-", lambda _: gzip.compress(b"", mtime=0)),
    "truncated": Breakage("its second half is missing", "weather-", lambda content: content[: len(content) // 2]),
}
"""Of a day's weather file, by the name that `assay company break weather --how` takes."""
