"""The zones on the embedded warehouse, the login that manages grants, and files that say who may do what."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from assay.permissions import Plan, Spec, apply, drift_dag, load, login, plan, read
from assay.warehouse import ConnectionWarehouse, Row
from assay.zones import Zone
from tests.plugins.assay.alerts.inbox import Inbox, running
from tests.plugins.assay.conftest import Account, Provisioned, all_statements, running_account
from tests.plugins.assay.kept import Kept
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

    provisioned: Provisioned
    dags: Path

    @property
    def environment(self) -> str:
        return self.provisioned.environment

    @property
    def file(self) -> Path:
        return self.dags / "config" / self.environment / "roles.yml"

    def write(self, text: str) -> None:
        """`local_` in the text becomes this environment's own prefix."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(whole(text).replace("local_", f"{self.environment}_"))

    @property
    def spec(self) -> Spec:
        return load(self.file, [zone.zone for zone in self.provisioned.zones], self.environment)

    @property
    def manager(self) -> ConnectionWarehouse:
        return self.provisioned.account.service(login.NAME)

    def plan(self) -> Plan:
        return plan(self.spec, read(self.manager, self.spec))

    def apply(self, **options: Any) -> Plan:
        return apply(self.manager, self.spec, **options)

    def admin(self, *statements: str) -> list[Row]:
        """What somebody does by hand."""
        connection, rows = self.provisioned.account.admin(), []
        for statement in statements:
            rows = connection.execute(statement.replace("local_", f"{self.environment}_"))
        return rows

    def airflow_connection(self) -> dict[str, Any]:
        """The manager's login, in the JSON form in which Secrets Manager holds it."""
        account = self.provisioned.account
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


def provision(account: Account, environment: str, zones: list[Zone], *, whole: bool = False) -> Provisioned:
    found = Provisioned(account, environment, zones)
    admin = account.admin()
    for statement in (*all_statements(found), *login.statements(public_key(account))):
        if whole or statement.startswith(NEEDED) or login.NAME in statement:
            admin.execute(statement)
    return found


@pytest.fixture
def company(account: Account, zones: list[Zone], tmp_path: Path) -> Company:
    """An environment of the test's own, in which nobody has anything yet."""
    return Company(provision(account, f"p{next(numbers)}", zones), tmp_path / "dags")


@pytest.fixture(scope="session")
def here(
    zones: list[Zone], tmp_path_factory: pytest.TempPathFactory, root: Path, env_python: Callable[[str], Path]
) -> Iterator[Provisioned]:
    """An account of its own, as an environment has one, with all that Terraform makes."""
    with running_account(tmp_path_factory.mktemp("permissions"), root, env_python("warehouse")) as account:
        yield provision(account, "local", zones, whole=True)


@pytest.fixture
def local(here: Provisioned, root: Path, tmp_path: Path) -> Company:
    """This machine's environment with the repository's own files, applied."""
    shutil.copytree(root / "dags" / "config", tmp_path / "dags" / "config")
    shutil.copytree(root / "dags" / "zones", tmp_path / "dags" / "zones")
    found = Company(here, tmp_path / "dags")
    found.apply()
    return found


CONTEXT: Any = {"ti": SimpleNamespace(dag_id="platform_permissions", run_id="scheduled__1")}
Look = Callable[[], dict[str, Any]]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with running() as found:
        yield found


@pytest.fixture
def look(local: Company, inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> Look:
    """Runs the DAG's task as a worker does."""
    kept = Kept()
    monkeypatch.setattr(drift_dag, "store", lambda: kept)
    monkeypatch.setenv("ASSAY_ENV", "local")
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_PERMISSIONS", json.dumps(local.airflow_connection()))
    monkeypatch.setenv("AIRFLOW_CONN_CHAT_PLATFORM", json.dumps({"conn_type": "http", "password": inbox.url}))

    def run() -> dict[str, Any]:
        dag = drift_dag.permissions(str(local.dags / "platform_permissions.py"))
        found: dict[str, Any] = dag.get_task("look_for_drift").execute(CONTEXT)
        return found

    return run
