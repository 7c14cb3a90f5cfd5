"""The embedded warehouse and S3 for tests of contracts and ingestion, and one zone on them per test."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import snowflake.connector
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from assay.contracts import Contract, load_contract
from assay.contracts.approval import Outcome, approve_load
from assay.grants import zone_grants
from assay.ingestion.landing import Folder, Landed, land_files
from assay.ingestion.window import Window
from assay.load_ledger import Load
from assay.warehouse import ConnectionWarehouse, Row
from assay.zones import ServiceRole, ZoneNames, load_zones
from tests.local.emulators.airbyte.servers import World

REGION = "eu-central-1"


@dataclass
class Embedded:
    """Both servers. Every zone on trial gets an environment (and so databases, a bucket and roles) of its own."""

    root: Path
    port: int
    admin: Mapping[str, str]
    s3: Any
    key: ec.EllipticCurvePrivateKey
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def login(self, **who: Any) -> snowflake.connector.SnowflakeConnection:
        return snowflake.connector.connect(
            account="assay",
            host="127.0.0.1",
            port=self.port,
            disable_ocsp_checks=True,
            session_parameters={"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
            **who,
        )

    def airflow_connection(self, names: ZoneNames) -> dict[str, Any]:
        """The loader's connection, in the JSON form in which Secrets Manager holds it."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        role = names.role(ServiceRole.LOADER)
        return {
            "conn_type": "snowflake",
            "login": role,
            "extra": {
                "account": "assay",
                "host": "127.0.0.1",
                "port": self.port,
                "database": names.database,
                "warehouse": names.warehouse,
                "role": role,
                "private_key_content": pem.decode(),
                "insecure_mode": True,
                "session_parameters": {"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
            },
        }

    @contextmanager
    def zone(self, name: str) -> Iterator[ZoneOnTrial]:
        environment = f"t{next(self.numbers)}"
        zones = load_zones(self.root / "dags" / "zones")
        zone = next(zone for zone in zones if zone.zone == name)
        names = ZoneNames(environment, name)
        public = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        public_key = "".join(public.decode().splitlines()[1:-1])
        private = self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.s3.create_bucket(
            Bucket=f"assay-{environment}-landing", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        with closing(self.login(**self.admin)) as connection:
            admin = ConnectionWarehouse(connection)
            for statement in zone_grants.statements(
                zone, environment, [zone], {names.role(d): public_key for d in ServiceRole}
            ):
                admin.execute(statement)
            user = names.role(ServiceRole.LOADER)
            with closing(self.login(user=user, role=user, private_key=private, warehouse=names.warehouse)) as loader:
                folder = self.root / "dags" / "zones" / name
                yield ZoneOnTrial(names, ConnectionWarehouse(loader), admin, self.s3, folder)


@dataclass
class ZoneOnTrial:
    """One zone, and short ways to do what its tasks do."""

    names: ZoneNames
    warehouse: ConnectionWarehouse
    admin: ConnectionWarehouse
    s3: Any
    folder: Path

    def contract(self, table: str | None = None) -> Contract:
        return load_contract(self.folder, table or self.names.zone)

    def load(self, run_id: str, source: str = "weather_files", table: str = "weather") -> Load:
        return Load(self.names, source, table, run_id)

    def drop(self, path: str, content: bytes) -> None:
        """Put a file into the zone's folder of the bucket, replacing what was there."""
        bucket = f"assay-{self.names.environment}-landing"
        self.s3.put_object(Bucket=bucket, Key=f"{self.names.zone}/{path}", Body=content)

    def remove(self, path: str) -> None:
        bucket = f"assay-{self.names.environment}-landing"
        self.s3.delete_object(Bucket=bucket, Key=f"{self.names.zone}/{path}")

    def land(self, run_id: str, window: Window | None = None) -> Landed:
        columns = [column.name for column in self.contract().columns]
        folder = Folder("incoming/", null_if=("NA", ""))
        return land_files(self.warehouse, self.load(run_id), columns, folder, window, self.contract().digest)

    def approve(self, run_id: str, contract: Contract | None = None) -> Outcome:
        return approve_load(self.warehouse, self.load(run_id), contract or self.contract())

    def run(self, run_id: str, window: Window | None = None) -> Outcome:
        self.land(run_id, window)
        return self.approve(run_id)

    def rows(self, sql: str) -> list[Row]:
        """Ask as the administrator; `{db}` is the zone's database, `{ledger}` the ledgers' schema."""
        return self.admin.execute(sql.format(db=self.names.database, ledger=self.names.ledger))

    def approved(self) -> list[Row]:
        table = self.names.approved("weather")
        return self.rows(f"select origin, time_hour, temp, _load_id, _approved_at from {table} order by 2, 1")

    def quarantined(self) -> list[Row]:
        return self.rows("select * from {db}.quarantine.weather order by _load_id, _file, _row")


@contextmanager
def start(root: Path, state: Path, python: Callable[[str], Path]) -> Iterator[Embedded]:
    world = World.create(root, state, python, _port)
    aws = world.credentials["aws"]["administrator"]
    os.environ["REQUESTS_CA_BUNDLE"] = world.bundle
    with (
        world.serve("aws", "platform", state / "aws", "--policies", world.aws_policies) as (s3_url, _),
        world.serve(
            "warehouse", "warehouse", state / "warehouse",
            "--tls-cert", str(state / "tls" / "warehouse.crt"), "--tls-key", str(state / "tls" / "warehouse.key"),
            "--s3-endpoint", s3_url,
            scheme="https",
        ) as (url, _),
    ):  # fmt: skip
        s3 = boto3.client(
            "s3",
            endpoint_url=s3_url,
            region_name=REGION,
            aws_access_key_id=aws["access_key_id"],
            aws_secret_access_key=aws["secret_access_key"],
        )
        key = ec.generate_private_key(ec.SECP256R1())
        yield Embedded(root, int(url.rpartition(":")[2]), world.credentials["warehouse"]["admin"], s3, key)


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def embedded(
    root: Path, env_python: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Embedded]:
    """The embedded warehouse and S3, started once for all tests of a folder."""
    with start(root, tmp_path_factory.mktemp("embedded"), env_python) as running:
        yield running


@pytest.fixture
def weather(embedded: Embedded) -> Iterator[ZoneOnTrial]:
    """The weather zone in an environment of the test's own, as its loader sees it."""
    with embedded.zone("weather") as zone:
        yield zone


@pytest.fixture
def flights(embedded: Embedded) -> Iterator[ZoneOnTrial]:
    with embedded.zone("flights") as zone:
        yield zone
