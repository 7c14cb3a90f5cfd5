"""What each test costs in processor seconds: of pytest, of the programs it waited for and of the servers it keeps.

A pytest plugin, on with `--cost FILE`, to which it appends a line of JSON per test, with its outcome. Wall times on a
machine that others use say little, and hide what a server does.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

TICKS = os.sysconf("SC_CLK_TCK")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cost", metavar="FILE", help="append the processor seconds of each test to this file, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--cost"):
        config.pluginmanager.register(Costs(Path(config.getoption("--cost"))), "costs")


class Costs:
    """Notes processor and wall seconds of each test, with those of the fixtures that it was the first to need."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._outcome: tuple[str, str] = ("passed", "")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._outcome = ("failed", "")
        elif report.skipped and self._outcome[0] == "passed":
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else getattr(report, "wasxfail", "")
            self._outcome = ("skipped", str(reason).removeprefix("Skipped: "))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._outcome = ("passed", "")
        began, used = time.monotonic(), processor_seconds()
        try:
            return (yield)
        finally:
            note = {
                "test": item.nodeid,
                "outcome": self._outcome[0],
                "reason": self._outcome[1],
                "cpu": round(processor_seconds() - used, 3),
                "wall": round(time.monotonic() - began, 3),
            }
            with self._file.open("a") as notes:  # a line is shorter than what is written in one piece
                notes.write(json.dumps(note) + "\n")


def processor_seconds() -> float:
    """What this process, its children that have ended and its descendants that run have used so far."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime + _of_the_living(os.getpid())


def _of_the_living(root: int) -> float:
    total, waiting = 0.0, _children(root)
    while waiting:
        process = waiting.pop()
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        total += sum(map(int, fields[11:15])) / TICKS
        waiting.extend(_children(process))
    return total


def _children(process: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found.extend(map(int, task.read_text().split()))
    return found
