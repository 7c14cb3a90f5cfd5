"""Runs connectors as Airbyte does: a program per command, files for its input, one JSON message per line of output."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from local.emulators.airbyte.secrets import scrubbed
from local.emulators.common.forks.program import NotLoaded, Program, Run

Message = dict[str, Any]
STOP_SECONDS = 5

logger = logging.getLogger(__name__)


class ConnectorError(Exception):
    """A connector gave up; the text is its own. `final` says that trying again cannot help (a wrong configuration)."""

    def __init__(self, sentence: str, final: bool = False) -> None:
        super().__init__(sentence)
        self.final = final


@dataclass(frozen=True)
class Source:
    """A source connector: the program, and for a low-code one the manifest that it runs."""

    program: list[str]
    manifest: Mapping[str, Any] | None = None

    def configured(self, configuration: Mapping[str, Any]) -> dict[str, Any]:
        """What the program reads as its configuration: for low-code connectors, the manifest travels inside it."""
        if self.manifest is None:
            return dict(configuration)
        return {**configuration, "__injected_declarative_manifest": self.manifest}


class Process:
    """One run of a connector. `stop` may come from another thread; the messages then end with a ConnectorError."""

    def __init__(self, process: subprocess.Popen[str] | Run, log: IO[str], secrets: list[str]) -> None:
        self._process = process
        self._log = log
        self._secrets = secrets

    def messages(self) -> Iterator[Message]:
        """Messages other than logs, as they come. Raises ConnectorError when the program fails."""
        failure: ConnectorError | None = None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = _parsed(line)
            if message is None or message.get("type") == "LOG":
                self._log.write(scrubbed(line if message is None else _log_line(message), self._secrets))
                continue
            trace = message.get("trace", {})
            if trace.get("type") == "ERROR":
                error = trace["error"]
                self._log.write(scrubbed(f"ERROR {error.get('message')}\n", self._secrets))
                failure = _worse(failure, error, self._secrets)
            yield message
        code = self._process.wait()
        if code != 0:
            raise failure or ConnectorError(f"the connector ended with code {code}")

    def stop(self) -> None:
        """Ends the program and what it started; politely first."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            try:
                os.killpg(self._process.pid, sign)
                self._process.wait(STOP_SECONDS)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue


@contextmanager
def started(
    program: list[str], command: str, inputs: Mapping[str, Any], private: Path, log: IO[str], secrets: list[str]
) -> Iterator[Process]:
    """Runs `program… command --<name> <file>…` with each input as an owner-only file that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=private) as folder:
        arguments = [*program[1:], command]
        for name, value in inputs.items():
            path = Path(folder) / f"{name}.json"
            path.touch(mode=0o600)
            path.write_text(json.dumps(value))
            arguments += [f"--{name}", str(path)]
        process = _run(program[0], arguments, folder)
        running = Process(process, log, secrets)
        try:
            yield running
        finally:
            running.stop()
            if process.stdout is not None:
                process.stdout.close()


def _run(program: str, arguments: list[str], folder: str) -> subprocess.Popen[str] | Run:
    """Forked from the loaded program where it can be, executed where not."""
    environment = _environment(folder)
    if sys.platform == "linux":
        try:
            return _loaded(program).start(arguments, folder, environment)
        except NotLoaded as why:
            logger.info("%s It is executed instead.", why)
    try:
        return subprocess.Popen(
            [*_dies_with_us(), program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True, cwd=folder, env=environment,
        )  # fmt: skip
    except OSError as error:
        raise ConnectorError(f"{program} cannot be started: {error.strerror}", final=True) from error


@cache
def _loaded(program: str) -> Program:
    return Program(program, _environment(tempfile.gettempdir()))


def _worse(known: ConnectorError | None, error: Mapping[str, Any], secrets: list[str]) -> ConnectorError:
    """The first error is the cause, and later ones summarise it; but any of them may say that it is final."""
    final = error.get("failure_type") == "config_error" or (known is not None and known.final)
    sentence = str(known) if known else scrubbed(str(error.get("message")), secrets)
    return ConnectorError(sentence, final)


def _dies_with_us() -> list[str]:
    """Linux can end a child when its parent is killed; elsewhere an orphan ends when it next writes to its pipe."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def _environment(folder: str) -> dict[str, str]:
    """Nothing of our own environment that could be a secret; certificates and paths only."""
    kept = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "TZ")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"HOME": folder, "TMPDIR": folder}


def _parsed(line: str) -> Message | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) and "type" in message else None


def _log_line(message: Message) -> str:
    return f"{message['log'].get('level', 'INFO')} {message['log'].get('message', '')}\n"
