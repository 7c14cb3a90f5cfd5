"""Files changed at any byte, or written by other programs' rules: landed as another reader reads them, or refused.

The reader here is written from RFC 4180, character by character, and shares nothing with the product's.
"""

from __future__ import annotations

import csv
import io
import os
import random
import re
from collections.abc import Callable, Iterator

import pytest

from assay.contracts.check_results import check_files
from assay.ingestion.landing import Folder, land_files
from tests.plugins.assay.embedded import Embedded, ZoneOnTrial
from tests.plugins.assay.ingestion.odd_loads import contract

pytestmark = pytest.mark.core

FILES = int(os.environ.get("ASSAY_MUTATED_FILES", "200"))
COLUMNS = ("id", "name", "note")
SIGNS = [
    "a", "b", "1", " ", ",", '"', "\n", "\r", "\r\n", "'", ";", "\t", "\\", "é", "東", "\ufeff", "\u2028", "\x00", "#",
    "|",
]  # fmt: skip
Rows = list[tuple[str | None, ...]]


@pytest.fixture(scope="module")
def zone(embedded: Embedded) -> Iterator[ZoneOnTrial]:
    with embedded.zone("weather") as made:
        yield made


def by_the_book(content: bytes) -> Rows | None:
    """The rows of a file by RFC 4180 in UTF-8, by the columns' names; None where the file breaks it."""
    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None
    records = None if "\0" in text else records_of(text)
    if not records:
        return None
    while records and records[-1] == [None]:
        records.pop()
    if not records or any(record == [None] for record in records):
        return None
    names = [(name or "").lower() for name in records[0]]
    if len(set(names)) < len(names) or not all(name.strip() for name in names) or set(COLUMNS) - set(names):
        return None
    if any(mark in name for name in names for mark in "\r\n") or any(len(each) != len(names) for each in records):
        return None
    return [tuple(record[names.index(column)] for column in COLUMNS) for record in records[1:]]


def records_of(text: str) -> list[list[str | None]] | None:
    records: list[list[str | None]] = []
    record: list[str | None] = []
    value, state, at = "", "start", 0
    while at < len(text):
        sign, pair = text[at], text[at : at + 2]
        if state == "quoted":
            if pair == '""':
                value, at = value + '"', at + 1
            elif sign == '"':
                state = "closed"
            else:
                value += sign
        elif sign == '"' and state == "start":
            state = "quoted"
        elif sign == "," or sign == "\n" or pair == "\r\n":
            record.append(None if state == "start" else value)
            value, state = "", "start"
            if sign != ",":
                records.append(record)
                record, at = [], at + len(pair if sign == "\r" else sign) - 1
        elif sign in '"\r' or state == "closed":
            return None
        else:
            value, state = value + sign, "plain"
        at += 1
    if state == "quoted":
        return None
    if record or state != "start":
        records.append([*record, None if state == "start" else value])
    return records


def written(chance: random.Random) -> bytes:
    """A table in the manner of some program."""
    order = chance.sample(COLUMNS, 3)
    rows = [
        ["".join(chance.choices(SIGNS[:-3], k=chance.randint(0, 4))) for _ in order]
        for _ in range(chance.randint(1, 4))
    ]
    dialect = chance.choice([
        {}, {}, {"quoting": csv.QUOTE_ALL}, {"lineterminator": "\n"}, {"lineterminator": "\r"}, {"delimiter": ";"},
        {"delimiter": "\t"}, {"quotechar": "'"}, {"doublequote": False, "escapechar": "\\"},
        {"quoting": csv.QUOTE_NONE, "escapechar": "\\"}, {"quoting": csv.QUOTE_NONNUMERIC},
    ])  # fmt: skip
    text = io.StringIO()
    writer = csv.writer(text, **dialect)
    writer.writerow(order)
    writer.writerows(rows)
    encoding = chance.choice(["utf-8"] * 6 + ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "utf-7"])
    return text.getvalue().encode(encoding, errors="replace")


MUTATIONS: list[Callable[[random.Random, bytes], bytes]] = [
    lambda chance, content: content,
    lambda chance, content: content[: chance.randint(0, len(content))],
    lambda chance, content: content[(at := chance.randint(0, len(content))) :] + content[:at],
    lambda chance, content: _cut(chance, content, b""),
    lambda chance, content: _cut(chance, content, chance.choice(SIGNS).encode()),
    lambda chance, content: _cut(chance, content, bytes([chance.randint(0, 255)])),
    lambda chance, content: _put(chance, content, chance.choice(SIGNS).encode()),
    lambda chance, content: _put(chance, content, bytes([chance.randint(0, 255)])),
    lambda chance, content: content + content,
    lambda chance, content: content + content.partition(b"\n")[2],
    lambda chance, content: content.replace(b"\n", chance.choice([b"\n\n", b" \n", b"\r\r\n", b"\x0b", b",\n"]), 1),
    lambda chance, content: content.replace(b'"', chance.choice([b"", b"'", b'""', b'\\"']), chance.randint(1, 3)),
    lambda chance, content: b"\n".join(chance.sample(lines := content.split(b"\n"), len(lines))),
    lambda chance, content: chance.choice([b"sep=,\n", b"\n", b" ", b"# made by x\n", b"\xef\xbb\xbf"]) + content,
    lambda chance, content: (
        content + chance.choice([b"\x1a", b"\x00", b" ", b"\t\n", b'"', b",", b"\n\n\n", b"\r", b"\xff"])
    ),
    lambda chance, content: content.replace(
        b"name", chance.choice([b"Name", b" name", b"nam", b"id", b'"name"', b'na"me', b"NAME "]), 1
    ),
]  # fmt: skip


def _cut(chance: random.Random, content: bytes, instead: bytes) -> bytes:
    at = chance.randint(0, max(len(content) - 1, 0))
    return content[:at] + instead + content[at + 1 :]


def _put(chance: random.Random, content: bytes, more: bytes) -> bytes:
    at = chance.randint(0, len(content))
    return content[:at] + more + content[at:]


def test_a_changed_file_lands_as_it_reads_or_is_refused(zone: ZoneOnTrial) -> None:
    chance = random.Random(int(os.environ.get("ASSAY_MUTATED_SEED", "7")))
    contents: dict[str, bytes] = {}
    for number in range(FILES):
        content = written(chance)
        for _ in range(chance.choice([0, 1, 1, 1, 2])):
            content = chance.choice(MUTATIONS)(chance, content)
        contents[f"mutated/{number:05d}.csv"] = content
    for path, content in contents.items():
        zone.drop(path, content)
    load = zone.load("run-1", "mutated", "mutated")
    landed = land_files(zone.warehouse, load, COLUMNS, Folder("mutated/", pattern=r".*\.csv", null_if=()))
    _, violations = check_files(contract("mutated", COLUMNS[1:]), landed.items)
    refused = {violation.file: violation.reason for violation in violations}
    found: dict[str, Rows] = {path: [] for path in contents}
    for row in zone.rows(f"select * from {load.load_table} order by _file, _row"):
        found[row["_file"]].append(tuple(row[column] for column in COLUMNS))
    assert {item.path for item in landed.items} == set(contents)
    expected = {path: by_the_book(content) for path, content in contents.items()}
    for path, rows in expected.items():
        if not rows:
            assert re.search(r"line \d+ |is empty|has no rows|lacks the column", refused.get(path, "")), contents[path]
        else:
            assert (refused.get(path), found[path]) == (None, rows), contents[path]
    accepted = sum(bool(rows) for rows in expected.values())
    assert FILES / 10 < accepted < FILES * 0.9, accepted
