"""`python -m local.company.flights_api`: serves the flights API on the loopback interface until it is stopped."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from aiohttp import web

from local.company.flights_api.faults import Faults
from local.company.flights_api.server import Api
from local.company.flights_api.store import Store
from local.company.flights_api.tokens import Tokens
from local.emulators.common import credentials


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.company.flights_api", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="folder of the database; made when missing")
    parser.add_argument("--rate-limit", type=int, default=0, help="requests per second before 429 (default: no limit)")
    arguments = parser.parse_args()
    token = credentials.own("flights_api", "token")["token"]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    arguments.state.mkdir(parents=True, exist_ok=True)
    store = Store(arguments.state / "flights.db")
    app = Api(store, Tokens(arguments.state / "tokens.json", token), Faults(arguments.rate_limit)).app()
    web.run_app(app, host="127.0.0.1", port=arguments.port, print=None, shutdown_timeout=2,
                access_log_format='"%r" %s %b %Tf')  # fmt: skip
    store.close()


if __name__ == "__main__":
    main()
