"""A login to an environment's warehouse from outside Airflow: the same connections, from the same Secrets Manager."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from assay.errors import AssayError
from assay.secrets import connection_key
from assay.warehouse import ConnectionWarehouse
from assay.zones import Duty, ZoneNames

OPTIONS = ("account", "host", "port", "database", "warehouse", "role", "session_parameters")


class NotConnected(AssayError):
    """There is no login to be had. The text says what is missing."""


@contextmanager
def connect(environment: str, zone: str, duty: Duty) -> Iterator[ConnectionWarehouse]:
    """One login as a zone's service user, closed at the end.

    AWS is found as every AWS client finds it: region, login and, where it is not Amazon's own, AWS_ENDPOINT_URL come
    from its usual environment variables. Raises NotConnected with a sentence.
    """
    import snowflake.connector
    from snowflake.connector.errors import Error

    arguments = connector_arguments(secret(connection_key(ZoneNames(environment, zone).connection(duty))))
    try:
        connection = snowflake.connector.connect(**arguments)
    except Error as error:
        raise NotConnected(f"The warehouse does not let {arguments['user']} in: {error.raw_msg or error}") from error
    with closing(connection):
        yield ConnectionWarehouse(connection)


def secret(key: str) -> dict[str, Any]:
    """The JSON object that Secrets Manager holds under `key`. Raises NotConnected, which never quotes what is in it."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        text = boto3.client("secretsmanager").get_secret_value(SecretId=key)["SecretString"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise NotConnected(
            f'AWS Secrets Manager does not give out "{key}" ({code}): is the environment set up?'
        ) from error
    except BotoCoreError as error:
        raise NotConnected(
            f'AWS Secrets Manager cannot be asked for "{key}" ({type(error).__name__}): check AWS_REGION, '
            "the AWS login and AWS_ENDPOINT_URL"
        ) from error
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NotConnected(
            f'"{key}" in AWS Secrets Manager is not a JSON object; write it as Airflow reads connections'
        )
    return found


def connector_arguments(connection: Mapping[str, Any]) -> dict[str, Any]:
    """What Airflow's Snowflake hook makes of such a connection, for the connector itself."""
    extra = connection.get("extra") or {}
    if isinstance(extra, str):
        extra = json.loads(extra)
    arguments: dict[str, Any] = {key: extra[key] for key in OPTIONS if extra.get(key)}
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
