"""The keeper with small real processes: order, recovery, and leaving nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from local.platform.supervisor.process_keeper import Keeper, State
from local.platform.supervisor.services import Service
from tools.runtime import processes
from tools.runtime.layout import Layout

SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def layout(tmp_path: Path, root: Path, env_python: Callable[[str], Path]) -> Layout:
    env_python("platform")
    return Layout(root=root, state=tmp_path)


class FileExists:
    """Ready once the service has written its file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def __call__(self) -> str | None:
        return None if self.path.exists() else f"{self.path.name} is missing"


def service(name: str, code: str = SLEEP, **options: object) -> Service:
    return Service(name, "a test", "platform", ("-c", code), environment=dict(os.environ), **options)  # type: ignore[arg-type]


def writes(path: Path, after: float = 0) -> str:
    return f"import time, pathlib; time.sleep({after}); pathlib.Path({str(path)!r}).touch(); time.sleep(600)"


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.05)


def run(layout: Layout, services: Iterable[Service], story: Callable[[Keeper], object]) -> Keeper:
    """Starts every service, lets the story happen, stops everything, and sees that no process is left."""
    keeper = Keeper(layout, services)

    async def scene() -> None:
        keeper.start(list(keeper.units))
        try:
            await story(keeper)  # type: ignore[misc]
        finally:
            await keeper.stop()

    asyncio.run(scene())
    assert processes.marked(processes.table(), layout.state) == []
    return keeper


def test_a_part_waits_until_what_it_needs_is_ready(layout: Layout) -> None:
    ready = layout.state / "ready"
    first = service("first", writes(ready, after=0.7), ready=FileExists(ready))
    second = service(
        "second", f"import pathlib; assert pathlib.Path({str(ready)!r}).exists()", needs=("first",), once=True
    )

    async def story(keeper: Keeper) -> None:
        await asyncio.sleep(0.3)
        assert keeper.units["second"].state is State.WAITING
        assert keeper.units["second"].note == "for first"
        await until(lambda: keeper.units["second"].state is State.DONE)

    run(layout, [first, second], story)


def test_what_is_done_once_is_not_done_again_until_it_was_stopped(layout: Layout) -> None:
    times = layout.state / "times"
    job = service("job", f"open({str(times)!r}, 'a').write('x')", once=True)

    async def story(keeper: Keeper) -> None:
        await until(lambda: keeper.units["job"].state is State.DONE)
        keeper.start(["job"])
        assert keeper.units["job"].state is State.DONE
        await keeper.stop()
        assert times.read_text() == "x"
        keeper.start(["job"])
        await until(lambda: keeper.units["job"].state is State.DONE)
        assert times.read_text() == "xx"

    run(layout, [job], story)


def test_a_part_that_died_comes_back_and_its_dependents_keep_running(layout: Layout) -> None:
    ready = layout.state / "ready"
    base = service("base", writes(ready), ready=FileExists(ready))
    above = service("above", SLEEP, needs=("base",))

    async def story(keeper: Keeper) -> None:
        base, above = keeper.units["base"], keeper.units["above"]
        await until(lambda: above.process)
        dead, kept = base.pid, above.pid
        os.kill(dead or 0, signal.SIGKILL)
        await until(lambda: base.restarts == 1 and base.state is State.UP and base.pid != dead)
        assert above.pid == kept

    keeper = run(layout, [base, above], story)
    assert keeper.units["above"].restarts == 0


def test_a_part_that_keeps_dying_is_tried_more_and_more_slowly(layout: Layout) -> None:
    async def story(keeper: Keeper) -> None:
        await until(lambda: keeper.units["broken"].failures == 3)
        assert keeper.units["broken"].note == "ended with status 3"

    began = time.monotonic()
    run(layout, [service("broken", "raise SystemExit(3)")], story)
    assert time.monotonic() - began > 0.5 + 1


def test_a_part_that_is_never_ready_is_started_again(layout: Layout) -> None:
    slow = service("slow", SLEEP, ready=FileExists(layout.state / "never"), start_seconds=0.5)

    async def story(keeper: Keeper) -> None:
        await until(lambda: keeper.units["slow"].failures)
        assert "not ready within" in keeper.units["slow"].note
        assert "never is missing" in keeper.units["slow"].note

    run(layout, [slow], story)


def test_a_restart_that_was_asked_for_is_no_failure(layout: Layout) -> None:
    async def story(keeper: Keeper) -> None:
        unit = keeper.units["one"]
        await until(lambda: unit.process)
        before = unit.pid
        keeper.restart("one")
        await until(lambda: unit.restarts == 1 and unit.process and unit.pid != before)
        assert unit.failures == 0

    run(layout, [service("one")], story)


def test_a_stubborn_part_and_its_children_are_killed_in_the_end(layout: Layout) -> None:
    ready = layout.state / "ready"
    code = (
        "import signal, subprocess, sys, pathlib, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"subprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n"
        f"subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)\n"
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(600)"
    )
    pids: list[int] = []

    async def story(keeper: Keeper) -> None:
        unit = keeper.units["stubborn"]
        await until(lambda: unit.state is State.UP)
        pids.extend(member.pid for member in processes.family(processes.table(), unit.pid or 0, unit.started))

    run(layout, [service("stubborn", code, ready=FileExists(ready), stop_seconds=0.5)], story)
    assert len(pids) == 3
    assert not any(processes.find(pid) for pid in pids)


def test_parts_stop_before_what_they_need(layout: Layout) -> None:
    order = layout.state / "order"

    def notes(name: str) -> str:
        return (
            "import signal, sys, time\n"
            f"def leave(*_): open({str(order)!r}, 'a').write({name!r} + ' '); sys.exit()\n"
            "signal.signal(signal.SIGTERM, leave)\n"
            f"open({str(layout.state / name)!r}, 'w').close(); time.sleep(600)"
        )

    names = ("database", "server", "page")
    services = [
        service(name, notes(name), needs=names[:position][-1:], ready=FileExists(layout.state / name))
        for position, name in enumerate(names)
    ]

    async def story(keeper: Keeper) -> None:
        await until(lambda: all(unit.state is State.UP for unit in keeper.units.values()))

    run(layout, services, story)
    assert order.read_text().split() == ["page", "server", "database"]


def test_what_outlives_a_part_survives_its_death_and_ends_with_the_platform(layout: Layout) -> None:
    child, farewell = layout.state / "child", layout.state / "farewell"
    code = (
        "import subprocess, sys, pathlib, os, time\n"
        f"path = pathlib.Path({str(child)!r})\n"
        "if not path.exists():\n"
        f"    p = subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True, env=dict(PATH='/'))\n"
        "    path.write_text(str(p.pid))\n"
        "time.sleep(600)"
    )
    goodbye = (
        f"import os, pathlib; os.kill(int(open({str(child)!r}).read()), 9); pathlib.Path({str(farewell)!r}).touch()"
    )
    hive = service("hive", code, ready=FileExists(child), farewell=("-c", goodbye))

    async def story(keeper: Keeper) -> None:
        unit = keeper.units["hive"]
        await until(lambda: unit.state is State.UP)
        os.kill(unit.pid or 0, signal.SIGKILL)
        await until(lambda: unit.restarts == 1 and unit.state is State.UP)
        assert processes.find(int(child.read_text()))

    run(layout, [hive], story)
    assert farewell.exists()
    assert processes.find(int(child.read_text())) is None


def test_the_report_says_what_a_person_would_ask(layout: Layout) -> None:
    async def story(keeper: Keeper) -> None:
        await until(lambda: keeper.units["one"].process)
        (row,) = keeper.report()
        assert row["pid"] == keeper.units["one"].pid
        assert row["rss_mb"] > 1
        assert row["uptime_s"] >= 0
        assert row["log"].endswith("logs/one.log")

    run(layout, [service("one")], story)
