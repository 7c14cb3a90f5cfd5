"""The server's side of a template: starts one, asks it to start containers, replaces it when it dies."""

import asyncio
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

from local.emulators.common.forks import begin
from local.emulators.kubernetes.process import template

READY_SECONDS = 60
LAUNCH_SECONDS = 20


class TemplateError(Exception):
    """The template does not answer; the caller starts the container another way."""


class Template:
    """One fork server. `python` must be 3.11 or later: it takes `-P`, so that nothing shadows a module."""

    def __init__(
        self, python: Path, modules: tuple[str, ...], env: dict[str, str], log: Path, script: Path | None = None
    ) -> None:
        self.python, self.modules, self.env, self.log, self.script = python, modules, env, log, script
        self._control: socket.socket | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def ready(self) -> None:
        """Starts the template if it is not there, and waits until it can fork."""
        async with self._starting:
            if self._process is not None and self._process.returncode is None and self._control is not None:
                return
            await self.stop()
            ours, theirs = socket.socketpair()
            flags = ["-P", "-s"] if self.modules else ["-I", "-S"]
            warm = [argument for name in self.modules for argument in ("--module", name)]
            warm += ["--script", str(self.script)] if self.script else []
            command = (str(self.python), *flags, begin.__file__, template.__name__)
            with self.log.open("ab") as log, theirs:
                self._process = await asyncio.create_subprocess_exec(
                    *command, "--control", str(theirs.fileno()), *warm,
                    env=self.env, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                    pass_fds=[theirs.fileno()], start_new_session=True,
                )  # fmt: skip
            ours.setblocking(False)
            try:
                said = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(ours, 1), READY_SECONDS)
            except (TimeoutError, OSError):
                said = b""
            if said != b"r":
                ours.close()
                await self.stop()
                raise TemplateError(f"the template of {self.python} for {self.modules} did not start; see {self.log}")
            self._control = ours

    async def launch(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Has the template fork a shim for `spec`; returns what the shim says once the program runs or has ended."""
        await self.ready()
        assert self._control is not None
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"c"], [theirs.fileno()])
            except OSError as error:
                ours.close()
                await self.stop()
                raise TemplateError(f"the template of {self.python} is gone: {error}") from None
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        try:
            writer.write(json.dumps(spec).encode() + b"\n")
            await writer.drain()
            answer = await asyncio.wait_for(reader.readline(), LAUNCH_SECONDS)
        except (TimeoutError, OSError) as error:
            raise TemplateError(f"the template of {self.python} does not answer: {error!r}") from None
        finally:
            writer.close()
        if not answer.endswith(b"\n"):
            raise TemplateError(f"the template of {self.python} forked a process that died before it could report")
        result: dict[str, Any] = json.loads(answer)
        return result

    async def stop(self) -> None:
        """Ends the template; the containers it started live on under their shims."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None and self._process.returncode is None:
            try:
                await asyncio.wait_for(self._process.wait(), 1)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        self._process = None


def bare(log: Path) -> Template:
    """The template that makes starting any program a fork; it needs only this interpreter."""
    return Template(Path(sys.executable), (), {"PATH": os.defpath}, log)
