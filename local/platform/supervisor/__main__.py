"""`python -m local.platform.supervisor [SERVICE…]`: looks after the services until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import logging
import os
import signal
import sys
from typing import Any

from local.emulators.common import files
from local.platform.supervisor import control, recovery
from local.platform.supervisor.process_keeper import Keeper
from local.platform.supervisor.services import UnknownService, table, with_needs
from local.state.endpoints import Endpoints
from tools.runtime import processes
from tools.runtime.layout import Layout


async def supervise(layout: Layout, names: list[str]) -> None:
    services = table(Endpoints(layout))
    keeper = Keeper(layout, services)
    stop = asyncio.Event()

    def named(request: dict[str, Any]) -> list[str]:
        return [service.name for service in with_needs(services, request.get("services", []))]

    async def handle(request: dict[str, Any]) -> dict[str, Any]:
        match request.get("do"):
            case "status":
                return {"pid": os.getpid(), "services": keeper.report()}
            case "start":
                keeper.start(named(request))
            case "restart":
                keeper.restart(with_needs(services, [request["service"]])[-1].name)
            case "stop":
                stop.set()
            case other:
                raise ValueError(f"the supervisor knows no command “{other}”")
        return {"pid": os.getpid()}

    async def guarded(request: dict[str, Any]) -> dict[str, Any]:
        try:
            return await handle(request)
        except UnknownService as problem:
            raise ValueError(str(problem)) from problem

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await control.serve(layout, guarded)
    housekeeping = asyncio.create_task(keeper.keep_house())
    keeper.start(service.name for service in with_needs(services, names))
    await stop.wait()
    housekeeping.cancel()
    await keeper.stop()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.platform.supervisor", description=__doc__)
    parser.add_argument(
        "services", nargs="*", metavar="SERVICE", help="services to start, with what they need; all by default"
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    layout = Layout.here()
    layout.run.mkdir(parents=True, exist_ok=True)
    with (layout.run / "supervisor.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("supervisor: this platform has one already.")
        me = processes.find(os.getpid())
        try:
            for name in recovery.stop_strays(layout):
                logging.info("%s: left over from a supervisor that was killed; stopped", name)
            files.write_json(layout.run / "supervisor.json", {"pid": os.getpid(), "started": me.started if me else ""})
            asyncio.run(supervise(layout, arguments.services))
        except (files.StateError, UnknownService) as problem:
            sys.exit(f"supervisor: {problem}")


if __name__ == "__main__":
    main()
