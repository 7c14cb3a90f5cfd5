"""Turns a fork of a warm interpreter into what a freshly executed program would have been.

The program must not be able to tell: environment, arguments, randomness, time zone, temporary folder and signal
handlers are set as an exec would have. Standard library only.
"""

# Plain system calls, because this runs between fork and exec.
# ruff: noqa: PTH120
import importlib
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any


def take_over(entry: str, argv: list[str], program: str, environment: dict[str, str]) -> Callable[[], Any]:
    """Returns the function `module:name` of `entry`, with this interpreter made to look newly started for it."""
    as_executed(program, argv, environment)
    module, _, name = entry.partition(":")
    function: Callable[[], Any] = getattr(importlib.import_module(module), name)
    return function


def as_executed(program: str, argv: list[str], environment: dict[str, str]) -> None:
    """As if Python had just been started for the file `program`; `argv` is as the kernel has it, its name included."""
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    tempfile.tempdir = None
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[:] = [program, *argv[1:]]
    sys.path[0:0] = [os.path.dirname(program)]
    if environment.get("PYTHONUNBUFFERED"):
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(write_through=True)  # type: ignore[union-attr]
