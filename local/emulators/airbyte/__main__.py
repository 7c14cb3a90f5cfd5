"""`python -m local.emulators.airbyte`: Airbyte's public API on the loopback interface, until it is stopped."""

from __future__ import annotations

import argparse
import json
import logging
import shutil
from pathlib import Path

from aiohttp import web

from local.emulators.airbyte.api import Api
from local.emulators.airbyte.catalogue import Catalogue
from local.emulators.airbyte.checks import Checks
from local.emulators.airbyte.faults import Faults
from local.emulators.airbyte.jobs import Jobs
from local.emulators.airbyte.store import Store
from local.emulators.common import credentials

STOP_SECONDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.emulators.airbyte", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="folder for what is remembered, and the jobs' logs")
    programs = (
        '{"source-declarative-manifest": ["/path/to/program"], …}, and any other connector by its program\'s name'
    )
    parser.add_argument("--connectors", type=Path, required=True, metavar="FILE.json", help=programs)
    parser.add_argument("--attempts", type=int, default=2, help="how often a failing job is tried (default: 2)")
    parser.add_argument("--pause", type=float, default=2, help="seconds between attempts (default: 2)")
    arguments = parser.parse_args()
    client = credentials.own("airbyte", "client_id", "client_secret")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("snowflake.connector").setLevel(logging.WARNING)

    state: Path = arguments.state
    shutil.rmtree(state / "private", ignore_errors=True)  # a kill may have left configurations there
    for folder in (state, state / "private", state / "logs"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(state / "airbyte.db")
    faults = Faults()
    catalogue = Catalogue(json.loads(arguments.connectors.read_text()), store, state / "private")
    jobs = Jobs(store, catalogue, faults, state, arguments.attempts, arguments.pause)
    app = Api(store, catalogue, jobs, faults, client, Checks(store, catalogue, state / "private")).app()

    async def stop(_: web.Application) -> None:
        jobs.interrupt(STOP_SECONDS)

    async def start(_: web.Application) -> None:
        jobs.recover()

    app.on_startup.append(start)
    app.on_shutdown.append(stop)
    web.run_app(app, host="127.0.0.1", port=arguments.port, print=None, shutdown_timeout=1,
                access_log_format='"%r" %s %Tf')  # fmt: skip
    store.close()


if __name__ == "__main__":
    main()
