"""The reader against Python's own strict one: what both accept they count alike, and nothing else is accepted."""

from __future__ import annotations

import csv
import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.ingestion.formats.csv import reader as csv_reader
from tests.plugins.assay.ingestion.quirks import CELL, QUIRKS, write

CASES = settings(max_examples=300, deadline=None)
MARKS = ["a", "b", "1", ",", ",", '"', '"', '""', "\n", "\n", "\r\n", "\r", " ", "\\", "é", "\u2028", ";", "\ufeff"]
PIECES = st.sampled_from(MARKS)


def read(content: bytes, name: str = "a.csv") -> dict[str, object]:
    return csv_reader.read(io.BytesIO(content), name, ["a", "b"], ["NA"])


def oracle(text: str) -> list[list[str]]:
    """Records as Python's reader has them, without blank lines at the end. Raises csv.Error."""
    lines = io.StringIO(text, newline="\n")  # only LF ends a line here, so that a lone CR is an error
    records = list(csv.reader(lines, strict=True))
    while records and not records[-1]:
        records.pop()
    return records


@CASES
@given(st.lists(PIECES, max_size=40).map("".join))
def test_what_is_accepted_is_what_every_strict_reader_finds(text: str) -> None:
    found = read(text.encode())
    if found["fault"] is not None:
        assert isinstance(found["line"], int)
        assert 1 <= found["line"] <= text.count("\n") + 1
        return
    records = oracle(text.removeprefix("\ufeff"))
    assert [] not in records, "a blank line inside is no record and no text"
    assert found["header"] == (records[0] if records else None)
    assert found["records"] == len(records[1:])
    assert {len(record) for record in records[1:]} <= {len(record) for record in records[:1]}


@CASES
@given(st.data())
def test_what_a_writer_writes_is_accepted(data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.tuples(CELL, CELL, CELL), max_size=6))
    quirks = data.draw(QUIRKS)
    content = write(["id", "name, of", 'no"te'], rows, quirks)
    found = read(content, f"a.csv{quirks.ending}")
    assert (found["header"], found["records"], found["fault"]) == (["id", "name, of", 'no"te'], len(rows), None)


@CASES
@given(st.binary(max_size=60), st.sampled_from(["a.csv", "a.csv.gz", "a.csv.bz2"]))
def test_every_file_has_a_report(content: bytes, name: str) -> None:
    found = read(content, name)
    assert (found["fault"] is None) == (found["line"] is None)


@pytest.mark.parametrize("kind", ["gz"])
def test_a_cut_file_is_refused_wherever_it_is_cut(kind: str) -> None:
    whole = gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(200)), mtime=0)
    for length in range(1, len(whole)):
        assert read(whole[:length], f"a.csv.{kind}")["fault"], length


def test_a_record_of_many_lines_and_chunks_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b'a,b\n1,"' + b"line\n" * 10_000 + b'"\n2,x\n'
    for size in (1, 7, 4096):
        monkeypatch.setattr(csv_reader, "CHUNK", size)
        assert read(content)["records"] == 2
        assert read(gzip.compress(content), "a.csv.gz")["records"] == 2


def test_what_never_ends_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "LONGEST_RECORD", 1000)
    assert "a quote is not closed" in str(read(b'a,b\n1,"x\n' + b"2,y\n" * 1000)["fault"])
    assert "has more than 1,000 bytes" in str(read(b"a,b\n" + b"x" * 200_000)["fault"])
    monkeypatch.setattr(csv_reader, "LONGEST_VALUE", 10)
    assert read(b"a,b\n1234567890,1234567890\n")["fault"] is None
    assert "a value of more than 10 characters" in str(read(b"a,b\n12345678901,1\n")["fault"])


@CASES
@given(st.data())
def test_characters_are_those_of_the_landed_values_that_are_not_null(data: st.DataObject) -> None:
    header = data.draw(st.permutations(["id", "Name", "extra"]))
    rows = data.draw(st.lists(st.tuples(CELL, CELL, CELL), max_size=6))
    quirks = data.draw(QUIRKS)
    columns = data.draw(st.sampled_from([["id", "name"], ["id"], ["extra", "id", "name"]]))
    null_if = data.draw(st.lists(st.sampled_from(["", "NA", "a", "\\\\N"]), max_size=2))
    content = io.BytesIO(write(header, rows, quirks))
    found = csv_reader.read(content, f"a.csv{quirks.ending}", columns, null_if)
    landed = [
        value
        for row in rows
        for name, value in zip(header, row, strict=True)
        if name.lower() in columns and value is not None and value not in null_if
    ]
    assert found["characters"] == sum(map(len, landed))
