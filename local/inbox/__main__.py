"""Serves the inbox on the loopback interface (`python -m local.inbox`)."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from aiohttp import web

from local import credentials
from local.files import StateError
from local.inbox.hooks import Hooks
from local.inbox.server import application
from local.inbox.store import Store


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.inbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="folder of the messages")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    known = Path(os.environ["ASSAY_CREDENTIALS"])

    def login() -> tuple[str, str]:
        airflow = credentials.load(known)["airflow"]
        return airflow["user"], airflow["password"]

    try:
        tokens = credentials.load(known)["inbox"]
    except StateError as problem:
        sys.exit(f"inbox: {problem}")
    hooks = Hooks(arguments.state / "hooks.json", tokens)
    app = application(Store(arguments.state / "messages.jsonl"), hooks, login)
    # No access log: a hook's path is its secret.
    web.run_app(app, host="127.0.0.1", port=arguments.port, access_log=None, print=None, shutdown_timeout=2)


if __name__ == "__main__":
    main()
