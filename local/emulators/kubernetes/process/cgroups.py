"""Control groups for memory limits, where this user may make them: version 1 as found in older systems and some virtual
machines, version 2 as found at the top of a machine or in a delegated subtree. Tried for real at start, not assumed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Layout:
    """Which file sets the limit and which counts the kills."""

    name: str
    limit: str
    events: str
    parent: Path


@dataclass(frozen=True)
class Group:
    path: Path
    layout: Layout

    def spec(self) -> dict[str, str]:
        """For the shim: the container's process writes itself into `procs`; `events` counts kills."""
        return {"procs": str(self.path / "cgroup.procs"), "events": str(self.path / self.layout.events)}

    def remove(self) -> None:
        """Removes the group once its processes are gone; one that still holds a process stays for the next attempt."""
        try:
            self.path.rmdir()
        except OSError:
            return


def candidates() -> list[Layout]:
    """Version 1 below this process's own group; version 2 at the top, where processes and groups may be together."""
    found = []
    for line in Path("/proc/self/cgroup").read_text().splitlines() if Path("/proc/self/cgroup").exists() else []:
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            parent = MOUNT / "memory" / path.lstrip("/")
            found.append(Layout("cgroup v1", "memory.limit_in_bytes", "memory.oom_control", parent))
    if (MOUNT / "cgroup.controllers").exists():
        found.append(Layout("cgroup v2", "memory.max", "memory.events", MOUNT))
    return found


def usable() -> Layout | None:
    """The first layout in which a group can be made, limited and entered by this process's child."""
    for layout in candidates():
        group = None
        try:
            group = make(layout, f"assay-probe-{os.getpid()}", 64 << 20)
            if _can_enter(group):
                return layout
        except OSError:
            continue
        finally:
            if group:
                group.remove()
    return None


def make(layout: Layout, name: str, limit: int) -> Group:
    path = layout.parent / name
    path.mkdir(exist_ok=True)
    group = Group(path, layout)
    try:
        (path / layout.limit).write_text(str(limit))
    except OSError:
        group.remove()
        raise
    return group


def _can_enter(group: Group) -> bool:
    procs = os.open(group.path / "cgroup.procs", os.O_WRONLY)
    child = os.fork()
    if child == 0:
        try:
            os.write(procs, b"0")
            os._exit(0)
        except OSError:
            os._exit(1)
    os.close(procs)
    return os.waitpid(child, 0)[1] == 0
