"""What the pod lifecycle needs from whatever runs containers, and the files through which it learns how they ended.

Both backends run a container under a shim (process/shim.py), which outlives the server and leaves `run.json`, `log`
and `exit.json` in the container's directory. So whether a container runs, and how it ended, is read here the same way
by the server that started it and by the one that came after.
"""

import asyncio
import fcntl
import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

POLL_SECONDS = 0.05
LOST = "The container could not be located when the pod was terminated"


@dataclass(frozen=True)
class Mount:
    source: Path
    target: str
    read_only: bool


@dataclass(frozen=True)
class ContainerPlan:
    """One container, with everything decided: the backend only starts it."""

    directory: Path
    image: str
    name: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: Mapping[str, str]
    workdir: str | None
    mounts: tuple[Mount, ...]
    uid: int | None
    gid: int | None
    memory: int | None
    read_only: bool


class Backend(Protocol):
    """Starts containers. Stopping them, and learning how they ended, is the same for every backend."""

    name: str

    @property
    def isolation(self) -> str: ...

    def facts(self) -> dict[str, Any]:
        """For /health."""

    async def start(self) -> list[str]:
        """Prepare. Return warnings for the person who starts the server."""

    async def stop(self) -> None: ...

    async def check_image(self, reference: str) -> None:
        """Raises ImageError where no container could be started from it."""

    async def launch(self, plan: ContainerPlan) -> None:
        """Returns once the container's program runs or has already ended; `exit.json` says which."""

    def enter(self, plan: ContainerPlan, pid: int, command: list[str]) -> tuple[list[str], dict[str, str]]:
        """The command line and environment that run `command` inside a running container."""


@dataclass(frozen=True)
class Exit:
    """How a container ended, times as RFC 3339."""

    code: int
    reason: str
    message: str
    started: str
    finished: str


def read_exit(directory: Path) -> Exit | None:
    try:
        found = json.loads((directory / "exit.json").read_bytes())
    except FileNotFoundError:
        return None
    return Exit(found["exitCode"], found["reason"], found["message"], found["startedAt"], found["finishedAt"])


def read_run(directory: Path) -> dict[str, Any] | None:
    """`{"shim", "pid", "startedAt"}` of a container that has been started."""
    try:
        found: dict[str, Any] = json.loads((directory / "run.json").read_bytes())
    except FileNotFoundError:
        return None
    return found


def is_supervised(directory: Path) -> bool:
    """Whether a shim holds the container's lock, which the kernel releases however the shim ends."""
    try:
        descriptor = os.open(directory / "lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def send(directory: Path, number: signal.Signals) -> None:
    """SIGTERM asks a container to end, SIGKILL ends it. Nothing happens to one that has ended."""
    run = read_run(directory)
    if run is None or not is_supervised(directory):
        return
    try:
        os.kill(run["shim"], signal.SIGUSR1 if number == signal.SIGKILL else number)
    except ProcessLookupError:
        return


async def ended(directory: Path) -> Exit:
    """Waits for a container to end. One whose shim vanished without a word is reported as Kubernetes would: lost."""
    while (result := read_exit(directory)) is None:
        if not is_supervised(directory):
            if result := read_exit(directory):  # written between the two looks
                break
            run = read_run(directory)
            started = run["startedAt"] if run else ""
            return Exit(137, "ContainerStatusUnknown", LOST, started, "")
        await _process_ends(directory)
    return result


async def _process_ends(directory: Path) -> None:
    """By the kernel's notice where it gives one (pidfd), otherwise by looking again a moment later."""
    run = read_run(directory)
    try:
        descriptor = os.pidfd_open(run["shim"]) if run else None
    except (AttributeError, OSError):
        descriptor = None
    if descriptor is None:
        await asyncio.sleep(POLL_SECONDS)
        return
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    try:
        if not is_supervised(directory):
            return  # the number may already be another process's
        loop.add_reader(descriptor, over.cancel)
        await asyncio.wait([over])
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
