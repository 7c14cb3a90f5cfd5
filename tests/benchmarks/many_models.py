"""A dbt project of any size with the platform's own macros, and an embedded warehouse of its own to run it against."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from assay.grants import zone_grants
from assay.zones import ServiceRole, ZoneNames, load_zone
from local.state import credentials, tls
from tools.runtime.layout import ROOT, Layout

ZONE = "bench"
NAMES = ZoneNames("local", ZONE)
CHAIN = 10
"""Models that read each other; the first of each chain reads nothing."""
MODEL = "m_0000"
START_SECONDS = 60

PROJECT = """name: assay
version: "1.0.0"
profile: assay
query-comment: null
models:
  assay:
    +materialized: table
"""
PROPERTIES = """version: 2
models:
  - name: {name}
    description: Model {number} of many.
    config: {{meta: {{owner: bench@example.com}}}}
    columns:
      - name: value
        description: A number.
        data_tests: [not_null]
"""


class NoWarehouse(Exception):
    """The embedded warehouse did not start; the text is the end of its log."""


def write_project(folder: Path, models: int) -> Path:
    """A project of that many models with a test each, in chains of ten."""
    silver = folder / "models" / ZONE / "silver"
    silver.mkdir(parents=True)
    shutil.copytree(ROOT / "dbt" / "macros", folder / "macros")
    (folder / "dbt_project.yml").write_text(PROJECT)
    for number in range(models):
        name = f"m_{number:04}"
        before = f"{{{{ ref('m_{number - 1:04}') }}}}"
        sql = f"select value + 1 as value from {before}\n" if number % CHAIN else "select 1 as value\n"
        (silver / f"{name}.sql").write_text(sql)
        (silver / f"{name}.yml").write_text(PROPERTIES.format(name=name, number=number))
    return folder


@dataclass(frozen=True)
class Warehouse:
    """How pods reach it: their environment without the key, the key, and the certificate to trust."""

    connection: dict[str, str]
    key: str
    bundle: Path


@contextmanager
def warehouse(layout: Layout) -> Iterator[Warehouse]:
    """The embedded warehouse in a state folder of its own, with the database, roles and users of the zone `bench`."""
    tls.ensure(layout)
    credentials.ensure(layout.credentials, [ZONE])
    logins = credentials.load(layout.credentials)["warehouse"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [str(layout.python("warehouse")), "-m", "local.emulators.snowflake", "--port", str(port)]
    command += ["--state", str(layout.data("warehouse"))]
    command += ["--tls-cert", str(layout.tls / "warehouse.crt"), "--tls-key", str(layout.tls / "warehouse.key")]
    log = layout.state / "warehouse.log"
    with log.open("w") as lines:
        process = subprocess.Popen(
            command, cwd=ROOT, stderr=lines, env=os.environ | {"ASSAY_CREDENTIALS": str(layout.credentials)}
        )
    try:
        _await(f"https://127.0.0.1:{port}/health", layout, process, log)
        _provision(layout, port, logins)
        role = NAMES.role(ServiceRole.TRANSFORMER)
        yield Warehouse(
            {
                "SNOWFLAKE_ACCOUNT": "assay",
                "SNOWFLAKE_HOST": "127.0.0.1",
                "SNOWFLAKE_PORT": str(port),
                "SNOWFLAKE_USER": role,
                "SNOWFLAKE_ROLE": role,
                "SNOWFLAKE_WAREHOUSE": NAMES.warehouse,
                "SNOWFLAKE_DATABASE": NAMES.database,
            },
            logins["service_users"][role]["private_key"],
            layout.ca_bundle,
        )
    finally:
        process.terminate()
        process.wait(timeout=10)


def _await(url: str, layout: Layout, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(url, timeout=5, verify=str(layout.ca_bundle)).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise NoWarehouse(f"The embedded warehouse did not start: {log.read_text()[-1000:]}")


def _provision(layout: Layout, port: int, logins: dict[str, dict[str, dict[str, str]]]) -> None:
    tls.trust_bundle(layout)
    import snowflake.connector  # reads the trust settings above when it is imported

    any_zone = load_zone(ROOT / "dags" / "zones" / "weather")
    zone = any_zone.model_copy(update={"zone": ZONE, "publishes": [], "reads": []})
    keys = {user: pair["public_key"] for user, pair in logins["service_users"].items()}
    admin = logins["admin"]
    with closing(
        snowflake.connector.connect(
            account="assay", host="127.0.0.1", port=port, user=admin["user"], password=admin["password"],
            insecure_mode=True, session_parameters={"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
        )
    ) as connection:  # fmt: skip
        for statement in zone_grants.statements(zone, NAMES.environment, [zone], keys):
            connection.cursor().execute(statement)
