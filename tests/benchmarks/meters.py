"""What the platform uses of the machine: CPU seconds and memory of each service with all it has started. Linux only.

The kernel adds a process' CPU time to its parent's account when it ends, so nothing that ran between two readings is
missed, however short it was.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from local.emulators.common import files
from tools.runtime.layout import Layout
from tools.runtime.processes import pss_bytes

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
SUPERVISOR = "supervisor"


@dataclass(frozen=True)
class Account:
    """A process as the kernel keeps its books: its own CPU seconds, and those of its children that have ended."""

    parent: int
    own: float
    ended_children: float
    rss_bytes: int


def accounts() -> dict[int, Account]:
    """Every process of the machine by its number."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "stat").read_text()
        except OSError:
            continue
        fields = line[line.rindex(")") + 2 :].split()  # the name before it may hold anything
        user, system, user_of_children, system_of_children = (int(ticks) / TICKS for ticks in fields[11:15])
        found[int(entry.name)] = Account(
            int(fields[1]), user + system, user_of_children + system_of_children, int(fields[21]) * PAGE
        )
    return found


def machine_seconds() -> float:
    """CPU seconds that all processors together have been busy since the machine started."""
    words = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    user, nice, system, _idle, _waiting, interrupts, soft_interrupts, *_ = (int(word) / TICKS for word in words[1:])
    return user + nice + system + interrupts + soft_interrupts


@dataclass(frozen=True)
class Reading:
    at: float
    services: dict[str, float]
    machine: float


@dataclass(frozen=True)
class Used:
    """Between two readings. `others` is what everything else on the machine used: the noise in the wall time."""

    wall: float
    services: dict[str, float]
    others: float

    @property
    def cpu(self) -> float:
        return sum(self.services.values())


class Meter:
    """Reads the services of one running platform."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def members(self, known: dict[int, Account]) -> dict[str, list[int]]:
        """The processes of each service. The supervisor stands for itself only."""
        children: dict[int, list[int]] = {}
        for pid, account in known.items():
            children.setdefault(account.parent, []).append(pid)
        recorded = files.read_json(self._layout.run / "processes.json", {})
        leaders = {service: found["pid"] for service, found in recorded.items() if found["pid"] in known}
        services = {service: list(_descendants(leader, children)) for service, leader in leaders.items()}
        return services | {SUPERVISOR: [self._supervisor]}

    @property
    def _supervisor(self) -> int:
        return int(files.read_json(self._layout.run / "supervisor.json")["pid"])

    def read(self) -> Reading:
        known = accounts()
        services = {
            service: sum(known[pid].own + known[pid].ended_children for pid in pids if pid in known)
            for service, pids in self.members(known).items()
        }
        return Reading(time.monotonic(), services, machine_seconds())

    def since(self, before: Reading) -> Used:
        now = self.read()
        services = {
            service: max(0.0, seconds - before.services.get(service, 0.0)) for service, seconds in now.services.items()
        }
        others = now.machine - before.machine - sum(services.values())
        return Used(now.at - before.at, services, max(0.0, others))

    def memory(self) -> dict[str, int]:
        """Bytes of each service, what is shared divided among its users (PSS).

        Airflow forbids others to look into the processes that run tasks. Unless root asks, those count with all they
        have mapped, so the sum is then an upper bound.
        """
        known = accounts()
        return {
            service: sum(pss_bytes(pid) or known[pid].rss_bytes for pid in pids if pid in known)
            for service, pids in self.members(known).items()
        }


@dataclass
class MemoryWatch:
    """Samples the platform's memory in the background for as long as it is open; keeps the largest sum."""

    meter: Meter
    every: float = 1.0
    peak: dict[str, int] = field(default_factory=dict)
    samples: int = 0

    def __enter__(self) -> MemoryWatch:
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            found = self.meter.memory()
            self.samples += 1
            if sum(found.values()) > sum(self.peak.values()):
                self.peak = found
            if self._done.wait(self.every):
                return


def _descendants(leader: int, children: dict[int, list[int]]) -> Iterator[int]:
    yield leader
    for child in children.get(leader, ()):
        yield from _descendants(child, children)


def middle(rounds: Sequence[dict[str, Any]]) -> dict[str, float]:
    """The medians of what is one number in every round."""
    numbers = [name for name, value in rounds[0].items() if isinstance(value, int | float)]
    return {name: statistics.median(each[name] for each in rounds) for name in numbers}
