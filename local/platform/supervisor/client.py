"""What commands do with the supervisor: start it, wait for its services, stop it, ask how things are."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from local.emulators.common import files
from local.platform.setup import prepare
from local.platform.supervisor import control, recovery
from local.platform.supervisor.logs import tail
from local.platform.supervisor.process_keeper import say_farewell
from local.platform.supervisor.services import table
from local.state.endpoints import Endpoints
from tools.runtime import processes
from tools.runtime.layout import Layout

GIVE_UP_AFTER_FAILURES = 3
LONGEST_START_SECONDS = 600
LONGEST_STOP_SECONDS = 90

Row = dict[str, Any]


class Trouble(Exception):
    """Why a service did not come up or the platform did not stop, as a sentence."""


def up(layout: Layout, names: Sequence[str], progress: Callable[[Row], None]) -> list[Row]:
    """Starts the named services (all by default) and what they need, and returns when all are ready.

    `progress` is called with a service's row whenever its state has changed. Raises Trouble when one keeps failing;
    what has started stays, for a look at it.
    """
    try:
        control.ask(layout, {"do": "start", "services": list(names)})
    except control.NotRunning:
        prepare(layout)
        _launch(layout, names)
    deadline = time.monotonic() + LONGEST_START_SECONDS
    seen: dict[str, tuple[str, str]] = {}
    while True:
        rows = [row for row in status(layout) if row["state"] != "stopped"]
        for row in rows:
            if seen.get(row["service"]) != (row["state"], row["note"]):
                seen[row["service"]] = (row["state"], row["note"])
                progress(row)
        if rows and all(is_ready(row) for row in rows):
            return rows
        for row in rows:
            if row["failures"] >= GIVE_UP_AFTER_FAILURES:
                raise Trouble(_obituary(row))
        if time.monotonic() > deadline:
            late = ", ".join(row["service"] for row in rows if not is_ready(row))
            raise Trouble(f"Not ready within {LONGEST_START_SECONDS} s: {late}. See `./assay logs SERVICE`.")
        time.sleep(0.3)


def down(layout: Layout) -> list[str]:
    """Stops everything. Returns what it stopped, one phrase each; an empty list when nothing ran."""
    stopped = []
    try:
        pid = control.ask(layout, {"do": "stop"})["pid"]
    except control.NotRunning:
        recorded = files.read_json(layout.run / "supervisor.json", default={})
        pid = recorded.get("pid", 0) if processes.is_running(recorded.get("pid", 0), recorded.get("started", "")) else 0
    if pid:
        _await_end(layout, pid)
        stopped.append("the supervisor and its services")
    (layout.run / "supervisor.json").unlink(missing_ok=True)
    stopped += [f"{name}, left over" for name in recovery.stop_strays(layout)]
    if not pid and layout.ports.exists():
        for service in table(Endpoints(layout)):
            if service.farewell and layout.data(service.name).exists():
                say_farewell(layout, service)
    return stopped


def status(layout: Layout) -> list[Row]:
    """A row per service, as the supervisor sees it. Raises NotRunning."""
    rows: list[Row] = control.ask(layout, {"do": "status"})["services"]
    return rows


def restart(layout: Layout, name: str) -> None:
    control.ask(layout, {"do": "restart", "service": name})


def await_restart(layout: Layout, name: str, restarts: int, progress: Callable[[Row], None]) -> None:
    """Return when the service has been restarted since it counted `restarts`, and is ready. Raise Trouble otherwise."""
    deadline = time.monotonic() + LONGEST_START_SECONDS
    seen = None
    while time.monotonic() < deadline:
        row = next(row for row in status(layout) if row["service"] == name)
        if seen != row["state"]:
            seen = row["state"]
            progress(row)
        if row["restarts"] > restarts and is_ready(row):
            return
        if row["failures"] >= GIVE_UP_AFTER_FAILURES:
            raise Trouble(_obituary(row))
        time.sleep(0.2)
    raise Trouble(f"{name} was not ready within {LONGEST_START_SECONDS} s.")


def is_ready(row: Row) -> bool:
    return row["state"] in ("up", "done")


def _launch(layout: Layout, names: Sequence[str]) -> None:
    """Starts the supervisor as a process of its own and waits until it answers."""
    log = layout.logs / "supervisor.log"
    command = [str(layout.python("platform")), "-m", "local.platform.supervisor", *names]
    with log.open("ab") as output:
        child = subprocess.Popen(
            command, cwd=layout.root, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(layout.root), "ASSAY_STATE": str(layout.state)},
        )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise Trouble(f"The supervisor did not start: {(tail(log, 1) or ['no message'])[0]}")
        try:
            control.ask(layout, {"do": "status"})
            return
        except control.NotRunning:
            time.sleep(0.1)
    raise Trouble(f"The supervisor did not answer within 60 s: see {log}.")


def _await_end(layout: Layout, pid: int) -> None:
    found = processes.find(pid)
    if found is None:
        return
    deadline = time.monotonic() + LONGEST_STOP_SECONDS
    while processes.is_running(pid, found.started):
        if time.monotonic() > deadline:
            processes.end([found], 0)
            return
        time.sleep(0.1)


def _obituary(row: Row) -> str:
    lines = [line for line in tail(Path(row["log"]), 40) if line.strip()]
    last = f" Its last words: “{lines[-1].strip()[:300]}”." if lines else ""
    return f"{row['service']} does not come up: {row['note'] or row['state']}.{last} More in {row['log']}."
