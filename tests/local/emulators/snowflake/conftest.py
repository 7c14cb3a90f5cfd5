"""One embedded warehouse (and one S3 beside it) for all tests here, on real sockets; each test has its own database."""

from __future__ import annotations

import base64
import datetime
import itertools
import json
import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import certifi
import pytest
import snowflake.connector
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from snowflake.connector import SnowflakeConnection

from local.state import credentials, tls

Connect = Callable[..., SnowflakeConnection]


INTEGRATION = """create storage integration landing type = external_stage storage_provider = 'S3' enabled = true
    storage_aws_role_arn = 'arn:aws:iam::123456789012:role/landing' storage_allowed_locations = ('s3://landing/')"""


@dataclass
class Warehouse:
    """`python -m local.emulators.snowflake` under test."""

    python: Path
    root: Path
    home: Path
    s3: str
    known: dict[str, Any]
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    connections: list[SnowflakeConnection] = field(default_factory=list)

    @property
    def bundle(self) -> Path:
        return self.home / "bundle.crt"

    @property
    def log(self) -> str:
        return (self.home / "warehouse.log").read_text()

    def start(self) -> Warehouse:
        self.port = self.port or _free_port()
        command = [
            self.python, "-m", "local.emulators.snowflake", "--port", str(self.port), "--state", self.home / "state",
            "--tls-cert", self.home / "warehouse.crt", "--tls-key", self.home / "warehouse.key",
            "--s3-endpoint", self.s3,
        ]  # fmt: skip
        (self.home / "tmp").mkdir(exist_ok=True)
        environment = {**os.environ, "ASSAY_CREDENTIALS": str(self.home / "credentials.json")}
        environment["TMPDIR"] = str(self.home / "tmp")  # fakesnow leaves a folder behind at each start
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with (self.home / "warehouse.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.root, env=environment, stdout=log, stderr=log)
        _wait(f"https://127.0.0.1:{self.port}/health", self.process, self.home / "warehouse.log")
        return self

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(10)

    def connect(self, **overrides: Any) -> SnowflakeConnection:
        """Log in, as the administrator by default."""
        admin = self.known["warehouse"]["admin"]
        options: dict[str, Any] = {
            "account": "assay",
            "host": "127.0.0.1",
            "port": self.port,
            "user": admin["user"],
            "password": admin["password"],
            "warehouse": "COMPUTE_WH",
            "login_timeout": 10,
            "session_parameters": {"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
        }
        if "private_key" in overrides:
            del options["password"]
            options["authenticator"] = "SNOWFLAKE_JWT"
        connection = snowflake.connector.connect(**{**options, **overrides})
        self.connections.append(connection)
        return connection


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5, context=trusting) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Credentials, certificate and bundle; this process trusts the bundle while the tests run."""
    folder = tmp_path_factory.mktemp("warehouse")
    issued = tls.issue(datetime.datetime.now(datetime.UTC))
    (folder / "warehouse.crt").write_bytes(issued.certificate)
    (folder / "warehouse.key").write_bytes(issued.key)
    (folder / "bundle.crt").write_text(certifi.contents() + "\n" + issued.authority.decode())
    before = {name: os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")}
    for name in before:
        os.environ[name] = str(folder / "bundle.crt")
    yield folder
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(scope="session")
def known(home: Path) -> dict[str, Any]:
    return credentials.ensure(home / "credentials.json", ["flights"])


@pytest.fixture(scope="session")
def s3_url(home: Path, known: dict[str, Any], root: Path, env_python: Callable[[str], Path]) -> Iterator[str]:
    port = _free_port()
    environment = {**os.environ, "ASSAY_CREDENTIALS": str(home / "credentials.json")}
    command = [env_python("platform"), "-m", "local.emulators.aws", "--port", str(port), "--state", home / "aws"]
    reads = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::landing*"}
    (home / "policies.json").write_text(json.dumps({"snowflake": {"Statement": reads}}))
    command += ["--policies", home / "policies.json"]
    with (home / "aws.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log)
    _wait(f"http://127.0.0.1:{port}/health", process, home / "aws.log")
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="session")
def s3(s3_url: str, known: dict[str, Any]) -> Any:
    """A client of the embedded S3, with the bucket `landing` in it."""
    client = boto3.client(
        "s3",
        endpoint_url=s3_url,
        region_name="us-east-1",
        aws_access_key_id=known["aws"]["administrator"]["access_key_id"],
        aws_secret_access_key=known["aws"]["administrator"]["secret_access_key"],
    )
    client.create_bucket(Bucket="landing")
    return client


@pytest.fixture(scope="session")
def warehouse(
    home: Path, known: dict[str, Any], root: Path, env_python: Callable[[str], Path], s3_url: str
) -> Iterator[Warehouse]:
    running = Warehouse(env_python("warehouse"), root, home, s3_url, known).start()
    run(running.connect(), INTEGRATION)
    yield running
    running.stop(signal.SIGKILL)


@pytest.fixture
def connect(warehouse: Warehouse) -> Iterator[Connect]:
    yield warehouse.connect
    while warehouse.connections:
        warehouse.connections.pop().close()


_numbers = itertools.count(1)


@pytest.fixture
def database(connect: Connect) -> str:
    """A database of the test's own, with the schema S."""
    name = f"T{next(_numbers)}"
    run(connect(), f"create database {name}", f"create schema {name}.s")
    return name


@pytest.fixture
def admin(connect: Connect, database: str) -> SnowflakeConnection:
    """The administrator, in the test's database and schema."""
    return connect(database=database, schema="S")


@dataclass(frozen=True)
class Person:
    """A user with a role of their own, and nothing granted to it but the warehouse."""

    role: str
    connect: Callable[..., SnowflakeConnection]


@pytest.fixture
def person(connect: Connect, database: str) -> Callable[[str], Person]:
    def make(name: str) -> Person:
        role = f"{database}_{name}".upper()
        run(
            connect(),
            f"create role {role}",
            f"create user {role} password = 'open sesame' default_role = {role} default_warehouse = compute_wh",
            f"grant role {role} to user {role}",
            f"grant usage on warehouse compute_wh to role {role}",
        )
        return Person(role, lambda **more: connect(user=role, password="open sesame", **more))

    return make


def run(connection: SnowflakeConnection, *statements: str) -> list[Any]:
    """Run statements one after the other; the rows of the last."""
    rows: list[Any] = []
    with connection.cursor() as cursor:
        for statement in statements:
            rows = cursor.execute(statement).fetchall()  # type: ignore[union-attr]
    return rows


def scalar(connection: SnowflakeConnection, statement: str) -> Any:
    return run(connection, statement)[0][0]


@dataclass(frozen=True)
class KeyPair:
    private_der: bytes
    public: str

    @property
    def private(self) -> str:
        return base64.b64encode(self.private_der).decode()


def key_pair(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None) -> KeyPair:
    key = key or ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(private, base64.b64encode(public).decode())
