"""Is a service ready? Each check answers None when it is, or says in a few words what is missing."""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

TIMEOUT_SECONDS = 8.0


class Check(Protocol):
    async def __call__(self) -> str | None: ...


@dataclass(frozen=True)
class Http:
    """GET answers 200. `authority` is the CA bundle that makes it HTTPS."""

    port: int
    path: str = "/health"
    authority: Path | None = None

    async def __call__(self) -> str | None:
        try:
            status, _ = await get(self.port, self.path, self.authority)
        except (OSError, ValueError, TimeoutError) as problem:
            return f"no answer on port {self.port} ({_words(problem)})"
        return None if status == 200 else f"{self.path} answers {status}"


@dataclass(frozen=True)
class Exists:
    """A file or folder is there."""

    path: Path

    async def __call__(self) -> str | None:
        return None if self.path.exists() else f"{self.path.name} is not there yet"


@dataclass(frozen=True)
class AirflowComponent:
    """A component whose heartbeat Airflow's API server reports as healthy."""

    port: int
    component: str

    async def __call__(self) -> str | None:
        try:
            status, body = await get(self.port, "/api/v2/monitor/health")
            heartbeat = json.loads(body).get(self.component) if status == 200 else None
        except (OSError, ValueError, TimeoutError) as problem:
            return f"Airflow's API server does not answer ({_words(problem)})"
        return None if heartbeat and heartbeat.get("status") == "healthy" else "no fresh heartbeat"


@dataclass(frozen=True)
class Postgres:
    """The server accepts connections, by its own `pg_isready`."""

    port: int
    program: Path

    async def __call__(self) -> str | None:
        options = ("-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "3", "-U", "airflow", "-d", "airflow")
        process = await asyncio.create_subprocess_exec(self.program, *options, stderr=asyncio.subprocess.DEVNULL)
        try:
            status = await asyncio.wait_for(process.wait(), TIMEOUT_SECONDS)
        except TimeoutError:
            process.kill()
            return f"no answer on port {self.port}"
        return {0: None, 1: "still starting"}.get(status, f"no answer on port {self.port}")


async def get(port: int, path: str, authority: Path | None = None) -> tuple[int, bytes]:
    """Status and body of a GET on the loopback interface."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        context = ssl.create_default_context(cafile=str(authority)) if authority else None
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        try:
            writer.write(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
            answer = await reader.read()
        finally:
            writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


def _words(problem: BaseException) -> str:
    if isinstance(problem, TimeoutError):
        return f"nothing within {TIMEOUT_SECONDS:.0f} s"
    if isinstance(problem, ConnectionRefusedError):
        return "nothing listens"
    return str(problem) or type(problem).__name__
