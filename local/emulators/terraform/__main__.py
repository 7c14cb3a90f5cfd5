"""Runs a command with the stand-in providers, or serves them:

    PYTHONPATH=plugins python -m local.emulators.terraform --types-of terraform -- terraform -chdir=DIR plan
    PYTHONPATH=plugins python -m local.emulators.terraform --types-of terraform

Without a command it prints the value of TF_REATTACH_PROVIDERS on one line and serves until its standard input ends.
`--types-of` names a folder: the resource types its .tf files use are served, the rest of the thousands is not read.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from local.emulators.terraform.bindings import read
from local.emulators.terraform.newer import with_newer_types
from local.emulators.terraform.provider import server

PACKAGES = {
    "hashicorp/aws": "cdktf-cdktf-provider-aws",
    "snowflakedb/snowflake": "cdktf-cdktf-provider-snowflake",
}
USED = re.compile(r'^\s*(resource|data)\s+"(\w+)"', re.MULTILINE)


def used_types(folder: Path) -> set[str]:
    """`aws_vpc`, `data.aws_region`: what the folder's files name, whether it exists or not."""
    found = (match for path in folder.rglob("*.tf") for match in USED.findall(path.read_text()))
    return {name if kind == "resource" else f"data.{name}" for kind, name in found}


def reattach(sources: dict[str, str]) -> str:
    """How Terraform finds providers that already run: their sockets, by their addresses."""
    return json.dumps(
        {
            f"registry.terraform.io/{source}": {
                "Protocol": "grpc",
                "ProtocolVersion": 6,
                "Pid": os.getpid(),
                "Test": True,  # Terraform is not to end this process when it is done
                "Addr": {"Network": "unix", "String": socket},
            }
            for source, socket in sources.items()
        }
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.emulators.terraform", description=__doc__.splitlines()[0])
    parser.add_argument("--types-of", type=Path, required=True, metavar="DIR", help="serve the types its files use")
    parser.add_argument("command", nargs="*", help="run this, instead of serving until standard input ends")
    arguments = parser.parse_args()
    if arguments.command and shutil.which(arguments.command[0]) is None:
        parser.error(f"{arguments.command[0]} is not on this machine's PATH")
    types = used_types(arguments.types_of)
    with tempfile.TemporaryDirectory(prefix="assay-terraform-") as folder:
        sockets = {source: f"{folder}/{source.replace('/', '-')}" for source in PACKAGES}
        servers = []
        for source, package in PACKAGES.items():
            prefix = source.split("/")[1]
            wanted = {name for name in types if name.removeprefix("data.").startswith(f"{prefix}_")}
            servers.append(server(with_newer_types(read(package, source, wanted)), sockets[source]))
        try:
            if arguments.command:
                environment = {**os.environ, "TF_REATTACH_PROVIDERS": reattach(sockets)}
                return subprocess.run(arguments.command, env=environment, check=False).returncode
            print(reattach(sockets), flush=True)
            sys.stdin.read()
            return 0
        finally:
            for each in servers:
                each.stop(None)


if __name__ == "__main__":
    raise SystemExit(main())
