"""The baseline of a run: one `dbt build` of the same models and tests, without anything around it.

The same project and parse, the same role and key, the same warehouse with the same rows in it, a candidate cut in the
same way; one process with four threads, started afresh as a person would start it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import snowflake.connector

from assay.cli.common import DAGS
from assay.connect import connector_arguments
from assay.releases import Releases
from assay.secrets.names import connection_key, pod_key
from assay.warehouse import ConnectionWarehouse
from assay.zones import ServiceRole, ZoneNames
from assay.zones.reader import readers_today
from local.emulators.common import files
from local.state.endpoints import Endpoints
from tests.benchmarks.meters import Meter

ENVIRONMENT = "local"
THREADS = "4"
ACTOR = "bench"
RUN_ID = "bench"


class PlainDbtError(Exception):
    """dbt build failed by itself; the text is the end of what it said."""


@dataclass(frozen=True)
class Build:
    """Seconds; `nodes` is what dbt counted: models, seeds, snapshots and tests."""

    wall: float
    client_cpu: float
    warehouse_cpu: float
    others: float
    nodes: int

    @property
    def cpu(self) -> float:
        return self.client_cpu + self.warehouse_cpu

    def as_json(self) -> dict[str, Any]:
        return {
            "wall_seconds": round(self.wall, 2),
            "cpu_seconds": round(self.cpu, 2),
            "cpu_seconds_by_service": {"dbt": round(self.client_cpu, 2), "warehouse": round(self.warehouse_cpu, 2)},
            "cpu_seconds_of_others": round(self.others, 2),
            "nodes": self.nodes,
        }


def measure(endpoints: Endpoints, meter: Meter, zone: str) -> Build:
    """Raises PlainDbtError."""
    names = ZoneNames(ENVIRONMENT, zone)
    image = files.read_json(endpoints.layout.state / "images" / "assay" / "dbt" / "image.json")
    with candidate(endpoints, names), tempfile.TemporaryDirectory() as folder:
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
               if name in os.environ},
            **{name: value.replace("{tmp}", folder) for name, value in image["env"].items()},
            **secret(endpoints, pod_key(names.warehouse_secret(ServiceRole.TRANSFORMER))),
            "DBT_PARTIAL_PARSE_FILE_PATH": f"target/{zone}/partial_parse.msgpack",
            "ASSAY_ZONE": zone,
            "ASSAY_RUN_ID": RUN_ID,
        }  # fmt: skip
        command = [f"{image['path'][-1]}/dbt", "build", "--select", zone, "--threads", THREADS]
        before, began = meter.read(), time.monotonic()
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(command, cwd=image["workdir"], env=environment, stdout=output, stderr=output)
            _, status, resources = os.wait4(process.pid, 0)
            wall = time.monotonic() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            said = output.read()
        used = meter.since(before)
    if process.returncode:
        raise PlainDbtError(f"dbt build ended with {process.returncode}: {said[-2000:]}")
    client = resources.ru_utime + resources.ru_stime
    return Build(wall, client, used.services["warehouse"], max(0.0, used.others - client), nodes(said))


@contextmanager
def candidate(endpoints: Endpoints, names: ZoneNames) -> Iterator[None]:
    """A candidate that gold can be built in, as every run has one; it is closed in the ledger and never published."""
    login = secret(endpoints, connection_key(names.connection(ServiceRole.PUBLISHER)))
    with snowflake.connector.connect(**connector_arguments(login)) as connection:
        zones = DAGS / "zones"
        releases = Releases(ConnectionWarehouse(connection), names, lambda: readers_today(zones, names))
        releases.begin(RUN_ID, None, ACTOR)
        try:
            yield
        finally:
            releases.refuse(RUN_ID, "It was cut to measure dbt by itself.", ACTOR)


def secret(endpoints: Endpoints, key: str) -> dict[str, Any]:
    """What a pod or a task gets from Secrets Manager."""
    found = endpoints.aws("secretsmanager").get_secret_value(SecretId=key)
    values: dict[str, Any] = json.loads(found["SecretString"])
    return values


def nodes(said: str) -> int:
    """From dbt's last line: `Done. PASS=60 WARN=1 ERROR=0 SKIP=0 NO-OP=0 TOTAL=61`."""
    found = re.search(r"TOTAL=(\d+)", said)
    return int(found[1]) if found else 0
