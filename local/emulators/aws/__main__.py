"""Serves the embedded AWS on the loopback interface (`python -m local.emulators.aws`).

Access keys are in the JSON file that ASSAY_CREDENTIALS names, as `aws: {identity: {access_key_id, secret_access_key}}`.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from local.emulators.aws.principals import Principals
from local.emulators.aws.server import Aws
from local.emulators.common import credentials
from local.emulators.common.files import StateError


class SilentHandler(MotoRequestHandler):
    """Logs failures only: a line per request would drown them."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if str(getattr(code, "value", code)) >= "500":
            logging.warning("%s %s -> %s", self.command, self.path.partition("?")[0], code)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.emulators.aws", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="folder of the journal")
    parser.add_argument(
        "--policies", type=Path, help="JSON file: each identity's IAM policy; without it only the root user may ask"
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    arguments.state.mkdir(parents=True, exist_ok=True)
    arguments.state.chmod(0o700)
    # moto asks itself over HTTP in places; it must find itself here.
    os.environ["MOTO_PORT"] = str(arguments.port)
    try:
        file = credentials.path()
        credentials.section("aws", file)  # read again when it changes; what is wrong with it is said now
        principals = Principals(file, arguments.policies, arguments.state)
        application = Aws(principals, arguments.state)
        count = application.replay()
    except StateError as problem:
        sys.exit(f"aws: {problem}")
    server = make_server("127.0.0.1", arguments.port, application, threaded=True, request_handler=SilentHandler)

    def leave(*_: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, leave)
    logging.info("ready; %d remembered requests", count)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
