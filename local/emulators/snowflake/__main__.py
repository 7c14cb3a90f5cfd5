"""``python -m local.emulators.snowflake``: the embedded Snowflake on one port of this machine, over HTTPS."""

from __future__ import annotations

import argparse
import faulthandler
import gc
import logging
import signal
import sys
from pathlib import Path

import uvicorn

from local.emulators.common import credentials

from . import bootstrap
from .server import Server
from .storage import S3
from .store import Store

OBJECTS_PER_COLLECTION = 100_000
"""A statement's tree is tens of thousands of objects, which the default of 700 would look through again and again: a
fifth of the server's time."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.emulators.snowflake", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="the port to listen on, on 127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="the folder that holds everything")
    parser.add_argument("--tls-cert", type=Path, required=True, help="certificate for 127.0.0.1 and localhost, PEM")
    parser.add_argument("--tls-key", type=Path, required=True, help="its private key, PEM")
    parser.add_argument("--s3-endpoint", help="where S3 is, if not at AWS")
    arguments = parser.parse_args()
    aws = credentials.own("aws", "snowflake")["snowflake"]
    admin = credentials.own("warehouse", "admin")["admin"]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    store = Store(arguments.state, S3(arguments.s3_endpoint, aws["access_key_id"], aws["secret_access_key"]))
    bootstrap.prepare(store, admin["user"], admin["password"])
    server = Server(store)
    gc.freeze()
    gc.set_threshold(OBJECTS_PER_COLLECTION, 20, 50)
    faulthandler.register(signal.SIGUSR1)  # where every thread is, into the log: for a statement that does not end
    # uvicorn stops on these, and raises them again when it has: then there is still the file to close
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    uvicorn.run(
        server.app(),
        host="127.0.0.1",
        port=arguments.port,
        ssl_certfile=str(arguments.tls_cert),
        ssl_keyfile=str(arguments.tls_key),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
