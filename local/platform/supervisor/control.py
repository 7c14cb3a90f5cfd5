"""How commands talk to the supervisor: one line of JSON each way over a Unix socket that only its owner can open."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tools.runtime.layout import Layout

NAME = "supervisor.sock"

Handler = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class NotRunning(Exception):
    """No supervisor answers."""

    def __init__(self) -> None:
        super().__init__("The platform is not running: start it with `./assay up`.")


async def serve(layout: Layout, handle: Handler) -> asyncio.AbstractServer:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = json.loads(await reader.readline())
            answer = await handle(request)
        except ValueError as problem:
            answer = {"error": str(problem)}
        with contextlib.suppress(ConnectionError):
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
            writer.close()

    with contextlib.chdir(_folder(layout)):
        Path(NAME).unlink(missing_ok=True)
        previous = os.umask(0o077)
        try:
            return await asyncio.start_unix_server(converse, NAME)
        finally:
            os.umask(previous)


def ask(layout: Layout, request: dict[str, Any], patience: float = 90) -> dict[str, Any]:
    """The supervisor's answer. Raises NotRunning when there is none, ValueError when it rejects."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(patience)
        try:
            # A socket's address has to be short, a checkout's path need not be: hence the change of folder.
            with contextlib.chdir(_folder(layout)):
                connection.connect(NAME)
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as lines:
                line = lines.readline()
        except (FileNotFoundError, ConnectionError) as problem:
            raise NotRunning from problem
    if not line:
        raise NotRunning
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer


def _folder(layout: Layout) -> Path:
    layout.run.mkdir(parents=True, exist_ok=True)
    return layout.run
