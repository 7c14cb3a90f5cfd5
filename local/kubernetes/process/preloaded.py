"""Turns a fork of a warm interpreter into what a freshly executed program would have been.

Importing dbt costs about three CPU seconds, and every dbt pod would pay it. A template process imports once; each
container forks from it. The fork must not be distinguishable by the program: environment, arguments, randomness, time
zone and signal handlers are set as an exec would have. Standard library only.
"""

# Plain system calls, because this runs between fork and exec.
# ruff: noqa: PTH120
import importlib
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from typing import Any


def take_over(entry: str, argv: list[str], program: str, environment: dict[str, str]) -> Callable[[], Any]:
    """Returns the function `module:name` of `entry`, with this interpreter made to look newly started for it."""
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[:] = [program, *argv[1:]]
    sys.path[0:0] = [os.path.dirname(program)]
    if environment.get("PYTHONUNBUFFERED"):
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(write_through=True)  # type: ignore[union-attr]
    module, _, name = entry.partition(":")
    function: Callable[[], Any] = getattr(importlib.import_module(module), name)
    return function
