"""Operating-system processes: how to start one that dies with us, know it again later, and stop all of it.

A process is known by its number *and* its start time: numbers are used again, the pair is not.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MARK = "ASSAY_RUN"
"""Environment variable that every process of a platform carries; its value is the platform's state folder."""

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Process:
    """One line of the process table. `started` is comparable between two looks at one machine, nothing more."""

    pid: int
    parent: int
    group: int
    session: int
    started: str
    cpu_seconds: float
    rss_bytes: int


def table() -> dict[int, Process]:
    """Every process of this machine that can be seen, by its number. Zombies are not processes any more."""
    return _linux_table() if sys.platform == "linux" else _ps_table()


def find(pid: int) -> Process | None:
    return _linux_process(pid) if sys.platform == "linux" else table().get(pid)


def is_running(pid: int, started: str) -> bool:
    found = find(pid)
    return found is not None and found.started == started


def family(
    known: Mapping[int, Process], leader: int, started: str, state: Path | None = None, service: str | None = None
) -> list[Process]:
    """Everything that belongs to a service whose first process is or was (`leader`, `started`): its session and group,
    its descendants, and whatever carries the service's mark (`state` and `service`)."""
    members = {member.pid for member in session(known, leader, started)}
    if state is not None:
        members |= set(marked(known, state, service))
    while True:
        children = {p.pid for p in known.values() if p.parent in members} - members
        if not children:
            return [known[pid] for pid in sorted(members)]
        members |= children


def session(known: Mapping[int, Process], leader: int, started: str) -> list[Process]:
    """The processes of a service's own session and group, without those that left it."""
    holder = known.get(leader)
    if holder is not None and holder.started != started:
        return []  # the number is another process's by now
    return [p for p in known.values() if leader in (p.pid, p.session, p.group)]


def marked(known: Mapping[int, Process], state: Path, service: str | None = None) -> list[int]:
    """Processes that carry the mark of this state folder (and service). Linux only; elsewhere sessions must do."""
    return carrying(known, f"{MARK}={state}:{service or ''}", whole=service is not None)


def carrying(known: Mapping[int, Process], item: str, whole: bool = True) -> list[int]:
    """Processes whose environment has this `NAME=value`, or one that begins so. Linux only; elsewhere none."""
    if sys.platform != "linux":
        return []
    wanted = item.encode()
    found = []
    for pid in known:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(each == wanted if whole else each.startswith(wanted) for each in environment):
            found.append(pid)
    return found


def pss_bytes(pid: int) -> int | None:
    """Memory with what is shared divided among its users: what the machine would get back. Linux only."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return None
    return None


# --- starting -------------------------------------------------------------------------------------------------------


def spawn(command: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Starts `command` in a session of its own, appending to `log`; on Linux it gets SIGTERM when we die."""
    log.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        return subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with(os.getpid()),
        )
    finally:
        os.close(handle)


def _die_with(parent: int) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


# --- stopping -------------------------------------------------------------------------------------------------------


def send(processes: Collection[Process], number: signal.Signals) -> None:
    """Signals those that are still who they were."""
    for process in processes:
        if is_running(process.pid, process.started):
            try:
                os.kill(process.pid, number)
            except ProcessLookupError:
                continue


def end(processes: Collection[Process], patience: float) -> list[Process]:
    """Asks processes to stop, waits up to `patience` seconds, then kills. Returns those that had to be killed."""
    send(processes, signal.SIGTERM)
    left = await_end(processes, patience)
    send(left, signal.SIGKILL)
    await_end(left, 5)
    return left


def await_end(processes: Collection[Process], patience: float) -> list[Process]:
    """Those that are still running after at most `patience` seconds."""
    deadline = time.monotonic() + patience
    left = list(processes)
    while left := [process for process in left if is_running(process.pid, process.started)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return left


# --- reading the table ----------------------------------------------------------------------------------------------


def _linux_table() -> dict[int, Process]:
    found = (_linux_process(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return {process.pid: process for process in found if process is not None}


def _linux_process(pid: int) -> Process | None:
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = line[line.rindex(")") + 2 :].split()  # the name before it may hold anything
    if fields[0] in "ZX":
        return None
    ticks = os.sysconf("SC_CLK_TCK")
    return Process(
        pid=pid,
        parent=int(fields[1]),
        group=int(fields[2]),
        session=int(fields[3]),
        started=fields[19],
        cpu_seconds=(int(fields[11]) + int(fields[12])) / ticks,
        rss_bytes=int(fields[21]) * os.sysconf("SC_PAGE_SIZE"),
    )


def _ps_table() -> dict[int, Process]:
    """For macOS; not run by this project's tests. Its ps has no session number: the group stands for it."""
    command = ["ps", "-axo", "pid=,ppid=,pgid=,rss=,time=,stat=,lstart="]
    output = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"})
    found = {}
    for line in output.stdout.splitlines():
        pid, parent, group, rss, cpu, status, started = line.split(None, 6)
        if status.startswith("Z"):
            continue
        seconds = 0.0
        for unit in cpu.replace("-", ":").split(":"):
            seconds = seconds * 60 + float(unit)
        found[int(pid)] = Process(int(pid), int(parent), int(group), int(group), started, seconds, int(rss) * 1024)
    return found
