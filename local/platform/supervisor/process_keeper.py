"""The supervisor's heart: a task per service that starts it, waits until it is ready, and restarts it when it dies."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from local.emulators.common import files
from local.platform.supervisor.logs import rotate
from local.platform.supervisor.services import Service
from tools.runtime import processes
from tools.runtime.layout import Layout

log = logging.getLogger("assay.supervisor")

BACKOFF_SECONDS = (0.5, 1, 2, 5, 10, 20, 30)
STEADY_SECONDS = 60
"""A service that has been up this long has recovered: its next death is its first."""
HEALTH_SECONDS = 10
POLL_SECONDS = 0.2
HOUSEKEEPING_SECONDS = 15


class State(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    UP = "up"
    DONE = "done"
    UNHEALTHY = "unhealthy"
    RESTARTING = "restarting"
    STOPPED = "stopped"


READY = (State.UP, State.DONE)


@dataclass
class Unit:
    """A service and what has become of it."""

    service: Service
    state: State = State.STOPPED
    note: str = ""
    failures: int = 0
    restarts: int = 0
    process: subprocess.Popen[bytes] | None = None
    started: str = ""
    since: float = 0.0
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    restart_asked: asyncio.Event = field(default_factory=asyncio.Event)
    keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None


class Keeper:
    """Looks after the services until it is stopped. Everything happens in one thread, in tasks of one event loop."""

    def __init__(self, layout: Layout, services: Iterable[Service]) -> None:
        self.layout = layout
        self.units = {service.name: Unit(service) for service in services}
        self.stopping = asyncio.Event()

    # --- commands ---------------------------------------------------------------------------------------------------

    def start(self, names: Iterable[str]) -> None:
        """Begins to look after the named services. Those that are looked after already are left alone, and so is what
        had to be done once and is done."""
        for name in names:
            unit = self.units[name]
            if unit.keeper is None or (unit.keeper.done() and unit.state is not State.DONE):
                unit.failures, unit.state, unit.note = 0, State.WAITING, ""
                unit.keeper = asyncio.create_task(self._keep(unit), name=name)

    def restart(self, name: str) -> None:
        self.units[name].restart_asked.set()

    async def stop(self, names: Iterable[str] | None = None) -> None:
        """Stops services, each after everything that needs it. Returns when their processes are gone."""
        chosen = [self.units[name] for name in (names or self.units)]
        gone = {unit.service.name: asyncio.Event() for unit in chosen}

        async def stop_one(unit: Unit) -> None:
            for other in chosen:
                if unit.service.name in other.service.needs:
                    await gone[other.service.name].wait()
            if unit.keeper is not None:
                unit.keeper.cancel()
                await asyncio.gather(unit.keeper, return_exceptions=True)
                unit.keeper = None
            await self._end(unit, for_good=True)
            self._set(unit, State.STOPPED)
            gone[unit.service.name].set()

        await asyncio.gather(*(stop_one(unit) for unit in chosen))

    # --- one service's life -----------------------------------------------------------------------------------------

    async def _keep(self, unit: Unit) -> None:
        for need in unit.service.needs:
            if not self.units[need].ready.is_set():
                self._set(unit, State.WAITING, f"for {need}")
                await self.units[need].ready.wait()
        while True:
            unit.restart_asked.clear()
            try:
                note = await self._live(unit)
            except OSError as problem:
                note = f"could not be started: {files.sentence(problem, self.layout.python(unit.service.env))}"
            except Exception as problem:  # a fault of ours in one service's care must not end it
                log.exception("%s", unit.service.name)
                note = f"{type(problem).__name__}: {problem}"
            if unit.state is State.DONE:
                return
            wanted = unit.restart_asked.is_set()
            unit.restarts += 1
            if not wanted:
                unit.failures += 1
            delay = 0 if wanted else BACKOFF_SECONDS[min(unit.failures, len(BACKOFF_SECONDS)) - 1]
            self._set(unit, State.RESTARTING, "asked for" if wanted else note)
            await self._end(unit)
            await asyncio.sleep(delay)

    async def _live(self, unit: Unit) -> str:
        """One life of a service, from its start to its end. Returns what ended it."""
        service = unit.service
        environment = {**service.environment, processes.MARK: f"{self.layout.state}:{service.name}"}
        rotate(self.log(service.name))
        command = [str(self.layout.python(service.env)), *service.command]
        unit.process = processes.spawn(command, environment, self.log(service.name), self.layout.root)
        found = processes.find(unit.process.pid)
        unit.started = found.started if found else ""
        unit.since = time.time()
        self._set(unit, State.STARTING)
        deadline = time.monotonic() + service.start_seconds
        steady = time.monotonic() + STEADY_SECONDS
        next_check = 0.0
        while (status := unit.process.poll()) is None:
            now = time.monotonic()
            if unit.restart_asked.is_set():
                return "asked for"
            if service.ready is not None and now >= next_check:
                await self._examine(unit, service.ready)
                next_check = time.monotonic() + (HEALTH_SECONDS if unit.ready.is_set() else POLL_SECONDS)
            if unit.state is State.STARTING and now > deadline:
                return f"not ready within {service.start_seconds:.0f} s ({unit.note})"
            if unit.state is State.UP and now > steady:
                unit.failures = 0
            await asyncio.sleep(POLL_SECONDS)
        if service.once and status == 0:
            unit.ready.set()
            unit.process = None
            self._set(unit, State.DONE)
        return "ended" if status == 0 else _words(status)

    async def _examine(self, unit: Unit, check: Any) -> None:
        problem = await check()
        if problem is None:
            unit.ready.set()
            self._set(unit, State.UP)
        elif unit.state in (State.UP, State.UNHEALTHY):
            self._set(unit, State.UNHEALTHY, problem)
        else:
            unit.note = problem

    async def _end(self, unit: Unit, for_good: bool = False) -> None:
        """Stops a service's processes: the first one politely, then whatever is left of its family."""
        if unit.process is None:
            return
        family = self._family(unit, for_good)
        if unit.process.poll() is None:
            unit.process.send_signal(unit.service.stop_signal)
        deadline = time.monotonic() + unit.service.stop_seconds
        while unit.process.poll() is None and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        if for_good and unit.service.farewell:
            await asyncio.to_thread(say_farewell, self.layout, unit.service)
        family = list({member.pid: member for member in [*family, *self._family(unit, for_good)]}.values())
        processes.send(family, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and any(processes.is_running(each.pid, each.started) for each in family):
            unit.process.poll()
            await asyncio.sleep(0.05)
        unit.process.poll()
        unit.process = None
        unit.ready.clear()

    def _family(self, unit: Unit, for_good: bool) -> list[processes.Process]:
        """All that has to end with the service: without what outlives it, unless it ends for good."""
        if unit.process is None:
            return []
        known = processes.table()
        if unit.service.farewell and not for_good:
            return processes.session(known, unit.process.pid, unit.started)
        return processes.family(known, unit.process.pid, unit.started, self.layout.state, unit.service.name)

    # --- what can be seen from outside ------------------------------------------------------------------------------

    def log(self, name: str) -> Path:
        return self.layout.logs / f"{name}.log"

    def _set(self, unit: Unit, state: State, note: str = "") -> None:
        changed = (unit.state, unit.note) != (state, note)
        unit.state, unit.note = state, note
        if changed:
            log.info("%s: %s%s", unit.service.name, state, f" ({note})" if note else "")
            self.remember()

    def remember(self) -> None:
        """Writes down which processes are ours, so that a next supervisor can tell them from others."""
        ours = {
            unit.service.name: {"pid": unit.process.pid, "started": unit.started}
            for unit in self.units.values()
            if unit.process is not None
        }
        try:
            files.write_json(self.layout.run / "processes.json", ours)
        except files.StateError as problem:
            log.warning("%s", problem)  # the services run on; only a later recovery would know less

    def report(self) -> list[dict[str, Any]]:
        """A row per service: name, purpose, state, note, pid, port, uptime, restarts, cpu, memory, log."""
        known = processes.table()
        return [self._row(unit, known) for unit in self.units.values()]

    def _row(self, unit: Unit, known: dict[int, processes.Process]) -> dict[str, Any]:
        members = processes.family(known, unit.process.pid, unit.started) if unit.process else []
        shared = [processes.pss_bytes(member.pid) for member in members]
        running = unit.process is not None
        return {
            "service": unit.service.name,
            "purpose": unit.service.purpose,
            "state": str(unit.state),
            "note": unit.note,
            "pid": unit.pid,
            "port": unit.service.port,
            "uptime_s": round(time.time() - unit.since, 1) if running else None,
            "restarts": unit.restarts,
            "failures": unit.failures,
            "processes": len(members),
            "cpu_s": round(sum(member.cpu_seconds for member in members), 2),
            "rss_mb": round(sum(member.rss_bytes for member in members) / 1e6, 1),
            "pss_mb": round(sum(share for share in shared if share) / 1e6, 1),
            "log": str(self.log(unit.service.name)),
        }

    async def keep_house(self) -> None:
        """Keeps the logs small, for as long as the supervisor runs."""
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            for name in [*self.units, "supervisor"]:
                rotate(self.log(name))


def say_farewell(layout: Layout, service: Service) -> None:
    """Ends what a service has left running on purpose. A failure is logged: nothing else can be done about it."""
    command = [str(layout.python(service.env)), *service.farewell]
    environment = dict(service.environment)
    try:
        answer = subprocess.run(
            command, env=environment, cwd=layout.root, capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        log.warning("%s: %s", service.name, problem)
        return
    if answer.returncode:
        log.warning("%s: %s", service.name, answer.stderr.strip()[-300:])


def _words(status: int) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"
