"""Tries a secret's value where it is used, before any copy of the present one is replaced.

What kind of value it is follows from its form; for another, a person names a command. No error quotes the value.
"""

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assay.alerts.channels import channel_of
from assay.alerts.post import deliver
from assay.errors import ConfigurationError
from assay.ingestion.airbyte.client import AirbyteClient
from assay.ingestion.airbyte.files import Declared, resolve
from assay.rotation.issuers import Issuer, values_of
from assay.rotation.kinds import AWS_KEY, AWS_SECRET, POSTGRES, Kind, RotationError
from assay.secrets.names import CONNECTIONS, VARIABLES
from assay.secrets_manager import NotConnected

LONGEST = 300  # seconds for a command
CHAT = f"{CONNECTIONS}/chat_"


@dataclass(frozen=True)
class Tries:
    """`airbyte` logs in to Airbyte, `warehouse` to a connection's warehouse. `command` is a person's."""

    declared: Declared
    issuers: Mapping[Kind, Issuer]
    airbyte: Callable[[], AirbyteClient]
    warehouse: Callable[[Mapping[str, Any]], None]
    command: str | None = None

    def __call__(self, name: str, text: str) -> bool:
        """Return whether the value could be tried. Raises NotConnected, AirbyteError, RotationError where it fails."""
        if self.command is not None:
            run(self.command, environment(name, text))
            return True
        if name.startswith(f"{VARIABLES}/"):
            return False
        value = values_of(text)
        tried = self._airbyte(name, value)
        if name.startswith(CHAT):
            post(name, value)
        elif value.get("conn_type") == "snowflake":
            self.warehouse(value)
        elif kind := _kind(value):
            self.issuers[kind].check(text)
        else:
            return tried
        return True

    def _airbyte(self, name: str, value: Mapping[str, Any]) -> bool:
        """Have Airbyte check each source and destination that reads the secret, with the new value."""
        ends = [
            (kind, end)
            for kind, declared in (("source", self.declared.sources), ("destination", self.declared.destinations))
            for end in declared.values()
            if end.secret and f"assay/{end.secret}" == name
        ]
        if not ends:
            return False
        client = self.airbyte()
        for kind, end in ends:
            where = self.declared.files[f"{kind}s", end.name]
            configuration = resolve(where, end.configuration, value, end.secret)
            there = [one for one in client.list(f"/{kind}s") if one["name"].lower() == end.name.lower()]
            if not there:
                raise ConfigurationError(f"Airbyte has no {kind} {end.name}: run `./assay airbyte apply` first.")
            client.check(kind, there[0][f"{kind}Id"], end.name, configuration)
        return True


def _kind(value: Mapping[str, Any]) -> Kind | None:
    if value.get("conn_type") == "airbyte":
        return Kind.AIRBYTE_CLIENT
    if value.get(AWS_KEY) and value.get(AWS_SECRET):
        return Kind.AWS_ACCESS_KEY
    return Kind.POSTGRES_PASSWORD if all(value.get(each) for each in POSTGRES) else None


def post(name: str, value: Mapping[str, Any]) -> None:
    """Post a message by the channel that the value means. Raises NotConnected."""
    text = f"Alerts of {name.removeprefix(CHAT)} come by another webhook from now on (`./assay secret rotate`)."
    try:
        answer = deliver(channel_of(value), {"text": text})
    except ConfigurationError as error:
        raise NotConnected(f"The new value of {name} {error}.") from None
    if not answer:
        raise NotConnected(f"The chat server of the new value of {name} {answer.reason}.")


def environment(name: str, text: str) -> dict[str, str]:
    """Return what a command that tries the value finds in its environment: what a pod or Airflow would find there."""
    last = name.rpartition("/")[2].upper()
    if name.startswith(f"{CONNECTIONS}/"):
        return {f"AIRFLOW_CONN_{last}": text}
    if name.startswith(f"{VARIABLES}/"):
        return {f"AIRFLOW_VAR_{last}": text}
    return {key: str(value) for key, value in values_of(text).items()}


def run(command: str, values: Mapping[str, str]) -> None:
    """Run a person's command; what it prints is dropped, because it may print the value. Raises RotationError."""
    try:
        words = shlex.split(command)
        ended = subprocess.run(
            words, env=os.environ | values, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=LONGEST, check=False,
        )  # fmt: skip
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired) as error:
        raise RotationError(f"The command of --check did not run: {type(error).__name__}.") from None
    if ended.returncode:
        raise RotationError(
            f"The command of --check ended with {ended.returncode}: the new value does not work. Nothing was changed."
        )
