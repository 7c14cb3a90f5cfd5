"""Tables for people; every command that prints one takes --json for scripts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table

COLOURS = {"up": "green", "done": "green", "starting": "yellow", "waiting": "yellow", "stopped": "dim"}


def parts(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = ("pid", "port", "up", "restarts", "cpu s", "memory MB")
    for name in ("part", *numbers, "state"):
        table.add_column(name, justify="right" if name in numbers else "left", no_wrap=True)
    for row in rows:
        colour = COLOURS.get(row["state"], "red")
        state = f"[{colour}]{row['state']}[/]"
        running = row["pid"] is not None
        table.add_row(
            row["part"], _text(row["pid"]), _text(row["port"]), duration(row["uptime_s"]), str(row["restarts"]),
            f"{row['cpu_s']:.1f}" if running else "", f"{row['pss_mb'] or row['rss_mb']:.0f}" if running else "",
            state,
        )  # fmt: skip
    if rows:
        folder = os.path.relpath(Path(rows[0]["log"]).parent)
        notes = [f"{row['part']}: {row['state']} {escape(row['note'])}" for row in rows if row["note"]]
        table.caption = "\n".join([*notes, f"Logs are in {folder}; `assay logs PART` reads one."])
        table.caption_justify = "left"
    return table


def records(columns: list[str], rows: list[tuple[Any, ...]]) -> str:
    """The rows as aligned text, every value whole however wide that is; `less -S` scrolls it. Nulls are empty."""
    cells = [columns, *([_line(value) for value in row] for row in rows)]
    widths = [max(cell_len(line[place]) for line in cells) for place in range(len(columns))]
    return "\n".join(
        "  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def _line(value: Any) -> str:
    """A value on one line: a line break within it would read as another row."""
    return _text(value).replace("\r", "\\r").replace("\n", "\\n")


def zones(rows: list[dict[str, Any]]) -> Table:
    """One line a zone, narrow enough for any terminal; its owner, and what is refused or wrong now, stand below."""
    numbers = ("landed", "approved", "quarantined")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("zone", *numbers, "release", "published (UTC)"):
        table.add_column(name, justify="right" if name in numbers else "left", no_wrap=True)
    for row in rows:
        published = (row["published_at"] or "never")[:19]
        table.add_row(row["zone"], *(f"{row[name]:,}" for name in numbers), row["release"] or "none", published)
    notes = [f"{row['zone']} belongs to {row['owner']}." for row in rows if row["owner"]]
    notes += [f"{row['zone']} is refused: {escape(reason)}" for row in rows for reason in row["refused_now"]]
    notes += [f"{row['zone']} does not work: {escape(row['problem'])}" for row in rows if row["problem"]]
    table.caption = "\n".join(notes)
    table.caption_justify = "left"
    return table


def duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _text(value: Any) -> str:
    return "" if value is None else str(value)
