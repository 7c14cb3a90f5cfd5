"""Provisions a started platform: secrets, bucket, warehouse, source systems, Airbyte, images.

What Terraform and Ansible do for an environment in the cloud. Safe to run again: it completes what is missing and
changes nothing else.
"""

from __future__ import annotations

import base64
import os
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from typing import Any

import requests
import snowflake.connector

from assay import settings as environments
from assay.connect import connector_arguments
from assay.deploy import images
from assay.errors import ConfigurationError
from assay.grants import zone_grants
from assay.ingestion.airbyte.client import AirbyteClient
from assay.ingestion.airbyte.config import AirbyteConfig
from assay.permissions import apply, load, login
from assay.rotation import key_pairs
from assay.secrets import declared, external_secrets
from assay.secrets.names import connection_key, pod_key
from assay.secrets_manager import SecretsManager, Versions
from assay.warehouse import ConnectionWarehouse
from assay.zones import ServiceRole, Zone, ZoneNames, load_zone, zone_folders
from local.company.demo_company import DemoCompany, company_secret
from local.emulators.common import files
from local.platform import dbt_image, kept_secrets, loader_image
from local.platform.airflow_client import Airflow
from local.platform.supervisor.services import Pods, pods_by_environment
from local.state import credentials as credentials_of
from local.state.aws_rights import AIRFLOW, pods
from local.state.endpoints import ACCOUNT, BUCKET, NAMESPACE, REGION, Endpoints
from tools.runtime.bootstrap import pip_settings

ENVIRONMENT = "local"


class Provision:
    """Each step is a sentence, passed to `say` before it is done."""

    def __init__(self, endpoints: Endpoints, say: Callable[[str], None]) -> None:
        self._endpoints = endpoints
        self._say = say
        self._root = endpoints.layout.root
        self._zones = list(self._readable())

    def _readable(self) -> Iterator[Zone]:
        """The zones whose files are right. A broken one is reported, and keeps no other from running."""
        for folder in zone_folders(self._root / "dags" / "zones"):
            try:
                yield load_zone(folder)
            except ConfigurationError as error:
                self._say(f"without zone {folder.name}: {error}")

    def run(self) -> None:
        for sentence, step in (
            ("secrets into the embedded Secrets Manager", self._secrets),
            ("the landing bucket", self._bucket),
            ("databases, roles and grants in the embedded warehouse", self._warehouse),
            ("who may do what in the warehouse", self._permissions),
            ("the company's airports and planes", DemoCompany(self._endpoints).provision),
            ("Airbyte's sources, destinations and connections", self._airbyte),
            ("secrets for pods", self._pod_secrets),
            ("the pools that tasks may ask for", self._pools),
            ("images of the loader and of dbt, with the project parsed", self._images),
        ):
            self._say(sentence)
            step()

    def _pools(self) -> None:
        if declared := environments.load(self._root / "dags", ENVIRONMENT).airflow.pools:
            airflow = Airflow(self._endpoints)
            for name, slots in declared.items():
                airflow.declare_pool(name, slots)

    def _secrets(self) -> None:
        """Completes what is missing, and brings this machine's addresses up to date. What was rotated stays."""
        secrets_manager, versions = self._secrets_manager, Versions(self._endpoints.aws("secretsmanager"))
        public = {secret.key: secret.public for secret in declared(zone.zone for zone in self._zones).values()}
        for name, value in self._declared().items():
            if secrets_manager.find(name) is None:
                secrets_manager.write(name, value)
            versions.change(name, partial(kept_secrets.kept_text, name, value, public.get(name, ())))

    @property
    def _secrets_manager(self) -> SecretsManager:
        return SecretsManager(self._endpoints.aws("secretsmanager"))

    def _declared(self) -> dict[str, dict[str, Any]]:
        """Every secret by its name in Secrets Manager."""
        credentials = self._endpoints.credentials
        found: dict[str, dict[str, Any]] = {
            connection_key("airbyte"): {
                "conn_type": "airbyte",
                "host": self._endpoints.airbyte,
                "schema": f"{self._endpoints.airbyte}/applications/token",
                "login": credentials["airbyte"]["client_id"],
                "password": credentials["airbyte"]["client_secret"],
            },
            connection_key("kubernetes"): {
                "conn_type": "kubernetes",
                "extra": {"kube_config": self._kube_config(), "namespace": NAMESPACE},
            },
            "assay/syncs/flights_api": {
                "FLIGHTS_API_URL": self._endpoints.url("flights_api"),
                "FLIGHTS_API_TOKEN": credentials["flights_api"]["token"],
            },
            pod_key("postgres-company"): company_secret(self._endpoints),
            # What a person puts into an empty account by hand, and ansible/ reads.
            "assay/bootstrap/snowflake": self._administrator(),
            "assay/smoke/airflow": {
                "username": credentials["airflow"]["user"],
                "password": credentials["airflow"]["password"],
            },
        }
        settings = environments.load(self._root / "dags", ENVIRONMENT).permissions
        found |= {
            connection_key(settings.chat_connection_id): self._chat(credentials_of.PLATFORM),
            connection_key(settings.warehouse_connection_id): self._warehouse_connection(login.NAME),
        }
        for zone in self._zones:
            found |= self._zone_secrets(zone)
        return found

    def _chat(self, channel: str) -> dict[str, Any]:
        hook = f"{self._endpoints.url('inbox')}/hooks/{self._endpoints.credentials['inbox'][channel]}"
        return {"conn_type": "http", "password": hook}

    def _warehouse_connection(self, user: str, **defaults: str) -> dict[str, Any]:
        """A service user's login. Its role is called as it is."""
        return {
            "conn_type": "snowflake",
            "login": user,
            "extra": {
                "account": ACCOUNT,
                "host": "127.0.0.1",
                "port": self._endpoints.ports["warehouse"],
                **defaults,
                "role": user,
                "private_key_content": pem(self._private_key(user)),
                "insecure_mode": True,  # no OCSP responder answers for a self-signed certificate
                "session_parameters": {"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
            },
        }

    def _administrator(self) -> dict[str, Any]:
        """The account's first administrator, as an Airflow connection."""
        admin = self._endpoints.warehouse_administrator()
        extra = {key: admin[key] for key in ("account", "host", "port")}
        return {
            "conn_type": "snowflake",
            "login": admin["user"],
            "password": admin["password"],
            "extra": extra | {"session_parameters": {"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False}},
        }

    def _zone_secrets(self, zone: Zone) -> dict[str, dict[str, Any]]:
        names = ZoneNames(ENVIRONMENT, zone.zone)
        found: dict[str, dict[str, Any]] = {
            connection_key(names.chat_connection): self._chat(zone.zone),
            pod_key(names.landing_secret): {
                key: value
                for key, value in self._endpoints.aws_environment(pods(zone.zone)).items()
                if key != "AWS_DEFAULT_REGION"
            },
        }
        for service_role in ServiceRole:
            found[connection_key(names.connection(service_role))] = self._warehouse_connection(
                names.role(service_role), database=names.database, warehouse=names.warehouse
            )
        for service_role in (ServiceRole.LOADER, ServiceRole.TRANSFORMER):
            found[pod_key(names.warehouse_secret(service_role))] = {
                **self._warehouse_environment(names, service_role),
                "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": self._private_key(names.role(service_role)),
            }
        return found

    def _warehouse_environment(
        self, names: ZoneNames, service_role: ServiceRole = ServiceRole.TRANSFORMER
    ) -> dict[str, str]:
        """What a pod needs to find the warehouse, without the key that lets it in."""
        return {
            "SNOWFLAKE_ACCOUNT": ACCOUNT,
            "SNOWFLAKE_HOST": "127.0.0.1",
            "SNOWFLAKE_PORT": str(self._endpoints.ports["warehouse"]),
            "SNOWFLAKE_USER": names.role(service_role),
            "SNOWFLAKE_ROLE": names.role(service_role),
            "SNOWFLAKE_WAREHOUSE": names.warehouse,
            "SNOWFLAKE_DATABASE": names.database,
        }

    def _private_key(self, user: str) -> str:
        return str(self._endpoints.credentials["warehouse"]["service_users"][user]["private_key"])

    def _kube_config(self) -> dict[str, Any]:
        name = "assay-local"
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": name, "cluster": {"server": self._endpoints.url("kubernetes")}}],
            "users": [{"name": name, "user": {"token": self._endpoints.credentials["kubernetes"][AIRFLOW]}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": NAMESPACE}}],
        }

    def _bucket(self) -> None:
        s3 = self._endpoints.aws("s3")
        if BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
            s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def _warehouse(self) -> None:
        keys = self._first_keys()
        with snowflake.connector.connect(**self._endpoints.warehouse_administrator()) as connection:
            cursor = connection.cursor()
            for zone in self._zones:
                for statement in zone_grants.statements(zone, ENVIRONMENT, self._zones, keys):
                    cursor.execute(statement)
            for statement in login.statements(keys[login.NAME]):
                cursor.execute(statement)

    def _first_keys(self) -> dict[str, str]:
        """Public keys of service users that are not there yet: of what their secrets hold, else of what was made first.

        A user that is there keeps its keys.
        """
        secrets_manager, users = self._secrets_manager, self._endpoints.credentials["warehouse"]["service_users"]
        names = {
            ZoneNames(ENVIRONMENT, zone.zone).role(service_role): ZoneNames(ENVIRONMENT, zone.zone).connection(
                service_role
            )
            for zone in self._zones
            for service_role in ServiceRole
        }
        names[login.NAME] = environments.load(self._root / "dags", ENVIRONMENT).permissions.warehouse_connection_id
        return {
            user: key_pairs.public_key(key_pairs.load(key))
            for user, name in names.items()
            for key in [
                kept_secrets.private_key(secrets_manager.find(connection_key(name)), users[user]["private_key"])
            ]
        }

    def _permissions(self) -> None:
        """What the pipeline does in the cloud, by the same login and the same code."""
        settings = environments.load(self._root / "dags", ENVIRONMENT)
        zones = [folder.name for folder in zone_folders(self._root / "dags" / "zones")]
        arguments = connector_arguments(
            self._secrets_manager.read(connection_key(settings.permissions.warehouse_connection_id))
        )
        with closing(snowflake.connector.connect(**arguments)) as connection:
            apply(ConnectionWarehouse(connection), load(settings.roles_file, zones, ENVIRONMENT))

    def _airbyte(self) -> None:
        client = self._secrets_manager.read(connection_key("airbyte"))
        AirbyteConfig(
            AirbyteClient(self._endpoints.airbyte, client["login"], client["password"]),
            self._root / "airbyte",
            self._secrets_manager,
        ).apply()

    def _pod_secrets(self) -> None:
        url = f"{self._endpoints.url('kubernetes')}/apis/external-secrets.io/v1/namespaces/{NAMESPACE}/externalsecrets"
        headers = {"Authorization": f"Bearer {self._endpoints.credentials['kubernetes']['token']}"}
        for manifest in external_secrets(self._zones, ENVIRONMENT, NAMESPACE):
            name = manifest["metadata"]["name"]
            answer = requests.post(url, json=manifest, headers=headers, timeout=30)
            if answer.status_code == requests.codes.conflict:
                answer = requests.put(f"{url}/{name}", json=manifest, headers=headers, timeout=30)
            answer.raise_for_status()
        for key in without_value(SecretsManager(self._endpoints.aws("secretsmanager")), self._zones):
            self._say(f"without a value for {key}: give it one by `./assay secret set {key}`")

    def _images(self) -> None:
        connections = {
            zone.zone: self._warehouse_environment(ZoneNames(ENVIRONMENT, zone.zone)) for zone in self._zones
        }
        loader_image.write(self._endpoints.layout)
        dbt_image.bake(self._endpoints.layout.state, connections)
        health = requests.get(f"{self._endpoints.url('kubernetes')}/health", timeout=30).json()
        if os.environ.get("ASSAY_PODS") and health["backend"] != pods_by_environment():
            raise files.StateError(
                f"The platform runs with {health['backend']} pods already: `./assay down` first, then ask for others."
            )
        if health["backend"] == Pods.PODMAN:
            images.build_for_pods(ENVIRONMENT, connections, self._say, pip_settings(self._endpoints.layout))


def without_value(secrets_manager: SecretsManager, zones: Iterable[Zone]) -> list[str]:
    """Return the names of the secrets that pods of these zones may get, and that have no value yet."""
    found = declared([zone.zone for zone in zones]).values()
    return [secret.key for secret in found if secret.zones and secrets_manager.find(secret.key) is None]


def pem(private_key: str) -> str:
    """A PKCS 8 key in PEM, as Airflow's Snowflake hook takes it, from the same key's DER in base64."""
    base64.b64decode(private_key, validate=True)
    lines = "\n".join(textwrap.wrap(private_key, 64))
    return f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"
