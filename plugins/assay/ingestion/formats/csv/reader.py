"""Reads one CSV file strictly and reports its header, its records and its first fault. Standard library only.

The text of this module is the body of a Python function in the warehouse (`sql/create_reader.sql`): the file is read
where it lies, and no task carries it. What is accepted is RFC 4180 in UTF-8, with lines that end in LF or CR LF;
everything else is a fault with its line, because two readers could understand it in two ways.
"""

import bz2
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

CHUNK = 64 * 1024
LONGEST_VALUE = 16 * 1024 * 1024  # characters that a VARCHAR without a length holds
LONGEST_RECORD = 8 * LONGEST_VALUE
FIELD = re.compile(r'"(?:[^"]++|"")*+"|[^",\r\n]*+')
RECORD = re.compile(rf"(?:{FIELD.pattern})(?:,(?:{FIELD.pattern}))*+")
QUOTED = re.compile(r'"[^"]*"')
MARKS = {
    b"\xff\xfe": "is written in UTF-16; write it in UTF-8",
    b"\xfe\xff": "is written in UTF-16; write it in UTF-8",
    b"\x1f\x8b": "is compressed with gzip, but its name does not end with .gz; rename it",
    b"BZh": "is compressed with bzip2, but its name does not end with .bz2; rename it",
    b"PK\x03\x04": "is a zip archive or a spreadsheet; write it as CSV",
    b"PAR1": "is a Parquet file; write it as CSV",
    b"\x28\xb5\x2f\xfd": "is compressed with zstd; use gzip",
}


class Fault(Exception):
    """Why the file is not accepted; `line` counts from 1, and is None for where reading had come to."""

    def __init__(self, line: int | None, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


def read(file: BinaryIO, name: str, columns: list[str], null_if: list[str]) -> dict[str, Any]:
    """Return what is in the file, as JSON can hold it. `columns` are names in lower case, `null_if` texts for null.

    `header`: the names exactly as written, None in a file without any record.
    `records`: how many follow, up to the fault. `characters`: of their values in `columns` that are not null.
    `blank_end`: whether blank lines end the file; they are no records.
    `fault` and `line`: the first fault, or None.
    """
    found: dict[str, Any] = {"header": None, "records": 0, "characters": 0, "blank_end": False, "fault": None}
    found["line"] = None
    measure = _Measure([], [], [])
    lines = _Lines(_plain(file, name))
    try:
        for first, text in _records(lines):
            if not text:
                found["blank_end"] = True
                found["line"] = found["line"] or first
                continue
            if found["blank_end"]:
                raise Fault(found["line"], "is blank, and records follow it; remove the blank line")
            if found["header"] is None:
                found["header"] = header = _header(text, first)
                measure = _Measure(header, columns, null_if)
            else:
                _check(text, first, len(found["header"]))
                found["records"] += 1
                found["characters"] += measure.of(text)
        found["line"] = None
    except Fault as fault:
        found["fault"] = fault.text
        found["line"] = fault.line if fault.line is not None else max(lines.number, 1)
    return found


def _header(text: str, line: int) -> list[str]:
    _check(text, line, None)
    names = _fields(text)
    seen: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if not name.strip():
            raise Fault(line, f"has a header whose column {place} has no name; name it, or remove the column")
        if "\n" in name or "\r" in name:
            raise Fault(line, f"has a header whose column {place} has a line break in its name; write it on one line")
        if (other := seen.setdefault(name.lower(), place)) != place:
            raise Fault(line, f"has a header that gives columns {other} and {place} the same name; rename one")
    return names


def _check(text: str, line: int, expected: int | None) -> None:
    """Raise Fault unless the record is well-formed and has as many fields as the header."""
    if '"' in text:
        if RECORD.fullmatch(text) is None:
            raise _malformed(text, line)
        count = QUOTED.sub("", text).count(",") + 1
    else:
        if "\r" in text:
            raise Fault(line, _LONE)
        count = text.count(",") + 1
    if expected is not None and count != expected:
        few = "too few" if count < expected else "too many"
        raise Fault(line, f"has {few} fields: {count}, and the header has {expected}")
    if len(text) > LONGEST_VALUE and any(len(value) > LONGEST_VALUE for value in _fields(text)):
        raise Fault(line, f"has a value of more than {LONGEST_VALUE:,} characters")


_LONE = "has a carriage return that ends no line; end lines with LF or CR LF, and quote values that hold one"


def _malformed(text: str, line: int) -> Fault:
    """The fault of a record that is not RFC 4180's, at its own line. It shows no value: people's data may be in it."""
    at, number = 0, 1
    while (field := FIELD.match(text, at)) is not None and text[field.end() : field.end() + 1] == ",":
        at, number = field.end() + 1, number + 1
    end = field.end() if field is not None else at
    line += text.count("\n", 0, end)
    if text[end : end + 1] == "\r":
        return Fault(line, _LONE)
    if field is not None and field[0].startswith('"'):
        return Fault(line, f"has text after the closing quote of field {number}; double the quotes inside a value")
    return Fault(line, f"has a quote inside field {number}, which does not begin with one; quote the whole value")


def _fields(text: str) -> list[str]:
    values = []
    at = 0
    while at <= len(text):
        field = FIELD.match(text, at)
        written = field[0] if field is not None else ""
        values.append(written[1:-1].replace('""', '"') if written.startswith('"') else written)
        at += len(written) + 1
    return values


class _Measure:
    """How many characters of a record are landed, as texts that are not null."""

    def __init__(self, header: list[str], columns: list[str], null_if: list[str]) -> None:
        wanted = set(columns)
        self._places = [place for place, name in enumerate(header) if name.lower() in wanted]
        self._null_if = frozenset(null_if)
        self._commas = len(header) - 1 if len(self._places) == len(header) else None
        self._marks = tuple(text for text in null_if if text)

    def of(self, text: str) -> int:
        plain = '"' not in text
        if plain and self._commas is not None and not any(mark in text for mark in self._marks):
            return len(text) - self._commas
        values = text.split(",") if plain else _fields(text)
        return sum(len(values[place]) for place in self._places if values[place] not in self._null_if)


def _records(lines: "_Lines") -> Iterator[tuple[int, str]]:
    """The first line and the text of each record, without its line end. A record ends where its quotes are even."""
    parts: list[str] = []
    first = size = 0
    for line in lines:
        odd = line.count('"') % 2 == 1
        if not parts and not odd:
            yield lines.number, _without_end(line)
            continue
        first = first if parts else lines.number
        parts.append(line)
        size += len(line)
        if size > LONGEST_RECORD:
            raise Fault(first, f"begins a record of more than {LONGEST_RECORD:,} characters; a quote is not closed")
        if odd and len(parts) > 1:
            yield first, _without_end("".join(parts))
            parts, size = [], 0
    if parts:
        raise Fault(first, "begins a record with a quote that is never closed: the file is cut, or a quote is missing")


def _without_end(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r") if line.endswith("\n") else line


class _Lines:
    """The lines of a file as text, each with its line end; `number` is that of the last one."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._split():
            self.number += 1
            if self.number == 1:
                line = self._begin(line)
                if not line:
                    continue
            if b"\0" in line:
                raise Fault(self.number, "holds a NUL byte; the file is binary, damaged, or not written in UTF-8")
            try:
                yield line.decode()
            except UnicodeDecodeError as error:
                shown = line[error.start : error.end].hex(" ")
                raise Fault(self.number, f"is not UTF-8 (byte {shown}); write the file in UTF-8") from None

    @staticmethod
    def _begin(line: bytes) -> bytes:
        for mark, text in MARKS.items():
            if line.startswith(mark):
                raise Fault(1, text)
        return line.removeprefix(b"\xef\xbb\xbf")

    def _split(self) -> Iterator[bytes]:
        rest: list[bytes] = []
        held = 0
        for chunk in self._chunks:
            *whole, last = chunk.split(b"\n")
            if whole:
                yield b"".join([*rest, whole[0], b"\n"])
                for line in whole[1:]:
                    yield line + b"\n"
                rest, held = [], 0
            rest.append(last)
            held += len(last)
            if held > LONGEST_RECORD:
                self.number += 1
                raise Fault(None, f"has more than {LONGEST_RECORD:,} bytes; end lines with LF or CR LF")
        if line := b"".join(rest):
            yield line


def _plain(file: BinaryIO, name: str) -> Iterator[bytes]:
    """The file's content, decompressed as the end of its name says."""
    if name.lower().endswith(".gz"):
        return _decompressed(file, "gzip", b"\x1f\x8b", lambda: zlib.decompressobj(31))
    if name.lower().endswith(".bz2"):
        return _decompressed(file, "bzip2", b"BZh", bz2.BZ2Decompressor)
    return iter(lambda: file.read(CHUNK), b"")


def _decompressed(file: BinaryIO, kind: str, mark: bytes, make: Callable[[], Any]) -> Iterator[bytes]:
    unpacker, held, members = make(), b"", 0
    fed = False
    while (chunk := file.read(CHUNK)) or held:
        if not chunk and not fed and len(held) < len(mark):
            break
        held += chunk
        while held and (fed or len(held) >= len(mark)):
            if not fed and not held.startswith(mark):
                raise Fault(None, _not_compressed(kind, members))
            try:
                content = unpacker.decompress(held)
            except (zlib.error, OSError, EOFError):
                raise Fault(None, f"is where reading the {kind} data fails: the file is damaged") from None
            fed, held = True, b""
            if content:
                yield content
            if unpacker.eof:
                held, unpacker, fed = unpacker.unused_data, make(), False
                members += 1
    if fed:
        raise Fault(None, f"is where the {kind} data ends too early: the file is cut")
    if held:
        raise Fault(None, _not_compressed(kind, members))


def _not_compressed(kind: str, members: int) -> str:
    if members:
        return f"is the last of the {kind} data, and other bytes follow it; the file is damaged"
    return f"is not compressed with {kind}, though the file's name says so"
