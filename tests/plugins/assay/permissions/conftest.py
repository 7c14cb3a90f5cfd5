"""The zones on the embedded warehouse, the login that manages grants, and files that say who may do what."""

from __future__ import annotations

import base64
import shutil
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from assay.permissions import Plan, Spec, apply, load, login, plan, read
from assay.warehouse import ConnectionWarehouse, Row
from assay.zones import Zone
from tests.plugins.assay.conftest import Account, Furnished, all_statements
from tests.plugins.assay.permissions.cases import whole

numbers = count(1)


def public_key(account: Account) -> str:
    key = serialization.load_pem_private_key(account.pem.encode(), None).public_key()
    return base64.b64encode(
        key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    ).decode()


@dataclass
class Company:
    """One environment's zones, and its DAG folder with the roles.yml that tests write."""

    furnished: Furnished
    dags: Path

    @property
    def environment(self) -> str:
        return self.furnished.environment

    @property
    def file(self) -> Path:
        return self.dags / "config" / self.environment / "roles.yml"

    def write(self, text: str) -> None:
        """`local_` in the text becomes this environment's own prefix."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(whole(text).replace("local_", f"{self.environment}_"))

    @property
    def spec(self) -> Spec:
        return load(self.file, [zone.zone for zone in self.furnished.zones], self.environment)

    @property
    def manager(self) -> ConnectionWarehouse:
        return self.furnished.account.service(login.NAME)

    def plan(self) -> Plan:
        return plan(self.spec, read(self.manager, self.spec))

    def apply(self, **options: Any) -> Plan:
        return apply(self.manager, self.spec, **options)

    def admin(self, *statements: str) -> list[Row]:
        """What somebody does by hand."""
        connection, rows = self.furnished.account.admin(), []
        for statement in statements:
            rows = connection.execute(statement.replace("local_", f"{self.environment}_"))
        return rows

    def airflow_connection(self) -> dict[str, Any]:
        """The manager's login, in the JSON form in which Secrets Manager holds it."""
        account = self.furnished.account
        return {
            "conn_type": "snowflake",
            "login": login.NAME,
            "extra": {
                "account": "assay",
                "host": "127.0.0.1",
                "port": account.port,
                "role": login.NAME,
                "private_key_content": account.pem,
                "insecure_mode": True,
                "session_parameters": {"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
            },
        }


NEEDED = ("create ", "grant role", "grant usage")
"""What there has to be of zones before anybody is given their roles."""


def furnish(account: Account, environment: str, zones: list[Zone]) -> Furnished:
    found = Furnished(account, environment, zones)
    admin = account.admin()
    for statement in (*all_statements(found), *login.statements(public_key(account))):
        if statement.startswith(NEEDED) or login.NAME in statement:
            admin.execute(statement)
    return found


@pytest.fixture
def company(account: Account, zones: list[Zone], tmp_path: Path) -> Company:
    """An environment of the test's own, in which nobody has anything yet."""
    return Company(furnish(account, f"p{next(numbers)}", zones), tmp_path / "dags")


@pytest.fixture(scope="session")
def here(account: Account, zones: list[Zone]) -> Furnished:
    return furnish(account, "local", zones)


@pytest.fixture
def local(here: Furnished, root: Path, tmp_path: Path) -> Company:
    """This machine's environment with the repository's own files, applied."""
    shutil.copytree(root / "dags" / "config", tmp_path / "dags" / "config")
    shutil.copytree(root / "dags" / "zones", tmp_path / "dags" / "zones")
    found = Company(here, tmp_path / "dags")
    found.apply()
    return found
