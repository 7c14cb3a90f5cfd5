"""Ctrl-C and SIGTERM: an orderly end that says what goes on without the command, and how to stop it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from tools.runtime import processes

PATIENCE_SECONDS = 180
"""How long a program that was started may take to end in order after it was asked to: a test stops a whole platform."""

STOP_SECONDS = 90
"""How long what it has left behind may take, such as a platform's supervisor."""

STOP_ROUNDS = 10

STARTED_BY = "ASSAY_STARTED_BY"
"""Environment variable that everything carries which a program has started; its value is unique to the call."""


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


_running: dict[subprocess.Popen[str], bool] = {}
"""Programs that run now, and whether each has a process group of its own."""
_ending = threading.Event()


def listen() -> None:
    """Raise Interrupted in the main thread for both signals, unless the caller had them ignored (`nohup`, `&`).

    Later signals are answered with a sentence: the orderly end goes on. Programs that were started get SIGINT too, as
    from a terminal, and are killed when they take longer than PATIENCE_SECONDS.
    """

    def end(number: int, _: FrameType | None) -> None:
        if _ending.is_set():
            os.write(2, b"assay: still ending in order what was started.\n")
            return
        _ending.set()
        for program, own_group in tuple(_running.items()):
            if own_group or number == signal.SIGTERM:  # a terminal's Ctrl-C has reached our own group already
                _interrupt(program, own_group)
        timer = threading.Timer(PATIENCE_SECONDS, _kill)
        timer.daemon = True
        timer.start()
        raise Interrupted(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)


def _interrupt(program: subprocess.Popen[str], own_group: bool) -> None:
    with contextlib.suppress(ProcessLookupError):
        if own_group:
            os.killpg(program.pid, signal.SIGINT)
        else:
            program.send_signal(signal.SIGINT)


def _kill() -> None:
    for program in tuple(_running):
        program.kill()


@contextlib.contextmanager
def goes_on(sentence: str) -> Iterator[None]:
    """Say so if the command is interrupted inside the block."""
    try:
        yield
    except Interrupted as interrupted:
        interrupted.notes.append(sentence)
        raise


@contextlib.contextmanager
def leaves_nothing() -> Iterator[None]:
    """End everything that was started inside the block, platforms included, if the command is interrupted in it."""
    before, mark = os.environ.get(STARTED_BY), uuid.uuid4().hex
    os.environ[STARTED_BY] = mark
    try:
        yield
    except Interrupted:
        end_left_over(mark)
        raise
    finally:
        os.environ.pop(STARTED_BY)
        if before is not None:
            os.environ[STARTED_BY] = before


def end_left_over(mark: str) -> None:
    """End all processes that carry the mark, parents before children: a supervisor stops its services in order."""
    for _ in range(STOP_ROUNDS):  # a process that ends may have children that are only then on their own
        known = processes.table()
        found = set(processes.carrying(known, f"{STARTED_BY}={mark}")) - {os.getpid()}
        if not found:
            return
        processes.end([known[pid] for pid in found if known[pid].parent not in found], STOP_SECONDS)


def call(command: Sequence[str], cwd: Path, env: Mapping[str, str], stdout: int | None = None) -> tuple[int, str]:
    """Run a program to its end. Returns its exit code, and its output where `stdout` is a pipe.

    When the command is interrupted the program ends in order, and what it has started and not stopped is ended.
    """
    mark = uuid.uuid4().hex
    own_group = not (stdout is None and sys.stdin.isatty())  # a debugger reads from the terminal, in its group alone
    environment, group = {**env, STARTED_BY: mark}, 0 if own_group else None
    with subprocess.Popen(command, cwd=cwd, env=environment, stdout=stdout, text=True, process_group=group) as process:
        _running[process] = own_group
        try:
            if _ending.is_set():  # the signal came while the program was started, in a thread
                _interrupt(process, own_group)
            output, _ = process.communicate()
        except BaseException:
            process.communicate()  # it is ending in order, or is killed
            raise
        finally:
            del _running[process]
            if _ending.is_set() or (process.returncode or 0) < 0:
                end_left_over(mark)
        return process.returncode, output or ""
