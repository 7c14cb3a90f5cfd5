"""File formats: the options of FILE_FORMAT = (…) and CREATE FILE FORMAT, and which of them mean something here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import errors
from .words import Words

Options = dict[str, Any]
_COMPRESSIONS = ("AUTO", "GZIP", "BZ2", "DEFLATE", "RAW_DEFLATE", "NONE")
_SEPARATORS = {"\\t": "\t", "\\n": "\n", "\\001": "\x01", "TAB": "\t"}
# What may be said without changing anything: these are the values in force.
_FIXED = {
    "ENCODING": ("UTF8", "UTF-8"),
    "RECORD_DELIMITER": ("\\n", "\n", "\\r\\n"),
    "DATE_FORMAT": ("AUTO",),
    "TIME_FORMAT": ("AUTO",),
    "TIMESTAMP_FORMAT": ("AUTO",),
    "BINARY_FORMAT": ("HEX",),
    "ESCAPE": ("NONE",),
    "SKIP_BYTE_ORDER_MARK": ("TRUE",),
    "REPLACE_INVALID_CHARACTERS": ("FALSE",),
    "ENABLE_OCTAL": ("FALSE",),
    "ALLOW_DUPLICATE": ("FALSE",),
    "STRIP_NULL_VALUES": ("FALSE",),
    "MULTI_LINE": ("TRUE",),
    "FILE_EXTENSION": ("NONE",),
}


@dataclass(frozen=True)
class FileFormat:
    """A CSV or JSON format; the defaults are Snowflake's. ``escapes``: backslashes escape in fields without quotes."""

    type: str = "CSV"
    compression: str = "AUTO"
    field_delimiter: str = ","
    parse_header: bool = False
    skip_header: int = 0
    skip_blank_lines: bool = False
    quote: str | None = None
    trim_space: bool = False
    null_if: tuple[str, ...] = ("\\N",)
    empty_field_as_null: bool = True
    error_on_column_count_mismatch: bool = True
    strip_outer_array: bool = False
    escapes: bool = True

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> FileFormat:
        """The format that the options describe; what it cannot honour, it rejects."""
        found: dict[str, Any] = {}
        for name, value in options.items():
            text = value if isinstance(value, str) else ""
            upper = text.upper()
            if name == "TYPE":
                if upper not in ("CSV", "JSON"):
                    raise errors.unsupported(f"file format type {text} (only CSV and JSON)")
                found["type"] = upper
            elif name == "COMPRESSION":
                if upper not in _COMPRESSIONS:
                    raise errors.unsupported(f"compression {text} (only {', '.join(_COMPRESSIONS)})")
                found["compression"] = upper
            elif name == "FIELD_DELIMITER":
                found["field_delimiter"] = _SEPARATORS.get(text, text)
                if len(found["field_delimiter"]) != 1:
                    raise errors.unsupported(f"a field delimiter other than one character: '{text}'")
            elif name == "SKIP_HEADER":
                found["skip_header"] = int(text)
            elif name == "FIELD_OPTIONALLY_ENCLOSED_BY":
                found["quote"] = None if upper == "NONE" else {"0x22": '"', "0x27": "'"}.get(text, text)
            elif name == "NULL_IF":
                values = value if isinstance(value, list) else [text]
                found["null_if"] = tuple(str(v).replace("\\\\", "\\") for v in values)
            elif name == "ESCAPE_UNENCLOSED_FIELD":
                if upper != "NONE" and text not in ("\\", "\\\\"):
                    raise errors.unsupported(f"{name} = {text} (only NONE and the backslash)")
                found["escapes"] = upper != "NONE"
            elif name in _FLAGS:
                if upper not in ("TRUE", "FALSE"):
                    raise errors.invalid(f"invalid value [{text}] for parameter '{name}'")
                found[name.lower()] = upper == "TRUE"
            elif name in _FIXED:
                if upper not in _FIXED[name] and text not in _FIXED[name]:
                    raise errors.unsupported(f"{name} = {text} (only {_FIXED[name][0]})")
            else:
                raise errors.invalid(f"invalid parameter '{name}' of a file format")
        if found.get("parse_header") and found.get("skip_header"):
            raise errors.invalid("SKIP_HEADER is not supported with PARSE_HEADER = TRUE")
        return cls(**found)


_FLAGS = {
    "PARSE_HEADER", "SKIP_BLANK_LINES", "TRIM_SPACE", "EMPTY_FIELD_AS_NULL", "ERROR_ON_COLUMN_COUNT_MISMATCH",
    "STRIP_OUTER_ARRAY",
}  # fmt: skip


def parse_options(words: Words) -> Options:
    """``NAME = value``, ``NAME = ('a', 'b')`` or ``NAME = (NAME = value …)``, up to the end or a closing bracket."""
    found: Options = {}
    while not words.done and not words.peek(")"):
        words.take(",")
        name = words.word()
        words.expect("=")
        found[name] = _value(words)
    return found


def _value(words: Words) -> Any:
    if not words.take("("):
        return words.dotted_value()
    if words.peek(")") or words.at_string() or not words.peek_after("="):
        listed = []
        while not words.take(")"):
            listed.append(words.dotted_value())
            words.take(",")
        return listed
    inner = parse_options(words)
    words.expect(")")
    return inner
