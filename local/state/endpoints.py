"""Where the running services answer, and how to talk to them: what DNS and IAM are in production, read from state."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.emulators.common import files
from local.state import credentials, tls
from tools.runtime.layout import Layout

ACCOUNT = "assay"
REGION = "eu-central-1"
NAMESPACE = "assay"
BUCKET = "assay-local-landing"


@dataclass(frozen=True)
class Endpoints:
    """Addresses and logins of one checkout's platform. Raises StateError when it was never started."""

    layout: Layout

    @cached_property
    def ports(self) -> dict[str, int]:
        known: dict[str, int] | None = files.read_json(self.layout.ports)
        if not known:
            raise files.StateError("This platform has no ports yet: run `./assay up` first.")
        return known

    @cached_property
    def credentials(self) -> dict[str, Any]:
        return credentials.load(self.layout.credentials)

    def url(self, service: str) -> str:
        scheme = "https" if service == "warehouse" else "http"
        return f"{scheme}://127.0.0.1:{self.ports[service]}"

    @property
    def airbyte(self) -> str:
        return f"{self.url('airbyte')}/api/public/v1"

    @property
    def airflow(self) -> str:
        return self.url("airflow-api-server")

    def aws(self, service: str, identity: str = "administrator") -> Any:
        """Return a boto3 client of the embedded AWS, with the key of an identity in `local.state.aws_rights`."""
        import boto3  # takes a third of a second, which commands without AWS should not pay

        return boto3.client(
            service,
            endpoint_url=self.url("aws"),
            region_name=REGION,
            aws_access_key_id=self.credentials["aws"][identity]["access_key_id"],
            aws_secret_access_key=self.credentials["aws"][identity]["secret_access_key"],
        )

    def aws_environment(self, identity: str = "administrator") -> dict[str, str]:
        """Return what any AWS client reads from its environment, to ask the embedded AWS as an identity."""
        return {
            "AWS_ENDPOINT_URL": self.url("aws"),
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self.credentials["aws"][identity]["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": self.credentials["aws"][identity]["secret_access_key"],
        }

    def client_environment(self) -> dict[str, str]:
        """Return what the commands of `assay.cli` read from their environment, to work on this platform."""
        tls.trust_bundle(self.layout)
        trusted = {name: os.environ[name] for name in tls.TRUST}
        return self.aws_environment() | trusted | {"ASSAY_AIRFLOW_URL": self.airflow}

    def warehouse_administrator(self) -> dict[str, Any]:
        """Arguments for snowflake.connector.connect. The caller's REQUESTS_CA_BUNDLE must name the layout's bundle."""
        admin = self.credentials["warehouse"]["admin"]
        return {
            "account": ACCOUNT,
            "host": "127.0.0.1",
            "port": self.ports["warehouse"],
            "protocol": "https",
            "user": admin["user"],
            "password": admin["password"],
        }
