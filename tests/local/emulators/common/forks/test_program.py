"""A run that is forked from a loaded program cannot tell, and nobody has to wait for the loading twice."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from local.emulators.airbyte.connectors import started
from local.emulators.common.forks.program import NotLoaded, Program, Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere connectors are executed")

SCRIPT = """#!{python}
import json, os, pathlib, sys, time
with pathlib.Path({loads!r}).open("a") as file:
    file.write("loaded\\n")
{more}
if __name__ == "__main__":
    if sys.argv[1] == "wait":
        print("waiting", flush=True)
        time.sleep(60)
    print(json.dumps({{"argv": sys.argv, "environment": dict(os.environ), "folder": os.getcwd(),
                      "input": sys.stdin.read(), "descriptors": os.listdir("/proc/self/fd"),
                      "group": os.getpgrp() == os.getpid()}}))
    print("an error", file=sys.stderr)
    sys.exit(int(sys.argv[1]))
"""
ENVIRONMENT = {"PATH": os.defpath, "SECRET": "of this run"}


class Script:
    """A program as a package installs it, which counts how often it is loaded."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.path, self.folder, self._loads = folder / "source-test", folder, folder / "loads"
        self.path.write_text(SCRIPT.format(python=sys.executable, loads=str(self._loads), more=more))
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)
        self.kept = Program(str(self.path), {"PATH": os.defpath})

    @property
    def loads(self) -> int:
        return len(self._loads.read_text().splitlines())

    def run(self, *arguments: str) -> Run:
        return self.kept.start(list(arguments), str(self.folder), ENVIRONMENT)


@pytest.fixture
def program(tmp_path: Path) -> Script:
    return Script(tmp_path)


def said(run: Run) -> dict[str, Any]:
    error, answer = run.stdout.read().splitlines()  # a pipe gets what goes to standard output at the end
    assert error == "an error"
    found: dict[str, Any] = json.loads(answer)
    return found


def test_a_run_is_as_if_it_had_been_executed(program: Script) -> None:
    run = program.run("3", "--config", "c.json")
    found = said(run)
    assert run.wait(10) == 3
    assert found["argv"] == [str(program.path), "3", "--config", "c.json"]
    assert found["environment"] == ENVIRONMENT
    assert found["folder"] == str(program.folder)
    assert found["input"] == ""
    assert len(found["descriptors"]) == 4, "the three, and the one that lists them"
    assert found["group"]


def test_the_program_is_loaded_once_and_then_only_run(program: Script) -> None:
    for code in range(3):
        assert program.run(str(code)).wait(20) == code
    assert program.loads == 1 + 3, "the script itself runs each time; what it imports is there"


def test_a_run_that_is_stopped_says_by_what(program: Script) -> None:
    run = program.run("wait")
    assert run.stdout.readline() == "waiting\n"
    assert run.poll() is None
    os.killpg(run.pid, signal.SIGTERM)
    assert run.wait(10) == -signal.SIGTERM


def test_a_run_that_is_aborted_says_where_it_was(program: Script) -> None:
    run = program.run("wait")
    assert run.stdout.readline() == "waiting\n"
    os.kill(run.pid, signal.SIGABRT)
    assert f'File "{program.path}", line ' in run.stdout.read()
    assert run.wait(10) == -signal.SIGABRT


def test_the_runs_end_with_their_program_and_the_next_loads_it_again(program: Script) -> None:
    run = program.run("wait")
    assert run.stdout.readline() == "waiting\n"
    assert program.kept.pid
    os.kill(program.kept.pid, signal.SIGKILL)
    assert run.wait(10) == -signal.SIGKILL
    assert run.stdout.read() == ""
    assert program.run("0").wait(20) == 0


def test_a_program_that_cannot_be_forked_is_executed(tmp_path: Path) -> None:
    program = Script(tmp_path, more="import threading; threading.Thread(target=time.sleep, args=(1,)).start()")
    with pytest.raises(NotLoaded, match=r"source-test is not kept loaded: it could not be loaded"):
        program.run("0")
    shell = tmp_path / "source-shell"
    shell.write_text('#!/bin/sh\necho \'{"type": "SPEC", "spec": {}}\'\n')
    shell.chmod(0o700)
    with (tmp_path / "log").open("w") as log, started([str(shell)], "spec", {}, tmp_path, log, []) as process:
        assert [message["type"] for message in process.messages()] == ["SPEC"]
