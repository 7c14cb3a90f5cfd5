"""Ctrl-C and SIGTERM: an orderly end that says what goes on without the command, and how to stop it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

PATIENCE_SECONDS = 30
"""How long a program that was started may take to end in order after it was asked to."""


class Interrupted(BaseException):
    """A signal asked the command to end. No Exception, and no KeyboardInterrupt, which typer answers with “Aborted”."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.notes: list[str] = []

    @property
    def status(self) -> int:
        """The exit code a shell expects."""
        return 128 + self.number

    def sentence(self) -> str:
        return " ".join(["interrupted.", *self.notes])


_running: set[subprocess.Popen[str]] = set()


def listen() -> None:
    """Raise Interrupted in the main thread for both signals, unless the caller had them ignored (`nohup`, `&`).

    A terminal sends Ctrl-C to the programs that a command has started as well; SIGTERM is passed on to them here.
    """

    def end(number: int, _: FrameType | None) -> None:
        if number == signal.SIGTERM:
            for process in tuple(_running):
                process.send_signal(signal.SIGINT)
        raise Interrupted(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)


@contextlib.contextmanager
def goes_on(sentence: str) -> Iterator[None]:
    """Say so if the command is interrupted inside the block."""
    try:
        yield
    except Interrupted as interrupted:
        interrupted.notes.append(sentence)
        raise


def call(command: Sequence[str], cwd: Path, env: Mapping[str, str], stdout: int | None = None) -> tuple[int, str]:
    """Run a program to its end. Returns its exit code, and its output where `stdout` is a pipe.

    When the command is interrupted the program may clean up behind itself before it is killed.
    """
    with subprocess.Popen(command, cwd=cwd, env=env, stdout=stdout, text=True) as process:
        _running.add(process)
        try:
            output, _ = process.communicate()
        except BaseException:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE_SECONDS)
            process.kill()
            raise
        finally:
            _running.discard(process)
        return process.returncode, output or ""
