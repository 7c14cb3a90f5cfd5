"""Knowing a process again, and processes that follow their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.emulators.common import files
from local.platform.supervisor import recovery
from tools.runtime import processes
from tools.runtime.layout import Layout

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(root=tmp_path, state=tmp_path)


def start(layout: Layout) -> tuple[subprocess.Popen[bytes], processes.Process]:
    environment = {**os.environ, processes.MARK: f"{layout.state}:one"}
    child = processes.spawn(SLEEP, environment, layout.logs / "one.log", layout.root)
    found = processes.find(child.pid)
    assert found is not None
    return child, found


def test_a_recorded_part_is_stopped_when_its_supervisor_is_gone(layout: Layout) -> None:
    child, found = start(layout)
    files.write_json(layout.run / "processes.json", {"one": {"pid": child.pid, "started": found.started}})
    assert recovery.stop_strays(layout) == ["one"]
    assert child.wait(1) == -signal.SIGTERM


def test_a_stranger_with_a_recorded_number_is_left_alone(layout: Layout) -> None:
    stranger = subprocess.Popen(SLEEP, start_new_session=True)
    files.write_json(layout.run / "processes.json", {"one": {"pid": stranger.pid, "started": "long ago"}})
    try:
        assert recovery.stop_strays(layout) == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="marks are read from /proc")
def test_a_part_that_nobody_recorded_is_found_by_its_mark(layout: Layout) -> None:
    child, _ = start(layout)
    assert recovery.stop_strays(layout) == ["marked"]
    assert child.wait(1) == -signal.SIGTERM


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_parts_end_when_their_supervisor_is_killed(layout: Layout, root: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from tools.runtime import processes\n"
        f"child = processes.spawn({SLEEP!r}, {{}}, Path({str(layout.logs / 'one.log')!r}), Path('/'))\n"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    pid = int(supervisor.stdout.readline())
    assert processes.find(pid)
    supervisor.kill()
    supervisor.wait()
    deadline = time.monotonic() + 5
    while processes.find(pid):
        assert time.monotonic() < deadline, "the part outlived its supervisor"
        time.sleep(0.02)


def test_a_log_is_cut_when_it_is_full_and_its_writer_goes_on(tmp_path: Path) -> None:
    from local.platform.supervisor.logs import rotate, tail

    log = tmp_path / "part.log"
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, b"old\n" * 100)
    rotate(log, limit=1000)
    assert log.stat().st_size == 400, "not full yet"
    rotate(log, limit=100)
    os.write(handle, b"new\n")
    os.close(handle)
    assert log.read_text() == "new\n"
    assert tail(tmp_path / "part.log.1", 2) == ["old", "old"]
