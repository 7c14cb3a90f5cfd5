"""A warehouse of our own with the approved tables of three days, the baked dbt image, and pods that run dbt from it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
import snowflake.connector

from assay.grants import zone_grants
from assay.releases.gold_schemas import Gold
from assay.warehouse import ConnectionWarehouse
from assay.zones import ServiceRole, ZoneNames, load_zones
from assay.zones.names import CANDIDATE
from assay.zones.readers import gold_readers
from local.emulators.common import files
from local.emulators.common.forks.program import Program
from local.platform import dbt_image
from local.state import credentials, tls
from tools.runtime.layout import Layout

from . import approved

ZONES = ("flights", "weather")
START_SECONDS = 60
POD_SECONDS = 300


@dataclass(frozen=True)
class Warehouse:
    layout: Layout
    port: int

    @property
    def logins(self) -> dict[str, Any]:
        logins: dict[str, Any] = credentials.load(self.layout.credentials)["warehouse"]
        return logins

    def connect(self) -> snowflake.connector.SnowflakeConnection:
        admin = self.logins["admin"]
        return snowflake.connector.connect(
            account="assay", host="127.0.0.1", port=self.port, user=admin["user"], password=admin["password"]
        )

    @contextmanager
    def gold(self, zone: str) -> Iterator[Gold]:
        """A zone's gold, as its publisher handles it."""
        names = ZoneNames("local", zone)
        user = names.role(ServiceRole.PUBLISHER)
        key = self.logins["service_users"][user]["private_key"]
        with snowflake.connector.connect(
            account="assay", host="127.0.0.1", port=self.port, user=user, role=user, private_key=key
        ) as connection:
            yield Gold(ConnectionWarehouse(connection), names)

    def cut_candidate(self, zone: str) -> None:
        with self.gold(zone) as gold:
            gold.clone("R1", "scheduled__2013-01-03")

    def publish(self, zone: str) -> None:
        zones = load_zones(self.layout.root / "dags" / "zones")
        (published,) = [each for each in zones if each.zone == zone]
        with self.gold(zone) as gold:
            gold.seal()
            readers = gold_readers(published, "local", zones)
            gold.go_live(CANDIDATE, readers, gold.contents().tables[CANDIDATE])

    def query(self, statement: str) -> list[Any]:
        with self.connect() as connection:
            return list(connection.cursor().execute(statement).fetchall())

    def one(self, statement: str) -> Any:
        return self.query(statement)[0][0]

    def approve(self, table: approved.Table, rows: list[approved.Row], load_id: str, approved_at: str) -> None:
        with self.connect() as connection:
            cursor = connection.cursor()
            cursor.execute("use database LOCAL_FLIGHTS")
            approved.approve(cursor, table, rows, load_id, approved_at)


@dataclass(frozen=True)
class Run:
    code: int
    output: str
    folder: Path

    def results(self) -> dict[str, Any]:
        """Status and failures of each node, by its name."""
        found = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        return {result["unique_id"].split(".")[2]: result for result in found}


Pod = Callable[..., Run]


def connection_environment(zone: str, port: int) -> dict[str, str]:
    name = f"LOCAL_{zone.upper()}"
    return {
        "SNOWFLAKE_ACCOUNT": "assay",
        "SNOWFLAKE_HOST": "127.0.0.1",
        "SNOWFLAKE_PORT": str(port),
        "SNOWFLAKE_USER": f"{name}_TRANSFORMER",
        "SNOWFLAKE_ROLE": f"{name}_TRANSFORMER",
        "SNOWFLAKE_WAREHOUSE": f"{name}_WH",
        "SNOWFLAKE_DATABASE": name,
    }


@pytest.fixture(scope="session")
def layout(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    layout = Layout(root=root, state=tmp_path_factory.mktemp("state"))
    tls.ensure(layout)
    credentials.ensure(layout.credentials, ZONES)
    return layout


@pytest.fixture(scope="session")
def warehouse_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def warehouse(layout: Layout, warehouse_port: int, env_python: Callable[[str], Path]) -> Iterator[Warehouse]:
    """The embedded warehouse with both zones' databases, roles and users, and the approved tables of 1 to 3 January."""
    state = layout.data("warehouse")
    command = [str(env_python("warehouse")), "-m", "local.emulators.snowflake"]
    command += ["--port", str(warehouse_port), "--state", str(state)]
    command += ["--tls-cert", str(layout.tls / "warehouse.crt"), "--tls-key", str(layout.tls / "warehouse.key")]
    with (layout.state / "warehouse.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=layout.root, stderr=log, env=os.environ | {"ASSAY_CREDENTIALS": str(layout.credentials)}
        )
    try:
        wait_until_healthy(f"https://127.0.0.1:{warehouse_port}/health", layout, process)
        tls.trust_bundle(layout)
        warehouse = Warehouse(layout, warehouse_port)
        provision(warehouse)
        yield warehouse
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_until_healthy(url: str, layout: Layout, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(url, timeout=5, verify=str(layout.ca_bundle)).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError(f"the warehouse did not start:\n{(layout.state / 'warehouse.log').read_text()}")


def provision(warehouse: Warehouse) -> None:
    zones = load_zones(warehouse.layout.root / "dags" / "zones")
    keys = {user: pair["public_key"] for user, pair in warehouse.logins["service_users"].items()}
    with warehouse.connect() as connection:
        cursor = connection.cursor()
        for zone in zones:
            for statement in zone_grants.statements(zone, "local", zones, keys):
                cursor.execute(statement)
        cursor.execute("use database LOCAL_FLIGHTS")
        for table in (approved.FLIGHTS, approved.AIRPORTS, approved.PLANES, approved.WEATHER):
            approved.create(cursor, table)
        first = "2026-11-01T00:00:00"
        approved.approve(cursor, approved.AIRPORTS, list(approved.package_rows("airports")), "LAIRPORTS", first)
        approved.approve(cursor, approved.PLANES, list(approved.package_rows("planes")), "LPLANES", first)
        for day in (1, 2, 3):
            load, approved_at = f"LDAY{day}", f"2026-11-{day:02d}T00:00:00"
            approved.approve(cursor, approved.FLIGHTS, approved.flight_rows(day), load, approved_at)
            approved.approve(cursor, approved.WEATHER, approved.january("weather", day), load, approved_at)


@pytest.fixture(scope="session")
def image(layout: Layout, warehouse_port: int, env_python: Callable[[str], Path]) -> dict[str, Any]:
    """The baked image's description, as the process backend reads it."""
    env_python("dbt")
    connections = {zone: connection_environment(zone, warehouse_port) for zone in ZONES}
    dbt_image.bake(layout.state, connections, manifest=layout.state / "manifest.json")
    description: dict[str, Any] = files.read_json(layout.state / "images" / "assay" / "dbt" / "image.json")
    return description


@pytest.fixture(scope="session")
def pod_environment(
    layout: Layout, image: dict[str, Any], warehouse_port: int
) -> Callable[[str, Path, Mapping[str, str]], dict[str, str]]:
    """What a pod of a zone has, and nothing else; with a /tmp of its own."""

    def environment(zone: str, tmp: Path, more: Mapping[str, str]) -> dict[str, str]:
        user = f"LOCAL_{zone.upper()}_TRANSFORMER"
        key = credentials.load(layout.credentials)["warehouse"]["service_users"][user]["private_key"]
        return {
            **{name: value.replace("{tmp}", str(tmp)) for name, value in image["env"].items()},
            **connection_environment(zone, warehouse_port),
            "PATH": ":".join([*image["path"], "/usr/bin", "/bin"]),
            "REQUESTS_CA_BUNDLE": str(layout.ca_bundle),
            "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": key,
            "DBT_PARTIAL_PARSE_FILE_PATH": f"target/{zone}/partial_parse.msgpack",
            "ASSAY_ZONE": zone,
            "ASSAY_RUN_ID": "scheduled__2013-01-03",
            "DBT_WRITE_JSON": "true",  # what the tests read
            **more,
        }

    return environment


@pytest.fixture(scope="session")
def pod(
    image: dict[str, Any], pod_environment: Callable[..., dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Pod:
    """Runs dbt as a pod of the image would, forked from one that is loaded."""
    program, python = (f"{folder}/{name}" for folder, name in zip(image["path"], ("dbt", "python"), strict=True))
    loaded = Program(program, {"PATH": os.defpath}, python)

    def run(zone: str, *arguments: str, **environment: str) -> Run:
        tmp = tmp_path_factory.mktemp("pod")
        started = loaded.start(list(arguments), image["workdir"], pod_environment(zone, tmp, environment))
        with started.stdout:
            said = started.stdout.read()
        return Run(started.wait(POD_SECONDS), said, tmp)

    return run


@pytest.fixture(scope="session")
def executed_pod(
    image: dict[str, Any], pod_environment: Callable[..., dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Pod:
    """Executes dbt as a container does."""

    def run(zone: str, *arguments: str, **environment: str) -> Run:
        tmp = tmp_path_factory.mktemp("pod")
        done = subprocess.run(
            ["dbt", *arguments], cwd=image["workdir"], env=pod_environment(zone, tmp, environment),
            capture_output=True, text=True, check=False, timeout=POD_SECONDS,
        )  # fmt: skip
        return Run(done.returncode, done.stdout + done.stderr, tmp)

    return run


@pytest.fixture(scope="session")
def manifest(image: dict[str, Any], layout: Layout) -> dict[str, Any]:
    """What dbt knows of the project after the bake."""
    build = Path(image["workdir"]).parent
    parsed: dict[str, Any] = json.loads(dbt_image.full_manifest(build, ZONES).read_text())
    return parsed
