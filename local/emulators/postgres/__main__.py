"""Sets the cluster up on first use, then becomes the Postgres server (`python -m local.emulators.postgres`)."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from local.emulators.common import credentials
from local.emulators.common.files import StateError
from local.emulators.postgres import cluster, identity


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.emulators.postgres", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="folder of the cluster's data")
    arguments = parser.parse_args()
    try:
        passwords = credentials.section("postgres")
        identity.leave_root()
        data = cluster.ensure(arguments.state, passwords)
        server = cluster.binary("postgres")
        os.execv(server, [str(server), "-D", str(data), *cluster.settings(arguments.port)])
    except (StateError, identity.CannotLeaveRoot, cluster.SetupFailed) as problem:
        sys.exit(f"postgres: {problem}")


if __name__ == "__main__":
    main()
