"""A Python program that is kept loaded, and its runs."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from local.emulators.common.forks import begin, template

OPTIONS = ("-P", "-s", "-X", "faulthandler")
"""No folder of ours is imported from; and a run that is sent SIGABRT says where it was."""
READY_SECONDS = 60
START_SECONDS = 20
KILLED = -9


class NotLoaded(Exception):
    """The program cannot be loaded ahead, or its process is gone: it is to be executed as any other."""


class Run:
    """A run as `subprocess.Popen` shows one: `pid`, its group's too; `stdout`, with its errors; `poll` and `wait`."""

    def __init__(self, program: str, pid: int, stdout: IO[str], said: IO[bytes]) -> None:
        self._program, self.pid, self.stdout = program, pid, stdout
        self._code: int | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._await, args=(said,), daemon=True).start()

    def poll(self) -> int | None:
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(self._program, timeout or 0)
        assert self._code is not None
        return self._code

    def _await(self, said: IO[bytes]) -> None:
        with said:
            code = said.readline()
        self._code = int(code) if code.endswith(b"\n") else KILLED
        self._ended.set()


class Program:
    """A script that a package has installed. It is loaded when it is first asked for a run, and again when its process
    has died, in an environment that should hold no secret; by the Python that its first line names, or another."""

    def __init__(self, program: str, environment: Mapping[str, str], python: str = "") -> None:
        self._program, self._environment, self._python = program, environment, python
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self, arguments: list[str], folder: str, environment: Mapping[str, str]) -> Run:
        """Raises NotLoaded."""
        order = {"arguments": arguments, "folder": folder, "environment": dict(environment)}
        output, their_output = os.pipe()
        ours, theirs = socket.socketpair()
        with ours:
            said = ours.makefile("rb")  # keeps the socket open
            ours.settimeout(START_SECONDS)
            try:
                with theirs:
                    socket.send_fds(self._ready(), [b"c"], [theirs.fileno(), their_output])
                ours.sendall(json.dumps(order).encode() + b"\n")
                pid = int(said.readline())
            except (OSError, ValueError) as error:
                said.close()
                os.close(output)
                raise NotLoaded(f"{self._program} is not kept loaded: {error}") from error
            finally:
                os.close(their_output)
            ours.settimeout(None)
        return Run(self._program, pid, os.fdopen(output, encoding="utf-8"), said)

    def _ready(self) -> socket.socket:
        with self._lock:
            if self._control is None or self._process is None or self._process.poll() is not None:
                self._process, self._control = self._load()
            return self._control

    def _load(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        ours, theirs = socket.socketpair()
        with theirs:
            python = self._python or _interpreter(self._program)
            process = subprocess.Popen(
                [python, *OPTIONS, begin.__file__, template.__name__, self._program, str(theirs.fileno())],
                env=self._environment, cwd=os.sep, stdin=subprocess.DEVNULL, stdout=sys.stderr,
                pass_fds=[theirs.fileno()], start_new_session=True,
            )  # fmt: skip
        ours.settimeout(READY_SECONDS)
        if ours.recv(1) != b"r":
            process.kill()
            process.wait()
            raise OSError("it could not be loaded; standard error says why")
        ours.settimeout(None)
        return process, ours


def _interpreter(program: str) -> str:
    """The Python that a package's script names in its first line. Raises OSError where it is no such script."""
    with Path(program).open("rb") as script:
        first = script.readline().decode(errors="replace").strip()
    if not (first.startswith("#!") and Path(first[2:]).name.startswith("python")):
        raise OSError(f"{program} is no Python script")
    return first[2:]
