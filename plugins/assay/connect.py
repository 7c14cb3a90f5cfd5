"""A login to an environment's warehouse from outside Airflow: the same connections, from the same Secrets Manager."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

from assay.secrets import connection_key
from assay.secrets_manager import NotConnected, SecretsManager
from assay.warehouse import ConnectionWarehouse
from assay.zones import ServiceRole, ZoneNames

OPTIONS = ("account", "host", "port", "database", "warehouse", "role", "session_parameters")


def connect(environment: str, zone: str, service_role: ServiceRole) -> AbstractContextManager[ConnectionWarehouse]:
    """One login as a zone's service user, closed at the end. Raises NotConnected with a sentence."""
    return connect_by(ZoneNames(environment, zone).connection(service_role))


@contextmanager
def connect_by(connection_id: str) -> Iterator[ConnectionWarehouse]:
    """One login with an Airflow connection, closed at the end. Raises NotConnected with a sentence."""
    import snowflake.connector
    from snowflake.connector.errors import Error

    arguments = connector_arguments(SecretsManager().read(connection_key(connection_id)))
    try:
        connection = snowflake.connector.connect(**arguments)
    except Error as error:
        raise NotConnected(f"The warehouse does not let {arguments['user']} in: {error.raw_msg or error}") from error
    with closing(connection):
        yield ConnectionWarehouse(connection)


def connector_arguments(connection: Mapping[str, Any]) -> dict[str, Any]:
    """What Airflow's Snowflake hook makes of such a connection, for the connector itself."""
    extra = connection.get("extra") or {}
    if isinstance(extra, str):
        extra = json.loads(extra)
    arguments: dict[str, Any] = {key: extra[key] for key in OPTIONS if extra.get(key)}
    # Turn off the detection of cloud platforms: six metadata requests per login, used for telemetry only.
    arguments["platform_detection_timeout_seconds"] = 0.0
    arguments["user"] = connection["login"]
    if pem := extra.get("private_key_content"):
        arguments["private_key"] = _der(pem)
    else:
        arguments["password"] = connection.get("password")
    if extra.get("insecure_mode"):
        arguments["disable_ocsp_checks"] = True
    return arguments


def _der(pem: str) -> bytes:
    from cryptography.hazmat.primitives import serialization

    content = pem.encode() if pem.lstrip().startswith("-----BEGIN") else base64.b64decode(pem)
    return serialization.load_pem_private_key(content, None).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
