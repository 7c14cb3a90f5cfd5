"""Ctrl-C and SIGTERM end a command in order: it says what goes on, and what it started has cleaned up."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.runtime import processes

SLEEPER = """
import pathlib, signal, sys
try:
    print("ready", flush=True)
    signal.pause()
finally:
    pathlib.Path(sys.argv[1]).write_text("cleaned up")
"""


def heed_interrupts() -> None:
    """Undo what a child inherits where the tests were started in the background: there SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


COMMAND = """
import pathlib, sys
from tools import command
from tools.runtime import interrupts

@command.app.command("wait")
def wait_() -> None:
    with interrupts.goes_on("The work goes on: stop it with `./assay down`."):
        interrupts.call([sys.executable, "-c", sys.argv[2], sys.argv[3]], pathlib.Path.cwd(), {})

command.main()
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_says_what_goes_on_and_lets_the_program_clean_up(
    number: signal.Signals, status: int, root: Path, tmp_path: Path, env_python: Callable[[str], Path]
) -> None:
    cleaned = tmp_path / "cleaned"
    # typer takes the command's name only; what the program needs stands behind it and is not parsed
    code = COMMAND.replace("command.main()", "script, left = sys.argv[2:]\nsys.argv[1:] = ['wait']\ncommand.main()")
    code = code.replace("sys.argv[2], sys.argv[3]", "script, str(left)")
    command = subprocess.Popen(
        [env_python("platform"), "-c", code, "wait", SLEEPER, str(cleaned)],
        cwd=root, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=heed_interrupts,
        env={**os.environ, "PYTHONPATH": f"{root}:{root / 'plugins'}", "ASSAY_STATE": str(tmp_path)},
    )  # fmt: skip
    assert command.stdout
    assert command.stdout.readline() == "ready\n"
    if number == signal.SIGINT:
        os.killpg(command.pid, number)  # as a terminal does
    else:
        command.send_signal(number)
    _, said = command.communicate(timeout=60)
    assert command.returncode == status
    assert re.sub(r"\s+", " ", said.splitlines()[-1]) == (
        "assay: interrupted. The work goes on: stop it with `./assay down`."
    )
    assert cleaned.read_text() == "cleaned up"


LEAVES = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; print('left', flush=True); signal.pause()"],
                         start_new_session=True, stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print(child.pid, flush=True)
{end}
"""
STAYS = "import signal, sys; signal.signal(signal.SIGINT, lambda *_: sys.exit()); signal.pause()"
KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
CALLS = """
import pathlib, subprocess, sys
from tools import command
from tools.runtime import interrupts

@command.app.command("wait")
def wait_() -> None:
    {body}

sys.argv, program = [sys.argv[0], "wait"], sys.argv[1]
command.main()
"""
BY_CALL = "interrupts.call([sys.executable, '-c', program], pathlib.Path.cwd(), {})"
INSIDE = "with interrupts.leaves_nothing(): subprocess.run([sys.executable, '-c', program])"


@pytest.mark.skipif(sys.platform != "linux", reason="the environments of processes are read from /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("body", [BY_CALL, INSIDE], ids=["./assay test", "./assay bench"])
def test_what_an_interrupted_program_leaves_behind_is_ended(
    body: str, number: signal.Signals, start: Callable[..., subprocess.Popen[str]]
) -> None:
    """As a test that is interrupted after it has started a platform, and before it can stop it."""
    command = start(CALLS.format(body=body), LEAVES.format(end=STAYS))
    assert command.stdout
    left = int(command.stdout.readline())
    assert processes.find(left)
    command.send_signal(number)
    assert command.wait(60) == 128 + number
    assert processes.find(left) is None


def test_what_a_killed_program_leaves_behind_is_ended(start: Callable[..., subprocess.Popen[str]]) -> None:
    command = start(CALLS.format(body=BY_CALL), LEAVES.format(end=KILLED))
    assert command.stdout
    left = int(command.stdout.readline())
    assert command.wait(60) == 0
    assert processes.find(left) is None


SLOW = """
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
print("ready", flush=True)
signal.sigwait([signal.SIGINT])
print("ending", flush=True)
sys.stdin.readline()
print("asked again:", signal.SIGINT in signal.sigpending(), flush=True)
"""


def test_a_second_signal_does_not_cut_the_orderly_end(start: Callable[..., subprocess.Popen[str]]) -> None:
    command = start(CALLS.format(body=BY_CALL), SLOW)
    assert command.stdout
    assert command.stdin
    assert command.stderr
    assert command.stdout.readline() == "ready\n"
    command.send_signal(signal.SIGINT)
    assert command.stdout.readline() == "ending\n"
    command.send_signal(signal.SIGINT)
    assert command.stderr.readline() == "assay: still ending in order what was started.\n"
    command.stdin.write("go on\n")
    command.stdin.flush()
    assert command.stdout.readline() == "asked again: False\n"
    assert command.wait(60) == 130


@pytest.fixture
def start(
    root: Path, tmp_path: Path, env_python: Callable[[str], Path]
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a command of the platform's environment, in a group of its own."""
    started = []

    def run(*code: str) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [env_python("platform"), "-c", *code],
                cwd=root,
                text=True,
                start_new_session=True,
                preexec_fn=heed_interrupts,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": f"{root}:{root / 'plugins'}", "ASSAY_STATE": str(tmp_path)},
            )
        )
        return started[-1]

    yield run
    for command in started:
        command.kill()
        command.wait()
        for stream in (command.stdin, command.stdout, command.stderr):  # a program left behind may hold the other end
            assert stream
            stream.close()


def test_a_signal_that_the_caller_ignores_stays_ignored(root: Path) -> None:
    code = (
        "import signal; from tools.runtime import interrupts; signal.signal(signal.SIGINT, signal.SIG_IGN); "
        "interrupts.listen(); signal.raise_signal(signal.SIGINT); print('still here')"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert answer.stdout == "still here\n"
