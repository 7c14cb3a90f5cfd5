"""COPY INTO <table> as written: its parts, and what is refused by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import errors
from ..file_formats import parse_options
from ..names import Parts
from ..words import Words

METADATA = ("METADATA$FILENAME", "METADATA$FILE_ROW_NUMBER", "METADATA$FILE_CONTENT_KEY",
            "METADATA$FILE_LAST_MODIFIED", "METADATA$START_SCAN_TIME")  # fmt: skip
_ON_ERROR = ("ABORT_STATEMENT", "CONTINUE", "SKIP_FILE")


@dataclass
class Copy:
    """A COPY INTO statement, as written."""

    table: Parts
    columns: list[str]
    stage: str
    files: list[str]
    pattern: str | None
    format: dict[str, Any]
    on_error: str
    force: bool
    truncate: bool
    by_name: str
    metadata: dict[str, str]
    only_failed: bool
    selected: tuple[int | str, ...] = ()

    @property
    def places(self) -> list[int]:
        """The fields of a transformation, $1 as 1, in the order of the columns they fill."""
        return [item for item in self.selected if isinstance(item, int)]


def parse_copy(words: Words) -> Copy:
    words.expect("INTO")
    if words.peek("@") or words.at_string():
        raise errors.unsupported("unloading with COPY INTO a stage")
    table = words.path()
    columns: list[str] = []
    if words.take("("):
        while not words.take(")"):
            columns.append(words.name())
            words.take(",")
    words.expect("FROM")
    selected, stage = _selection(words) if words.take("(") else ((), words.stage_reference())
    options = parse_options(words)
    words.end()

    def flag(name: str) -> bool:
        return str(options.pop(name, "FALSE")).upper() == "TRUE"

    copy = Copy(
        table,
        columns,
        stage,
        files=list(options.pop("FILES", [])),
        pattern=options.pop("PATTERN", None),
        format=_format_options(options.pop("FILE_FORMAT", {})),
        on_error=str(options.pop("ON_ERROR", "ABORT_STATEMENT")).upper(),
        force=flag("FORCE"),
        truncate=flag("TRUNCATECOLUMNS") or str(options.pop("ENFORCE_LENGTH", "TRUE")).upper() == "FALSE",
        by_name=str(options.pop("MATCH_BY_COLUMN_NAME", "NONE")).upper(),
        metadata={k: v.upper() for k, v in options.pop("INCLUDE_METADATA", {}).items()},
        only_failed=flag("RETURN_FAILED_ONLY"),
        selected=selected,
    )
    options.pop("LOAD_UNCERTAIN_FILES", None)
    if str(options.get("PURGE", "")).upper() == "FALSE":
        del options["PURGE"]
    if options:
        raise errors.unsupported(f"COPY INTO with {sorted(options)[0]}")
    if copy.on_error not in _ON_ERROR:
        raise errors.unsupported(f"ON_ERROR = {copy.on_error} (only {', '.join(_ON_ERROR)})")
    if unknown := [value for value in copy.metadata.values() if value not in METADATA]:
        raise errors.invalid(f"unknown metadata column '{unknown[0]}'")
    if copy.metadata and copy.by_name == "NONE":
        raise errors.invalid("INCLUDE_METADATA needs MATCH_BY_COLUMN_NAME")
    if copy.selected and copy.by_name != "NONE":
        raise errors.invalid("MATCH_BY_COLUMN_NAME cannot be used with a COPY transformation")
    return copy


def _selection(words: Words) -> tuple[tuple[int | str, ...], str]:
    """``(SELECT $1, t.$2, METADATA$FILENAME … FROM @stage [t])``: what is selected, and the stage."""
    words.expect("SELECT")
    items: list[int | str] = []
    while True:
        if words.peek_after("."):
            words.name()
            words.expect(".")
        if words.take("$"):
            place = words.value()
            if not place.isdigit() or place == "0":
                raise errors.unsupported(f"COPY INTO … FROM (SELECT …) of ${place}")
            items.append(int(place))
        else:
            items.append(_metadata(words))
        if not words.take(","):
            break
    words.expect("FROM")
    stage = words.stage_reference()
    if not words.take(")"):
        words.name()
        words.expect(")")
    return tuple(items), stage


def _metadata(words: Words) -> str:
    """METADATA$…, or SUBSTR(METADATA$FILENAME, n), which is kept as `METADATA$FILENAME n`."""
    name = words.word()
    if name in ("SUBSTR", "SUBSTRING") and words.take("("):
        name = words.word()
        words.expect(",")
        start = words.value()
        words.expect(")")
        if name == "METADATA$FILENAME" and start.isdigit() and start != "0":
            return f"{name} {start}"
    if name not in METADATA:
        raise errors.unsupported(f"COPY INTO … FROM (SELECT …) of anything but $n and METADATA$…: {name}")
    return name


def _format_options(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"FORMAT_NAME": value}
