"""Each emulator starts from a copy of `local/emulators` alone, by the commands of its README."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.documents import fences

InShell = Callable[[str, str], "subprocess.Popen[bytes]"]
EMULATORS = ("airbyte", "aws", "chat", "kubernetes", "postgres", "snowflake")
FILES = {
    "airbyte": ("--connectors", "connectors.json"),
    "kubernetes": ("--images", "images"),
    "snowflake": ("--tls-cert", "tls.crt", "--tls-key", "tls.key"),
}
"""Options without which an emulator does not start."""
PORT = re.compile(r"--port (\d+)")
LOCK = re.compile(r"environment made from `tools/requirements/(\w+)\.lock`")


@pytest.fixture
def copied(root: Path, tmp_path: Path) -> Path:
    """A folder that holds `local/emulators`, and nothing else of this repository."""
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(root / "local" / "emulators", tmp_path / "local" / "emulators", ignore=leave)
    return tmp_path


def starting(folder: Path, emulator: str) -> tuple[str, str]:
    """Return the shell block that starts the emulator, and the environment that its README names."""
    page = (folder / "local" / "emulators" / emulator / "README.md").read_text()
    (block,), (env,) = fences(page, "sh"), LOCK.findall(page)
    return block, env


@pytest.fixture
def in_shell(copied: Path, env_python: Callable[[str], Path]) -> Iterator[InShell]:
    """Runs a block with the environment's programs first on the path; ends what it started."""
    started: list[subprocess.Popen[bytes]] = []

    def run(block: str, env: str) -> subprocess.Popen[bytes]:
        path = os.pathsep.join([str(env_python(env).parent), os.environ["PATH"]])
        with (copied / "said").open("wb") as said:
            command, environment = ["sh", "-euc", block], {"PATH": path, "HOME": str(copied)}
            started.append(
                subprocess.Popen(
                    command, cwd=copied, env=environment, start_new_session=True, stdout=said, stderr=subprocess.STDOUT
                )
            )
        return started[-1]

    yield run
    for each in started:
        stop(each)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the shell and what it runs. Not by SIGINT, which programs of a shell in the background ignore."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait(30)
    deadline = time.monotonic() + 30
    while lives(process.pid):
        assert time.monotonic() < deadline, "it does not end"
        time.sleep(0.05)


def lives(group: int) -> bool:
    """Whether the group has a process."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def answers(emulator: str, port: int) -> bool:
    """Whether the emulator is ready: by `/health`, where it speaks HTTP."""
    if emulator == "postgres":
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0
    scheme = "https" if emulator == "snowflake" else "http"
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE  # whether it runs, not who it is
    try:
        with urllib.request.urlopen(f"{scheme}://127.0.0.1:{port}/health", timeout=5, context=trusting) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_every_emulator_has_a_readme_that_says_how_to_start_it(root: Path) -> None:
    folders = {path.parent.name for path in (root / "local" / "emulators").glob("*/__main__.py")}
    assert folders == {*EMULATORS, "terraform"}
    for folder in folders:
        assert starting(root, folder)[0].strip()


@pytest.mark.parametrize("emulator", EMULATORS)
def test_an_emulator_starts_alone_by_its_readme(
    copied: Path,
    in_shell: InShell,
    free_port: Callable[[], int],
    emulator: str,
) -> None:
    block, env = starting(copied, emulator)
    port = free_port()
    assert len(PORT.findall(block)) == 1
    process = in_shell(PORT.sub(f"--port {port}", block), env)
    deadline = time.monotonic() + 90
    while not answers(emulator, port):
        assert process.poll() is None, (copied / "said").read_text()
        assert time.monotonic() < deadline, (copied / "said").read_text()
        time.sleep(0.1)


@pytest.mark.parametrize("name", ["", "missing.json"], ids=["no variable", "no file"])
@pytest.mark.parametrize("emulator", EMULATORS)
def test_an_emulator_without_logins_says_so_and_does_not_start(
    copied: Path, env_python: Callable[[str], Path], free_port: Callable[[], int], emulator: str, name: str
) -> None:
    options = ["--port", str(free_port()), "--state", "state", *FILES.get(emulator, ())]
    env = "warehouse" if emulator == "snowflake" else "platform"
    done = subprocess.run(
        [env_python(env), "-m", f"local.emulators.{emulator}", *options],
        cwd=copied, env={"ASSAY_CREDENTIALS": name}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()[-1]
    assert ("missing.json has no" if name else "ASSAY_CREDENTIALS is not set") in said, said
    assert "Traceback" not in done.stderr


def test_the_providers_serve_alone_by_their_readme(copied: Path, in_shell: InShell) -> None:
    if shutil.which("terraform") is None:
        pytest.skip("terraform is missing")
    (copied / "infrastructure").mkdir()
    (copied / "infrastructure" / "main.tf").write_text('resource "aws_s3_bucket" "this" {}\n')
    process = in_shell(*starting(copied, "terraform"))
    assert process.wait(90) == 0, (copied / "said").read_text()
    assert "Terraform v" in (copied / "said").read_text()
