"""Tables for people; every command that prints one takes --json for scripts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

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


def records(columns: list[str], rows: list[tuple[Any, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(_text(value) for value in row))
    return table


def zones(rows: list[dict[str, Any]]) -> Table:
    """One line a zone, narrow enough for any terminal; whoever answers for it and what was refused last stand below."""
    numbers = ("landed", "approved", "quarantined")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("zone", *numbers, "release", "published (UTC)"):
        table.add_column(name, justify="right" if name in numbers else "left", no_wrap=True)
    for row in rows:
        published = (row["published_at"] or "never")[:19]
        table.add_row(row["zone"], *(f"{row[name]:,}" for name in numbers), row["release"] or "none", published)
    notes = [f"{row['zone']} belongs to {row['owner']}." for row in rows]
    notes += [f"{row['zone']} refused last: {escape(row['last_refusal'])}" for row in rows if row["last_refusal"]]
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
