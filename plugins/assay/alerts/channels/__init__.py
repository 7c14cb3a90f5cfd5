"""The kinds of channel, a folder each, and which one a connection means."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

from assay.alerts.channel import Channel
from assay.errors import ConfigurationError
from assay.extensions import CHANNELS, Models, models

DEFAULT = "webhook"
ALSO_DEFAULT = frozenset({"", "http", "https"})
"""What Airflow calls a connection to an address; a secret of a webhook says no more."""

__all__ = ["channel_of", "channels"]


@cache
def channels() -> Models[Channel]:
    """Return the kinds that there are."""
    return models(CHANNELS, Channel)


def channel_of(connection: Mapping[str, Any]) -> Channel:
    """Return the channel that a connection means. `connection` has its fields, as Secrets Manager holds them; `extra`
    is a mapping, or one as JSON.

    Raises ConfigurationError with the rest of a sentence about the connection, which holds no value of it.
    """
    said = str(connection.get("conn_type") or "")
    kind = DEFAULT if said in ALSO_DEFAULT else said
    if (model := channels().right.get(kind)) is None:
        known = ", ".join(sorted(channels().right))
        why = channels().wrong.get(kind, f"there is {known}, and http for {DEFAULT}")
        raise ConfigurationError(f'has the conn_type "{kind[:40]}", which is no kind of channel: {why}')
    fields = {key: value for key, value in connection.items() if value and key != "extra"}
    try:
        return model.model_validate({**_extra(connection), **fields, "kind": kind})
    except ValidationError as error:
        key = ".".join(str(part) for part in error.errors()[0]["loc"]) or "it"
        field = model.model_fields.get(key)
        meant = f" ({field.description})" if field is not None and field.description else ""
        raise ConfigurationError(f"has no {key}{meant} that a channel of the kind {kind} can use") from None


def _extra(connection: Mapping[str, Any]) -> Mapping[str, Any]:
    extra = connection.get("extra") or {}
    try:
        found = json.loads(extra) if isinstance(extra, str) else extra
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        raise ConfigurationError("has an extra that is no JSON object")
    return found
