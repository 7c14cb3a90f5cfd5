"""AWS Secrets Manager from outside Airflow: JSON objects by their whole name.

AWS is found as every AWS client finds it: region, login and, where it is not Amazon's own, AWS_ENDPOINT_URL come from
its usual environment variables.
"""

import json
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from typing import Any

from assay.errors import AssayError


class NotConnected(AssayError):
    """No credentials were found. The text says what is missing, and never quotes a secret."""


class SecretsManager:
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


TRIES = 10
"""How often a secret is read again that other commands change."""


class Versions:
    """Texts of secrets by their whole name, in the stages that Secrets Manager has: the present one, and one that is
    pending (AWSPENDING) while a rotation is under way. Methods raise NotConnected."""

    CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"

    def __init__(self, client: Any = None) -> None:
        self._given = client

    @cached_property
    def _client(self) -> Any:
        import boto3

        return self._given or boto3.client("secretsmanager")

    def names(self, beginning: str) -> list[str]:
        """Return the names of all secrets that begin so."""
        filters = [{"Key": "name", "Values": [beginning]}]
        with _sentences(beginning):
            pages = self._client.get_paginator("list_secrets").paginate(Filters=filters)
            found = [secret["Name"] for page in pages for secret in page["SecretList"]]
        return sorted(name for name in found if name.startswith(beginning))

    def text(self, key: str, stage: str = CURRENT) -> str | None:
        """Return the text of this stage, None where there is none."""
        found = self._version(key, stage)
        return str(found.get("SecretString") or "") if found else None

    def since(self, key: str) -> datetime | None:
        """Return when the present version was written."""
        found = self._version(key, self.CURRENT)
        when: datetime | None = found["CreatedDate"] if found else None
        return when

    def change(self, key: str, new: Callable[[str], str]) -> bool:
        """Make `new` of the present text the present version, also where another command writes at the same time: then
        that is read again. Returns whether it has changed. `new` is given an empty text where there is none."""
        for _ in range(TRIES):
            ticket, old = self.ticket(key), self.text(key) or ""
            text = new(old)
            if text == old:
                return False
            with _sentences(key), suppress(self._client.exceptions.ResourceExistsException):  # another has written
                self._client.put_secret_value(SecretId=key, SecretString=text, ClientRequestToken=ticket)
                return True
        raise NotConnected(f'"{key}" is changed by other commands all the time; run this one again')

    def ticket(self, key: str) -> str:
        """Return what `propose` asks for: the mark of every version that there is, so that it changes with each."""
        asked: dict[str, Any] = {"SecretId": key, "IncludeDeprecated": True}
        found: list[str] = []
        with _sentences(key):
            while True:
                page = self._client.list_secret_version_ids(**asked)
                found += [version["VersionId"] for version in page["Versions"]]
                if not page.get("NextToken"):
                    return str(uuid.uuid5(uuid.NAMESPACE_URL, " ".join([key, *sorted(found)])))
                asked["NextToken"] = page["NextToken"]

    def propose(self, key: str, text: str, ticket: str) -> str:
        """Keep the text as the pending version, unless one is pending, and return the one that is.

        `ticket` was taken when the caller read what it replaces. Of two commands that propose at once one wins, and
        both get its text, because AWS does not change the version of a token. Raises NotConnected where the other
        command has ended meanwhile.
        """
        if pending := self.text(key, self.PENDING):
            return pending
        with _sentences(key), suppress(self._client.exceptions.ResourceExistsException):  # of the other command
            self._client.put_secret_value(
                SecretId=key, SecretString=text, VersionStages=[self.PENDING], ClientRequestToken=ticket
            )
        if pending := self.text(key, self.PENDING):
            return pending
        raise NotConnected(f'"{key}" was changed by another command meanwhile; run this one again')

    def settle(self, key: str) -> None:
        """Drop the pending stage. Without one, nothing is done."""
        if found := self._version(key, self.PENDING):
            with _sentences(key):
                self._client.update_secret_version_stage(
                    SecretId=key, VersionStage=self.PENDING, RemoveFromVersionId=found["VersionId"]
                )

    def _version(self, key: str, stage: str) -> dict[str, Any] | None:
        with _sentences(key):
            try:
                found: dict[str, Any] = self._client.get_secret_value(SecretId=key, VersionStage=stage)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        return found


@contextmanager
def _sentences(key: str) -> Iterator[None]:
    """What Secrets Manager rejects, as NotConnected."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise NotConnected(f'AWS Secrets Manager does not let "{key}" be read or written ({code})') from error
    except BotoCoreError as error:
        raise _unreachable(key, error) from error


def _unreachable(key: str, error: Exception) -> NotConnected:
    if os.environ.get("ASSAY_ENV", "local") == "local":
        return NotConnected(f'The platform of this checkout does not give out "{key}": start it with `./assay up`.')
    return NotConnected(
        f'AWS Secrets Manager cannot be asked for "{key}" ({type(error).__name__}): check AWS_REGION, the AWS login '
        "and AWS_ENDPOINT_URL"
    )
