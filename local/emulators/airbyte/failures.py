"""What went wrong with an attempt, in Airbyte's own terms. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local.emulators.airbyte.connectors import ConnectorError
from local.emulators.airbyte.secrets import scrubbed


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed, as Airbyte tells it: whose fault it was, and what was said.

    `origin` is source, destination or airbyte_platform; `final` says that trying again cannot help.
    """

    origin: str
    sentence: str
    final: bool


RESTARTED = Failure("airbyte_platform", "the server was restarted while the attempt ran", final=False)


def failure_of(error: Exception, secrets: list[str]) -> Failure:
    if isinstance(error, ConnectorError):
        return Failure("source", scrubbed(str(error), secrets), error.final)
    import snowflake.connector  # imported late: see destination.py

    if isinstance(error, snowflake.connector.errors.Error):
        return Failure("destination", scrubbed(str(error.msg or error), secrets), final=False)
    return Failure("airbyte_platform", scrubbed(f"{type(error).__name__}: {error}", secrets), final=False)


def described(failure: Failure) -> Mapping[str, str]:
    kind = "config_error" if failure.final else "system_error"
    return {"failureOrigin": failure.origin, "failureType": kind, "externalMessage": failure.sentence}
