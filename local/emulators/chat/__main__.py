"""Serves the inbox on the loopback interface (`python -m local.emulators.chat`)."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from aiohttp import web

from local.emulators.chat.hooks import Hooks
from local.emulators.chat.server import application
from local.emulators.chat.store import Store
from local.emulators.common import credentials


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.emulators.chat", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="folder of the messages")
    parser.add_argument("--documents", type=Path, help="folder whose .md files are served below /repository/")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)

    def login() -> tuple[str, str]:
        airflow = credentials.section("airflow")
        return airflow["user"], airflow["password"]

    hooks = Hooks(arguments.state / "hooks.json", credentials.own("inbox"))
    app = application(Store(arguments.state / "messages.jsonl"), hooks, login, arguments.documents)
    # No access log: a hook's path is its secret.
    web.run_app(app, host="127.0.0.1", port=arguments.port, access_log=None, print=None, shutdown_timeout=2)


if __name__ == "__main__":
    main()
