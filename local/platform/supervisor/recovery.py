"""Cleaning up after a killed supervisor: its services are found again by number and start time, or by their mark."""

from __future__ import annotations

from local.emulators.common import files
from tools.runtime import processes
from tools.runtime.layout import Layout


def strays(layout: Layout) -> dict[str, list[processes.Process]]:
    """Processes of this platform that run, by service (`marked` for those that only their mark gives away)."""
    recorded = files.read_json(layout.run / "processes.json", default={})
    known = processes.table()
    found = {name: processes.family(known, each["pid"], each["started"]) for name, each in recorded.items()}
    named = {member.pid for family in found.values() for member in family}
    found["marked"] = [known[pid] for pid in processes.marked(known, layout.state) if pid not in named]
    return {name: family for name, family in found.items() if family}


def stop_strays(layout: Layout, patience: float = 8) -> list[str]:
    """Stops them and returns the names of their services. Call it only while no supervisor runs."""
    found = strays(layout)
    processes.end([member for family in found.values() for member in family], patience)
    (layout.run / "processes.json").unlink(missing_ok=True)
    return list(found)
