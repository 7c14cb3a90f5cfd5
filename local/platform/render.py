"""What `assay status` shows people; `--json` is for scripts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from assay.cli.tables import aligned, line

COLOURS = {"up": "green", "done": "green", "starting": "yellow", "waiting": "yellow", "stopped": "dim"}


def services(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = ("pid", "port", "up", "restarts", "cpu s", "memory MB")
    for name in ("service", *numbers, "state"):
        table.add_column(name, justify="right" if name in numbers else "left", no_wrap=True)
    for row in rows:
        colour = COLOURS.get(row["state"], "red")
        state = Text(row["state"], style=colour)
        running = row["pid"] is not None
        table.add_row(
            row["service"], _text(row["pid"]), _text(row["port"]), duration(row["uptime_s"]), str(row["restarts"]),
            f"{row['cpu_s']:.1f}" if running else "", f"{row['pss_mb'] or row['rss_mb']:.0f}" if running else "",
            state,
        )  # fmt: skip
    return table


def service_notes(rows: list[dict[str, Any]]) -> str:
    """Return what stands below the table of services: why some are not up, and where the logs are."""
    notes = [line(f"{row['service']}: {row['state']} {row['note']}") for row in rows if row["note"]]
    folder = os.path.relpath(Path(rows[0]["log"]).parent)
    return "\n".join([*notes, f"Logs are in {folder}; `./assay logs SERVICE` reads one."])


def zones(rows: list[dict[str, Any]]) -> str:
    """Return a line a zone; below, its owner, and what is refused, held or wrong now, each on one line of its own."""
    numbers = ("landed", "approved", "quarantined")
    cells = [
        (
            row["zone"],
            *(f"{row[name]:,}" for name in numbers),
            row["release"] or "none",
            (row["published_at"] or "never")[:19],
        )
        for row in rows
    ]
    notes = [f"{row['zone']} belongs to {row['owner']}." for row in rows if row["owner"]]
    notes += [f"{row['zone']} is refused: {reason}" for row in rows for reason in row["refused_now"]]
    notes += [f"{row['zone']} is not released: {row['candidate_refused']}" for row in rows if row["candidate_refused"]]
    notes += [f"{row['zone']}: publishing is held {row['held']}" for row in rows if row["held"]]
    notes += [
        f"{row['zone']} does not work: {problem}" for row in rows for problem in (row["problem"] or "").splitlines()
    ]
    return "\n".join([aligned(("zone", *numbers, "release", "published (UTC)"), cells, numbers), *map(line, notes)])


def duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _text(value: Any) -> str:
    return "" if value is None else str(value)
