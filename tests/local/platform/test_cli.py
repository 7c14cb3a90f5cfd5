"""The `assay` command on a small platform: up, status, recovery from kills, down, and what it says when it cannot."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.main import get_command

from local.platform import cli, start
from local.platform.provision import Provision
from local.platform.setup import zones
from local.platform.supervisor import services
from local.state import credentials, ports
from local.state.endpoints import Endpoints
from tools import command
from tools.runtime import processes
from tools.runtime.layout import Layout


@dataclass
class Command:
    """Runs ./assay against a state folder of its own."""

    root: Path
    state: Path

    def __call__(self, *words: str, expect: int = 0) -> str:
        environment = {**os.environ, "ASSAY_STATE": str(self.state)}
        environment.pop("PYTHONPATH", None)
        command = [sys.executable, str(self.root / "assay"), *words]
        answer = subprocess.run(
            command, env=environment, cwd=self.root, capture_output=True, text=True, timeout=120, check=False
        )
        assert answer.returncode == expect, answer.stdout + answer.stderr
        return answer.stdout if expect == 0 or "--json" in words else answer.stderr

    def said(self, *words: str) -> str:
        """Return what a command that succeeds says beside its answer."""
        environment = {**os.environ, "ASSAY_STATE": str(self.state)}
        command = [sys.executable, str(self.root / "assay"), *words]
        run = subprocess.run(
            command, env=environment, cwd=self.root, capture_output=True, text=True, timeout=120, check=True
        )
        return run.stderr

    def service(self, name: str) -> dict[str, Any]:
        rows = json.loads(self("status", "--json", expect=1 if self.partly else 0))["services"]
        found: dict[str, Any] = next(row for row in rows if row["service"] == name)
        return found

    partly: bool = True


@pytest.fixture
def assay(tmp_path: Path, root: Path, env_python: Callable[[str], Path]) -> Iterator[Command]:
    env_python("platform")
    command = Command(root, tmp_path / ("a long name of a folder, " * 5) / "state")
    yield command
    command("down")
    assert processes.marked(processes.table(), command.state) == []


def supervisor(assay: Command) -> int:
    return int(json.loads((assay.state / "run" / "supervisor.json").read_text())["pid"])


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.2)


def test_a_part_is_brought_up_seen_and_stopped_without_leaving_a_port(assay: Command) -> None:
    assay("up", "inbox")
    row = assay.service("inbox")
    assert row["state"] == "up"
    assert socket.create_connection(("127.0.0.1", row["port"]), 5).close() is None
    assert "Stopped" in assay("down")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", row["port"]), 5)
    assert "Nothing was running" in assay("down")


def test_a_killed_part_comes_back_on_the_same_port(assay: Command) -> None:
    assay("up", "inbox")
    before = assay.service("inbox")
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: assay.service("inbox")["restarts"] == 1 and assay.service("inbox")["state"] == "up")
    after = assay.service("inbox")
    assert after["port"] == before["port"]
    assert after["pid"] != before["pid"]


def test_up_recovers_from_a_killed_supervisor(assay: Command) -> None:
    assay("up", "inbox", "postgres")
    os.kill(supervisor(assay), signal.SIGKILL)
    assay("up", "inbox", "postgres")
    assert assay.service("inbox")["state"] == "up"
    assert assay.service("postgres")["state"] == "up"


def test_down_cleans_up_after_a_killed_supervisor(assay: Command) -> None:
    assay("up", "inbox")
    pid = assay.service("inbox")["pid"]
    os.kill(supervisor(assay), signal.SIGKILL)
    assay("down")
    assert processes.find(pid) is None


def test_a_port_taken_by_a_stranger_is_replaced_at_the_next_start(assay: Command) -> None:
    assay("up", "inbox")
    port = assay.service("inbox")["port"]
    assay("down")
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        assay("up", "inbox")
        assert assay.service("inbox")["port"] != port


def test_a_restart_gives_a_new_process(assay: Command) -> None:
    assay("up", "inbox")
    before = assay.service("inbox")["pid"]
    assay("restart", "inbox")
    assert assay.service("inbox")["pid"] != before


def test_logs_are_shown_and_an_unknown_name_lists_the_known(assay: Command) -> None:
    assay("up", "aws")
    assert "ready" in assay("logs", "aws")
    assert "there are logs of" in assay("logs", "nobody", expect=1)


def test_no_dag_is_read_or_run_before_the_platform_is_provisioned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    layout = Layout(Path(__file__).parents[3], tmp_path)
    done: list[object] = []
    monkeypatch.setattr(start.client, "up", lambda layout, names, progress: done.append(set(names)) or [])
    monkeypatch.setattr(start, "trust_bundle", lambda layout: None)
    monkeypatch.setattr(Provision, "__init__", lambda self, endpoints, say: None)
    monkeypatch.setattr(Provision, "run", lambda self: done.append("provisioned"))
    credentials.ensure(layout.credentials, zones(layout))
    ports.ensure(layout.ports, services.PORTS, seed=str(layout.state))
    start.start(layout, [], Console(quiet=True))
    assert done == [set(services.BEFORE_DAGS), "provisioned", set()]
    started = {service.name for service in services.with_needs(services.table(Endpoints(layout)), services.BEFORE_DAGS)}
    everything = {service.name for service in services.table(Endpoints(layout))}
    assert everything - started == {"airflow-scheduler", "airflow-dag-processor"}


def test_status_without_a_platform_says_how_to_start_one(assay: Command) -> None:
    assert assay("status", expect=1).strip() == "assay: The platform is not running: start it with `./assay up`."
    assert json.loads(assay("status", "--json", expect=1))["running"] is False


def test_an_unknown_part_is_refused_by_name(assay: Command) -> None:
    assert "There is no service “nonsense”" in assay("up", "nonsense", expect=1)


def test_every_command_explains_itself(assay: Command) -> None:
    commands: dict[str, Any] = get_command(cli.app).commands  # type: ignore[attr-defined]
    named = ("up", "down", "status", "logs", "restart", "connect", "sql", "url", "login", "demo", "clean")
    assert set(named) <= set(commands)
    assert [name for name, command in commands.items() if not command.help] == []
    assert "Usage" in assay("status", "--help")


def test_connect_prints_what_a_snowflake_client_needs(assay: Command) -> None:
    assay("up", "aws")
    found = json.loads(assay("connect", "--json"))
    assert set(found) == {"account", "host", "port", "protocol", "user", "password", "database", "ca_bundle"}
    assert Path(found["ca_bundle"]).exists()


def test_a_secret_is_asked_for_at_a_terminal_without_being_shown(assay: Command) -> None:
    """What is typed is neither echoed nor an argument; a name that nothing reads is refused before the question."""
    assay("up", "aws")
    name = "assay/variables/typed"
    said, status = at_terminal(assay, "s3cret word\n", "secret", "set", name)
    assert status == 0, said
    assert said.split() == f"Value of {name}: Created {name}.".split()
    assert name in assay("secret", "list").split()
    unset = "assay/pods/postgres-company has no value: set it with `./assay secret set assay/pods/postgres-company`."
    assert unset in assay.said("secret", "list").splitlines()
    said, status = at_terminal(assay, "s3cret word\n", "secret", "set", "assay/pods/nobodys")
    assert status == 1
    assert "Value of" not in said
    assert "Nothing reads assay/pods/nobodys: declare it in plugins/assay/secrets/pods.yml first." in " ".join(
        said.split()
    )
    said, status = at_terminal(assay, "\n", "secret", "set", name)
    assert status == 1
    assert "is empty" in said


def at_terminal(assay: Command, typed: str, *words: str) -> tuple[str, int]:
    """Run the command with a terminal, and type when it asks. Returns what the terminal showed, and the status."""
    controller, terminal = pty.openpty()
    command = subprocess.Popen(
        [sys.executable, str(assay.root / "assay"), *words], cwd=assay.root, start_new_session=True,
        stdin=terminal, stdout=terminal, stderr=terminal,
        env={**os.environ, "ASSAY_STATE": str(assay.state)},
    )  # fmt: skip
    os.close(terminal)
    shown = b""
    while True:
        try:
            read = os.read(controller, 4096)
        except OSError:  # the last program at the terminal has ended
            read = b""
        if not read:
            break
        shown += read
        if b"Value of" in shown and typed and shown.rstrip().endswith(b":"):
            os.write(controller, typed.encode())
            typed = ""
    os.close(controller)
    return shown.decode(), command.wait(30)


def test_state_is_for_its_owner_only(assay: Command) -> None:
    assay("up", "aws", "inbox")
    assert assay.state.stat().st_mode & 0o077 == 0
    for path in (assay.state / "credentials.json", assay.state / "logs" / "aws.log", assay.state / "ports.json"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_clean_forgets_a_stopped_platform_and_refuses_a_running_one(assay: Command) -> None:
    assay("up", "inbox")
    assert "is running" in assay("clean", expect=1)
    assay("down")
    assert "credentials.json" in assay("clean")
    assert list(assay.state.iterdir()) == []


def test_state_that_is_not_readable_is_one_sentence(assay: Command) -> None:
    assay.state.mkdir(parents=True)
    (assay.state / "ports.json").write_text("{")
    message = assay("up", "inbox", expect=1)
    assert "ports.json is not readable as JSON" in message
    assert "Traceback" not in message
    (assay.state / "ports.json").unlink()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("run", "weather"), "The platform is not running: start it with `./assay up`."),
        (("cancel", "weather"), "The platform is not running: start it with `./assay up`."),
        (("sql", "select 1"), "The platform is not running: start it with `./assay up`."),
        (("secret", "list"), "The platform is not running: start it with `./assay up`."),
        (("company", "sql", "select 1"), "The platform is not running: start it with `./assay up`."),
        (("fault", "inbox"), "The platform is not running: start it with `./assay up`."),
        (("run", "weather", "--from", "2013-01-02", "--to", "2013-01-01"), "--from 2013-01-02 is after"),
        (
            ("run", "weather", "--from", "01.01.2026"),
            '"01.01.2026" is no day; write it as year, month and day, such as',
        ),
        (("run", "weather", "--to", "2013-02-30"), '"2013-02-30" is no day; write it as year, month and day, such as'),
    ],
)
def test_a_command_says_at_once_that_the_platform_is_stopped(
    words: tuple[str, ...], sentence: str, assay: Command
) -> None:
    assert assay(*words, expect=1).startswith(f"assay: {sentence}")


def test_an_unexpected_error_names_its_log_and_a_stopped_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["assay", "company"])  # a command of this machine
    said = command.error_text(KeyError("x"), Layout(tmp_path, tmp_path))
    log = tmp_path / "logs" / "cli.log"
    assert said == f"KeyError: 'x'. The platform is not running: start it with `./assay up`. The traceback is in {log}."
    assert "KeyError" in log.read_text()
