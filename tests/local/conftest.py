"""A state folder of a test's own, and services of the platform started on it as real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.platform.supervisor.services import MODULES
from local.state import credentials


@dataclass
class Server:
    """A service under test, by its name in the table of services: on a free port, its state folder outlives it."""

    python: Path
    name: str
    port: int
    state: Path
    credentials: Path
    root: Path
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.state.parent / f"{self.name}.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, ready: Callable[[Server], bool] | None = None) -> Server:
        command = [
            self.python,
            "-m",
            MODULES[self.name],
            "--port",
            str(self.port),
            "--state",
            self.state,
            *self.options,
        ]
        environment = {**os.environ, "ASSAY_CREDENTIALS": str(self.credentials), "PYTHONPATH": str(self.root)}
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(command, cwd=self.root, env=environment, stdout=output, stderr=output)
        deadline = time.monotonic() + 60
        while not (ready or answers)(self):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return self

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(10)


def answers(server: Server) -> bool:
    try:
        with urllib.request.urlopen(f"{server.url}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.fixture
def known(tmp_path: Path) -> dict[str, Any]:
    """Fresh credentials, written where a service reads them."""
    return credentials.ensure(tmp_path / "credentials.json", ["flights", "weather"])


@pytest.fixture
def service(
    tmp_path: Path, known: dict[str, Any], root: Path, env_python: Callable[[str], Path], free_port: Callable[[], int]
) -> Iterator[Callable[[str], Server]]:
    """Makes a Server by its service's name; it is started by the test and never survives it."""
    made: list[Server] = []

    def make(name: str) -> Server:
        python = env_python("platform")
        options = ("--documents", str(root / "docs")) if name == "inbox" else ()
        made.append(Server(python, name, free_port(), tmp_path / name, tmp_path / "credentials.json", root, options))
        return made[-1]

    yield make
    for server in made:
        if server.process is not None and server.process.poll() is None:
            server.process.kill()
            server.process.wait()
