"""What tests of the platform's code share: the repository's zones, and an embedded warehouse provisioned for them."""

from __future__ import annotations

import base64
import json
import os
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from assay.grants import zone_grants
from assay.warehouse import ConnectionWarehouse
from assay.zones import ServiceRole, Zone, ZoneNames
from local.state import tls
from tools.runtime.layout import Layout

START_WITHIN = 60
ADMIN, PASSWORD = "ASSAY_ADMIN", "only-for-tests"
_environments = count(1)


@pytest.fixture(scope="session")
def zones(root: Path) -> list[Zone]:
    """The repository's own zones, as their files describe them."""
    files = sorted((root / "dags" / "zones").glob("*/zone.yml"))
    return [Zone.model_validate(yaml.safe_load(file.read_text())) for file in files]


@pytest.fixture(scope="session")
def dbt(
    root: Path, tmp_path_factory: pytest.TempPathFactory, env_python: Callable[[str], Path]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """dbt in its own environment, on the repository's project."""
    target = tmp_path_factory.mktemp("target")
    environment = {
        **os.environ,
        "ASSAY_ENV": "local",
        "DBT_PROJECT_DIR": str(root / "dbt"),
        "DBT_PROFILES_DIR": str(root / "images" / "dbt"),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": "none: nothing connects",
        **dict.fromkeys(
            ("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER", "SNOWFLAKE_ROLE", "SNOWFLAKE_WAREHOUSE", "SNOWFLAKE_DATABASE"), "x"
        ),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [env_python("dbt"), *command], env=environment, cwd=target, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def manifest(dbt: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("manifest")
    dbt("-m", "dbt.cli.main", "parse", "--quiet", "--target-path", str(folder))
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return found


@pytest.fixture(scope="module")
def dags(root: Path, tmp_path_factory: pytest.TempPathFactory, manifest: dict[str, Any]) -> Path:
    """The repository's DAGs with the manifest beside them, as git-sync brings them."""
    folder = tmp_path_factory.mktemp("platform") / "dags"
    shutil.copytree(root / "dags", folder)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@dataclass
class Account:
    """A running embedded warehouse. `pem` is the one private key with which every service user of the tests logs in."""

    port: int
    bundle: Path
    pem: str
    _open: ExitStack = field(default_factory=ExitStack)

    def connect(self, user: str, **options: Any) -> ConnectionWarehouse:
        return ConnectionWarehouse(self._open.enter_context(closing(self._login(user, **options))))

    def _login(self, user: str, **options: Any) -> Any:
        import snowflake.connector

        os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = str(self.bundle)
        return snowflake.connector.connect(
            account="assay",
            host="127.0.0.1",
            port=self.port,
            protocol="https",
            disable_ocsp_checks=True,
            user=user,
            session_parameters={"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
            **options,
        )

    def admin(self) -> ConnectionWarehouse:
        return self.connect(ADMIN, password=PASSWORD)

    def service(self, user: str) -> ConnectionWarehouse:
        return self.connect(user, private_key=self._key)

    def fresh(self, user: str) -> Any:
        """A connection of a service user, which the caller closes."""
        return self._login(user, private_key=self._key)

    @property
    def _key(self) -> bytes:
        return base64.b64decode("".join(self.pem.splitlines()[1:-1]))

    def airflow_connection(self, names: ZoneNames, service_role: ServiceRole) -> dict[str, Any]:
        """A service user's connection, in the JSON form in which Secrets Manager holds it."""
        return {
            "conn_type": "snowflake",
            "login": names.role(service_role),
            "extra": {
                "account": "assay",
                "host": "127.0.0.1",
                "port": self.port,
                "database": names.database,
                "warehouse": names.warehouse,
                "role": names.role(service_role),
                "private_key_content": self.pem,
                "insecure_mode": True,
                "session_parameters": {"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
            },
        }

    def close(self) -> None:
        self._open.close()


@dataclass
class Provisioned:
    """The zones' databases, roles and users under a name that no other test uses."""

    account: Account
    environment: str
    zones: list[Zone]

    def names(self, zone: str) -> ZoneNames:
        return ZoneNames(self.environment, zone)

    def zone(self, name: str) -> Zone:
        return next(zone for zone in self.zones if zone.zone == name)

    def login_as(self, zone: str, service_role: ServiceRole) -> ConnectionWarehouse:
        return self.account.service(self.names(zone).role(service_role))

    def as_role(self, zone: str, role: str) -> ConnectionWarehouse:
        """A person who holds this role of a zone."""
        admin = self.account.admin()
        person = f"{role}_PERSON"
        admin.execute(f"create user if not exists {person} password = '{PASSWORD}' default_role = {role}")
        admin.execute(f"grant role {role} to user {person}")
        return self.account.connect(person, password=PASSWORD, role=role, warehouse=self.names(zone).warehouse)


@contextmanager
def running_account(state: Path, root: Path, python: Path) -> Iterator[Account]:
    """An account of its own: an embedded warehouse that keeps everything in `state`, until the end."""
    layout = Layout(root=root, state=state)
    tls.ensure(layout)
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    credentials = {
        "warehouse": {"admin": {"user": ADMIN, "password": PASSWORD}},
        "aws": {"snowflake": {"access_key_id": "testing", "secret_access_key": "testing"}},
    }
    (state / "credentials.json").write_text(json.dumps(credentials))
    port = _free_port()
    command = [
        str(python), "-m", "local.emulators.snowflake", "--port", str(port), "--state", str(state / "data"),
        "--tls-cert", str(layout.tls / "warehouse.crt"), "--tls-key", str(layout.tls / "warehouse.key"),
    ]  # fmt: skip
    environment = os.environ | {"ASSAY_CREDENTIALS": str(state / "credentials.json")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with (state / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=root, env=environment, stderr=log)
    try:
        _await(f"https://127.0.0.1:{port}/health", process, state / "log")
        found = Account(port, layout.ca_bundle, pem)
        yield found
        found.close()
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def account(
    tmp_path_factory: pytest.TempPathFactory, root: Path, env_python: Callable[[str], Path]
) -> Iterator[Account]:
    with running_account(tmp_path_factory.mktemp("warehouse"), root, env_python("warehouse")) as found:
        yield found


@pytest.fixture
def provisioned(account: Account, zones: list[Zone]) -> Provisioned:
    return provision(account, zones)


def provision(account: Account, zones: list[Zone]) -> Provisioned:
    """What Terraform makes in an account for these zones, made by the same statements as on one machine."""
    found = Provisioned(account, f"t{next(_environments)}", zones)
    admin = account.admin()
    for statement in all_statements(found):
        admin.execute(statement)
    return found


def all_statements(provisioned: Provisioned) -> list[str]:
    public = serialization.load_pem_private_key(provisioned.account.pem.encode(), None).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    key = base64.b64encode(der).decode()
    users = {
        provisioned.names(zone.zone).role(service_role): key
        for zone in provisioned.zones
        for service_role in ServiceRole
    }
    return [
        statement
        for zone in provisioned.zones
        for statement in zone_grants.statements(zone, provisioned.environment, provisioned.zones, users)
    ]


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    context = ssl._create_unverified_context()
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the embedded warehouse ended: {log.read_text()[-2000:]}"
        try:
            urllib.request.urlopen(url, timeout=2, context=context).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"the embedded warehouse did not start: {log.read_text()[-2000:]}")
