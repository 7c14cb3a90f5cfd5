"""The platform's parts but Airflow, started by the platform's own table and filled by its own provisioning."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from local.platform import setup
from local.platform.supervisor import services
from local.state.endpoints import Endpoints
from tools.runtime.layout import Layout

STARTED = ("postgres", "aws", "warehouse", "flights_api", "airbyte", "kubernetes", "inbox")
WITHIN = 120


@contextmanager
def running(root: Path, state: Path) -> Iterator[Endpoints]:
    """Every part that pods could talk to, provisioned. They end with the block."""
    endpoints = setup.prepare(Layout(root, state))
    table = [part for part in services.table(endpoints) if part.name in STARTED]
    with ExitStack() as ends:
        for part in table:
            ends.enter_context(_started(endpoints.layout, part))
        asyncio.run(_all_ready(table))
        yield endpoints


@contextmanager
def _started(layout: Layout, part: services.Part) -> Iterator[None]:
    environment = {**os.environ, **part.environment}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [layout.python(part.env), *part.command]
    with (layout.logs / f"{part.name}.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=layout.root, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.send_signal(part.stop_signal)
        process.wait(30)
        if part.farewell:
            subprocess.run(
                [layout.python(part.env), *part.farewell], cwd=layout.root, check=True, stderr=subprocess.DEVNULL
            )


async def _all_ready(table: list[services.Part]) -> None:
    deadline = time.monotonic() + WITHIN
    for part in table:
        assert part.ready is not None
        while (missing := await part.ready()) is not None:
            assert time.monotonic() < deadline, f"{part.name}: {missing}"
            await asyncio.sleep(0.1)


def reported(endpoints: Endpoints, *arguments: str) -> Any:
    """What the program of this package answers, in the platform's environment, with the platform's certificate."""
    layout = endpoints.layout
    environment = {**os.environ, **services.trust(layout), "PYTHONPATH": f"{layout.root}:{layout.root / 'plugins'}"}
    command = [layout.python("platform"), "-m", "tests.local.isolation.administrator", str(layout.state), *arguments]
    done = subprocess.run(command, cwd=layout.root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])
