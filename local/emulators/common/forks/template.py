"""A program, loaded once: the process that each of its runs is forked from.

    python -P -s begin.py local.emulators.common.forks.template PROGRAM CONTROL

It has run PROGRAM, a Python script that a package has installed, as far as its imports, under another name than
`__main__`. For each socket that arrives on the descriptor CONTROL it forks a keeper, which forks the run, says its
number, waits for its end and says its exit code. Runs and keepers end when the server does. Standard library only.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import gc
import json
import os
import runpy
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from typing import Any

from local.emulators.common.forks import executed

SIGKILL_ON_PARENTS_DEATH = (1, signal.SIGKILL)  # PR_SET_PDEATHSIG of prctl(2)


def main() -> None:
    program, control = sys.argv[1], socket.socket(fileno=int(sys.argv[2]))
    os.set_inheritable(control.fileno(), False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path.insert(0, os.path.dirname(program))  # noqa: PTH120  # as Python does for a script
    runpy.run_path(program, run_name="loaded")
    del sys.path[0]
    if threading.active_count() > 1:
        raise SystemExit(f"{program} starts threads when it is loaded, which no fork inherits")
    libc = ctypes.CDLL(None)
    gc.collect()
    gc.freeze()  # the collector would otherwise write to, and so copy, every page it shares with this process
    _serve(control, program, libc)
    runpy.run_path(program, run_name="__main__")


def _serve(control: socket.socket, program: str, libc: Any) -> None:
    """Returns in a run only: the process is then as if it had been executed."""
    signal.signal(signal.SIGCHLD, _bury)
    control.sendall(b"r")
    while True:
        message, ancillary, _, _ = control.recvmsg(1, socket.CMSG_SPACE(2 * array.array("i").itemsize))
        if not message:
            os._exit(0)
        channel, output = _descriptors(ancillary)
        us = os.getpid()
        if os.fork() == 0:
            control.close()
            _dies_with(us, libc)
            if _keep(socket.socket(fileno=channel), output, program, libc):
                return
        os.close(channel)
        os.close(output)


def _keep(channel: socket.socket, output: int, program: str, libc: Any) -> bool:
    """True in the run; never returns in the keeper."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with channel.makefile("rb") as reader:
        order = json.loads(reader.readline() or b"null")
    if order is None:
        os._exit(0)  # the server went away in mid-sentence
    us = os.getpid()
    if (run := os.fork()) == 0:
        channel.close()
        os.setpgid(0, 0)
        _dies_with(us, libc)
        _become(order, output, program)
        return True
    os.close(output)
    with contextlib.suppress(OSError):  # the run may have done it, and be gone
        os.setpgid(run, run)  # before anyone knows of it, so that stopping it stops the whole group
    channel.sendall(b"%d\n" % run)
    _, status = os.waitpid(run, 0)
    channel.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(order: Mapping[str, Any], output: int, program: str) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.closerange(3, max(nothing, output) + 1)
    os.chdir(order["folder"])
    executed.as_executed(program, [program, *order["arguments"]], order["environment"])


def _bury(*_: Any) -> None:
    """Keepers that have ended. Left to the kernel, what they have used would not be counted."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _dies_with(parent: int, libc: Any) -> None:
    libc.prctl(*SIGKILL_ON_PARENTS_DEATH)
    if os.getppid() != parent:  # it has died already
        os._exit(0)


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> tuple[int, int]:
    found = array.array("i")
    for _, _, data in ancillary:
        found.frombytes(data)
    channel, output = found
    return channel, output
