"""AWS Secrets Manager from outside Airflow: JSON objects by their whole name.

AWS is found as every AWS client finds it: region, login and, where it is not Amazon's own, AWS_ENDPOINT_URL come from
its usual environment variables.
"""

import json
import os
from functools import cached_property
from typing import Any

from assay.errors import AssayError


class NotConnected(AssayError):
    """There is no login to be had. The text says what is missing, and never quotes what is secret."""


class Vault:
    """`client` is a boto3 client of Secrets Manager, where the caller has one already."""

    def __init__(self, client: Any = None) -> None:
        self._given = client

    @cached_property
    def _client(self) -> Any:
        import boto3

        return self._given or boto3.client("secretsmanager")

    def read(self, key: str) -> dict[str, Any]:
        """The JSON object that is kept under `key`. Raises NotConnected."""
        found = self.find(key)
        if found is None:
            raise NotConnected(
                f'AWS Secrets Manager does not give out "{key}" (ResourceNotFoundException): is the environment set up?'
            )
        return found

    def find(self, key: str) -> dict[str, Any] | None:
        """As `read`, but None where there is no such secret, or one that never had a value."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            text = self._client.get_secret_value(SecretId=key)["SecretString"]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ResourceNotFoundException":
                return None
            raise NotConnected(
                f'AWS Secrets Manager does not give out "{key}" ({code}): is the environment set up?'
            ) from error
        except (BotoCoreError, ValueError) as error:  # of a region or address that is none
            raise _unreachable(key, error) from error
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise NotConnected(f'"{key}" in AWS Secrets Manager is not a JSON object; write it as one')
        return found

    def write(self, key: str, value: dict[str, Any]) -> None:
        """Keeps `value` under `key`, and makes the secret if there is none. Raises NotConnected."""
        from botocore.exceptions import BotoCoreError, ClientError

        text = json.dumps(value, sort_keys=True)
        try:
            try:
                self._client.put_secret_value(SecretId=key, SecretString=text)
            except self._client.exceptions.ResourceNotFoundException:
                self._client.create_secret(Name=key, SecretString=text)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise NotConnected(f'AWS Secrets Manager does not let "{key}" be written ({code})') from error
        except (BotoCoreError, ValueError) as error:  # of a region or address that is none
            raise _unreachable(key, error) from error


def _unreachable(key: str, error: Exception) -> NotConnected:
    if os.environ.get("ASSAY_ENV", "local") == "local":
        return NotConnected(f'The platform of this checkout does not give out "{key}": start it with `./assay up`.')
    return NotConnected(
        f'AWS Secrets Manager cannot be asked for "{key}" ({type(error).__name__}): check AWS_REGION, the AWS login '
        "and AWS_ENDPOINT_URL"
    )
