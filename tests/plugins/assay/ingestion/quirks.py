"""CSV written with the quirks of many programs, and damaged in the ways in which files are damaged."""

from __future__ import annotations

import bz2
import gzip
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

# What the reader, the loader and the warehouse might take for something else.
WORDS = (
    "", " ", "a", "NA", "null", "\\N", "C:\\new", "\\", "'", '"', '""', ",", ";", "\t", "\n", "\r\n", "\r", "\n\n",
    "\\n", " a ", "1e400", "007", "é", "e\u0301", "東京", "\ufeff", "\u200b", "\u2028", "\x01", "{{ a }}", "%(a)s",
    "$$", "--",
)  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
CELL = st.none() | st.sampled_from(WORDS) | st.lists(st.sampled_from(WORDS), max_size=4).map("".join) | TEXT


@dataclass(frozen=True)
class Quirks:
    """`quoting`: all values, those that must be, or some of the others too. `members`: how many a gzip file has."""

    quoting: str
    ends: tuple[str, ...]
    mark: bool
    ending: str
    members: int
    blank: int
    last: bool
    seed: int


QUIRKS = st.builds(
    Quirks,
    st.sampled_from(["all", "must", "some"]),
    st.sampled_from([("\n",), ("\r\n",), ("\n", "\r\n")]),
    st.booleans(),
    st.sampled_from(["", "", ".gz", ".bz2"]),
    st.integers(1, 3),
    st.integers(0, 2),
    st.booleans(),
    st.integers(0, 1000),
)


def write(header: Sequence[str], rows: Sequence[Sequence[str | None]], quirks: Quirks) -> bytes:
    """The file. A null is nothing between commas; an empty text is in quotes."""
    return pack(lines(header, rows, quirks), quirks)


def lines(header: Sequence[str], rows: Sequence[Sequence[str | None]], quirks: Quirks) -> list[str]:
    chance = random.Random(quirks.seed)

    def cell(value: str | None) -> str:
        if value is None:
            return ""
        must = value == "" or any(mark in value for mark in '",\r\n')
        if must or quirks.quoting == "all" or (quirks.quoting == "some" and chance.random() < 0.5):
            return '"' + value.replace('"', '""') + '"'
        return value

    return [",".join(map(cell, row)) + chance.choice(quirks.ends) for row in (header, *rows)]


def pack(written: Sequence[str], quirks: Quirks) -> bytes:
    blank = "".join(quirks.ends[0] for _ in range(quirks.blank))
    content = "".join(written) + blank
    if quirks.last and not quirks.blank and len(written) > 1:
        content = content.removesuffix("\n").removesuffix("\r")
    raw = ("\ufeff" if quirks.mark else "").encode() + content.encode()
    if quirks.ending == ".gz":
        size = len(raw) // quirks.members + 1
        return b"".join(gzip.compress(raw[at : at + size]) for at in range(0, len(raw), size))
    return bz2.compress(raw) if quirks.ending == ".bz2" else raw


def _row(change: Callable[[str], str]) -> Callable[[list[str]], list[str]]:
    return lambda written: [*written[:-1], change(written[-1])]


DAMAGES: dict[str, Callable[[list[str]], list[str]]] = {
    "a field more": _row(lambda line: "x," + line),
    "a field less": _row(lambda line: "x\n"),
    "a blank line before": lambda written: [written[0], "\n", *written[1:]],
    "a quote more": _row(lambda line: '"' + line),
    "text after a quote": _row(lambda line: '"a"b,' + line.partition(",")[2]),
    "a NUL byte": _row(lambda line: "\0" + line),
    "a CR": _row(lambda line: "a\rb," + line.partition(",")[2]),
    "a name twice": lambda written: [written[0].replace("\n", ",ID\n", 1), *written[1:]],
    "a blank in a name": lambda written: [written[0].replace("id", "id\u00a0", 1), *written[1:]],
    "another delimiter": lambda written: [line.replace(",", ";") for line in written],
    "nothing": lambda written: [],
    "a header alone": lambda written: written[:1],
}
