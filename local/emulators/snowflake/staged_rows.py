"""The rows of one staged file: read, decompressed and parsed into columns of text, with what is wrong row by row."""

from __future__ import annotations

import bz2
import csv
import io
import json
import re
import sys
import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.csv as arrow_csv

from .file_formats import FileFormat

csv.field_size_limit(sys.maxsize)


@dataclass(frozen=True)
class RowError:
    """``record`` counts from 1 as METADATA$FILE_ROW_NUMBER does; ``line`` is the line in the file."""

    record: int
    message: str
    column: int | None = None


@dataclass
class Parsed:
    """``columns`` hold the good rows as text, ``records`` their numbers; ``failure`` is why nothing could be read."""

    names: list[str] = field(default_factory=list)
    columns: list[pa.Array] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    failure: str | None = None
    lines: LineNumbers | None = None

    @property
    def parsed(self) -> int:
        return len(self.records) + len(self.errors)


@dataclass
class LineNumbers:
    """Where each record begins; found only when asked for, because it means reading the file again."""

    text: str
    format: FileFormat
    _starts: list[int] | None = None

    def of(self, record: int) -> int:
        if self._starts is None:
            self._starts = []
            reader = _reader(self.text, self.format)
            before = 0
            for row in reader:
                if row or not self.format.skip_blank_lines:
                    self._starts.append(before + 1)
                before = reader.line_num
        at = record - 1 + (1 if self.format.parse_header else self.format.skip_header)
        return self._starts[at] if at < len(self._starts) else at + 1


def _reader(text: str, format: FileFormat):  # type: ignore[no-untyped-def]
    quoting = {"quotechar": format.quote} if format.quote else {"quoting": csv.QUOTE_NONE}
    return csv.reader(io.StringIO(text, newline=""), delimiter=format.field_delimiter, **quoting)


def decompress(content: bytes, name: str, compression: str) -> bytes:
    """The file's bytes. Raises ValueError with a sentence when the compressed file is broken or cut short."""
    kind = compression
    if kind == "AUTO":
        kind = "GZIP" if content[:2] == b"\x1f\x8b" or name.endswith(".gz") else "NONE"
        if name.endswith(".bz2"):
            kind = "BZ2"
    if kind == "NONE" or not content:
        return content
    try:
        if kind == "BZ2":
            return bz2.decompress(content)
        window = {"GZIP": 31, "DEFLATE": 15, "RAW_DEFLATE": -15}[kind]
        found = b""
        while content:
            unpacker = zlib.decompressobj(window)
            found += unpacker.decompress(content) + unpacker.flush()
            if not unpacker.eof:
                raise ValueError(f"the {kind} data ends too early: the file is truncated")
            content = unpacker.unused_data.lstrip(b"\0")
        return found
    except (zlib.error, OSError, EOFError) as error:
        raise ValueError(f"invalid {kind} data: {error}") from error


def parse(content: bytes, name: str, format: FileFormat, columns: Sequence[str], fields: int | None = None) -> Parsed:
    """Parse a file; ``columns`` are the target's, for files without a header.

    ``fields``: how many fields a transformation reads; it takes records of any length, and lacking fields are null.
    """
    try:
        raw = decompress(content, name, format.compression)
    except ValueError as error:
        return Parsed(failure=f"Error with decompressing '{name}': {error}")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Parsed(failure=f"Invalid UTF8 detected in string near byte {error.start} (line {line})")
    if not text.strip("\r\n" if format.type == "CSV" else None):
        return Parsed()
    if format.type == "JSON":
        return _json(text, format)
    if (failure := _malformed(text, format)) is not None:
        return Parsed(failure=failure)
    if not text.endswith("\n"):  # Arrow takes nothing after a quoted field for an empty text, where the file ends
        raw, text = raw + b"\n", text + "\n"
    if fields is None:
        return _csv(raw, text, format, columns)
    format = replace(format, error_on_column_count_mismatch=False)
    widest = max((len(row) for row in _reader(text, format)), default=0)
    return _csv(raw, text, format, [f"${place}" for place in range(1, max(widest, fields) + 1)])


def _malformed(text: str, format: FileFormat) -> str | None:
    """Why the file cannot be read at all: quotes that do not pair, or lines that end otherwise than Snowflake's."""
    bare = text
    if format.quote and format.quote in text:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=format.field_delimiter, quotechar=format.quote, strict=True
        )
        try:
            deque(reader, maxlen=0)
        except csv.Error as error:
            return f"Found a quote that does not enclose a field: {error} (line {reader.line_num})"
        quote = re.escape(format.quote)
        bare = re.sub(f"{quote}[^{quote}]*{quote}", lambda found: "\n" * found[0].count("\n"), text)
    if format.escapes and "\\" in bare:
        line = bare.count("\n", 0, bare.index("\\")) + 1
        return (
            "The embedded warehouse does not support backslashes in fields without quotes unless "
            f"ESCAPE_UNENCLOSED_FIELD = NONE (line {line})"
        )
    if (lone := re.search(r"\r(?!\n)", bare)) is not None:
        line = bare.count("\n", 0, lone.start()) + 1
        return f"The embedded warehouse does not support carriage returns that end no line (line {line})"
    return None


def _csv(raw: bytes, text: str, format: FileFormat, columns: Sequence[str]) -> Parsed:
    lines = LineNumbers(text, format)
    skipped = format.skip_header
    names = list(columns)
    if format.parse_header:
        names = next(iter(_reader(text, format)))
        names = [n.strip() for n in names] if format.trim_space else names
        skipped = 1
    blank: set[int] = set()
    if not format.skip_blank_lines and ("\n\n" in text or "\n\r\n" in text):
        blank = {i for i, row in enumerate(_reader(text, format), 1) if not row}
    invalid: dict[int, list[str]] = {}

    def on_invalid(row: arrow_csv.InvalidRow) -> str:
        invalid[row.number] = next(iter(_reader(row.text, format)), [])
        return "skip"

    keys = [f"c{i}" for i in range(len(names))]
    reading = arrow_csv.ReadOptions(use_threads=False, column_names=keys, skip_rows=0, block_size=len(raw) + 1)
    reading.skip_rows_after_names = 0
    reading.skip_rows = skipped
    table = (
        arrow_csv.read_csv(
            pa.BufferReader(raw),
            read_options=reading,
            parse_options=arrow_csv.ParseOptions(
                delimiter=format.field_delimiter,
                quote_char=format.quote or False,
                newlines_in_values=format.quote is not None,
                ignore_empty_lines=format.skip_blank_lines,
                invalid_row_handler=on_invalid,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={key: pa.string() for key in keys},
                null_values=[""],
                strings_can_be_null=format.empty_field_as_null,
                quoted_strings_can_be_null=False,
            ),
        )
        if keys
        else pa.table({})
    )
    total = table.num_rows + len(invalid)
    numbers = [n for n in range(skipped + 1, skipped + total + 1) if n not in invalid]
    found = Parsed(names=names, columns=[c.combine_chunks() for c in table.columns], lines=lines)
    found.records = [n - skipped for n in numbers]
    _mismatches(found, invalid, len(names), skipped, format)
    if blank:
        _take_out(found, {n - skipped for n in blank}, len(names))
    return found


def _mismatches(found: Parsed, invalid: dict[int, list[str]], expected: int, skipped: int, format: FileFormat) -> None:
    """Rows with too few or too many fields: errors, or padded and cut where the format allows it."""
    if format.error_on_column_count_mismatch:
        for number, fields in sorted(invalid.items()):
            found.errors.append(
                RowError(
                    number - skipped,
                    f"Number of columns in file ({len(fields)}) does not match that of the corresponding table "
                    f"({expected}), use file format option error_on_column_count_mismatch=false to ignore this error",
                    min(len(fields), expected),
                )
            )
    elif invalid:
        for number, fields in sorted(invalid.items()):
            found.records.append(number - skipped)
            padded = [f or None for f in fields[:expected]] + [None] * (expected - len(fields))
            found.columns = [
                pa.concat_arrays([column, pa.array([padded[i]], pa.string())]) for i, column in enumerate(found.columns)
            ]


def _take_out(found: Parsed, blank: set[int], expected: int) -> None:
    """Blank lines are records with too few columns."""
    keep = [i for i, record in enumerate(found.records) if record not in blank]
    for record in sorted(blank & set(found.records)):
        found.errors.append(RowError(record, f"End of record reached while expected to parse {expected} columns", 0))
    found.columns = [column.take(pa.array(keep, pa.int64())) for column in found.columns]
    found.records = [found.records[i] for i in keep]
    found.errors.sort(key=lambda error: error.record)


def _json(text: str, format: FileFormat) -> Parsed:
    """Documents one after the other; a broken one ends the file, as nothing says where the next begins."""
    found = Parsed()
    decoder = json.JSONDecoder()
    documents: list[object] = []
    at = 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at >= len(text):
            break
        try:
            document, at = decoder.raw_decode(text, at)
        except ValueError as error:
            line = text.count("\n", 0, at) + 1
            found.errors.append(RowError(len(documents) + 1, f"Error parsing JSON: {error} (line {line})"))
            break
        if format.strip_outer_array and isinstance(document, list):
            documents += document
        else:
            documents.append(document)
    found.names = list(dict.fromkeys(key for d in documents if isinstance(d, dict) for key in d))
    found.columns = [
        pa.array([_json_text(d.get(name)) if isinstance(d, dict) else None for d in documents], pa.string())
        for name in found.names
    ]
    found.names.append("$1")
    found.columns.append(pa.array([json.dumps(d) for d in documents], pa.string()))
    found.records = list(range(1, len(documents) + 1))
    return found


def _json_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)
