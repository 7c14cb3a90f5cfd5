"""Ctrl-C and SIGTERM end a command in order: it says what goes on, and what it started has cleaned up."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SLEEPER = """
import pathlib, signal, sys
try:
    print("ready", flush=True)
    signal.pause()
finally:
    pathlib.Path(sys.argv[1]).write_text("cleaned up")
"""

COMMAND = """
import pathlib, sys
from local import cli, interrupts

@cli.app.command("wait")
def wait_() -> None:
    with interrupts.goes_on("The work goes on: stop it with `./assay down`."):
        interrupts.call([sys.executable, "-c", sys.argv[2], sys.argv[3]], pathlib.Path.cwd(), {})

cli.main()
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_says_what_goes_on_and_lets_the_program_clean_up(
    number: signal.Signals, status: int, root: Path, tmp_path: Path, env_python: Callable[[str], Path]
) -> None:
    cleaned = tmp_path / "cleaned"
    # typer takes the command's name only; what the program needs stands behind it and is not parsed
    code = COMMAND.replace("cli.main()", "script, left = sys.argv[2:]\nsys.argv[1:] = ['wait']\ncli.main()")
    code = code.replace("sys.argv[2], sys.argv[3]", "script, str(left)")
    command = subprocess.Popen(
        [env_python("platform"), "-c", code, "wait", SLEEPER, str(cleaned)],
        cwd=root, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
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


def test_a_signal_that_the_caller_ignores_stays_ignored(root: Path) -> None:
    code = (
        "import signal; from local import interrupts; signal.signal(signal.SIGINT, signal.SIG_IGN); "
        "interrupts.listen(); signal.raise_signal(signal.SIGINT); print('still here')"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert answer.stdout == "still here\n"
