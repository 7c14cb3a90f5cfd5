"""The platform's services but Airflow, started by the platform's own table and filled by its own provisioning."""

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
    """Every service that pods could talk to, provisioned. They end with the block."""
    endpoints = setup.prepare(Layout(root, state))
    table = [service for service in services.table(endpoints) if service.name in STARTED]
    with ExitStack() as ends:
        for service in table:
            ends.enter_context(_started(endpoints.layout, service))
        asyncio.run(_all_ready(table))
        yield endpoints


@contextmanager
def _started(layout: Layout, service: services.Service) -> Iterator[None]:
    environment = {**os.environ, **service.environment}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [layout.python(service.env), *service.command]
    with (layout.logs / f"{service.name}.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=layout.root, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.send_signal(service.stop_signal)
        process.wait(30)
        if service.farewell:
            subprocess.run(
                [layout.python(service.env), *service.farewell], cwd=layout.root, check=True, stderr=subprocess.DEVNULL
            )


async def _all_ready(table: list[services.Service]) -> None:
    deadline = time.monotonic() + WITHIN
    for service in table:
        assert service.ready is not None
        while (missing := await service.ready()) is not None:
            assert time.monotonic() < deadline, f"{service.name}: {missing}"
            await asyncio.sleep(0.1)


def reported(endpoints: Endpoints, *arguments: str) -> Any:
    """What the program of this package answers, in the platform's environment, with the platform's certificate."""
    layout = endpoints.layout
    environment = {**os.environ, **services.trust(layout), "PYTHONPATH": f"{layout.root}:{layout.root / 'plugins'}"}
    command = [layout.python("platform"), "-m", "tests.local.isolation.administrator", str(layout.state), *arguments]
    done = subprocess.run(command, cwd=layout.root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])
