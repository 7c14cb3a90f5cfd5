"""Which parts of a configuration are secret, how they are shown, and how they are kept out of logs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

MASK = "**********"


def redacted(configuration: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `configuration` with a mask wherever the connector's spec says `airbyte_secret`."""
    return _mapped(configuration, schema, lambda _: MASK)


def secret_values(configuration: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Every secret text in `configuration`, longest first, so that no part of one is left when they are replaced."""
    found: list[str] = []

    def collect(value: Any) -> Any:
        found.append(str(value))
        return value

    _mapped(configuration, schema, collect)
    return sorted({value for value in found if value}, key=len, reverse=True)


def scrubbed(text: str, secrets: list[str]) -> str:
    """`text` without any of `secrets`, also where JSON has escaped the line breaks of one."""
    for secret in secrets:
        text = text.replace(secret, MASK).replace(secret.replace("\n", "\\n"), MASK)
    return text


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`old` with `new` over it, deeply. A mask in `new` means: as it was (clients send back what they have read)."""
    result = dict(old)
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            result[key] = merged(before, value)
        elif value != MASK:
            result[key] = value
    return result


def unmasked(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`new`, with the masks in it replaced by what `old` holds there."""
    result: dict[str, Any] = {}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, Mapping):
            result[key] = unmasked(before if isinstance(before, Mapping) else {}, value)
        else:
            result[key] = before if value == MASK else value
    return result


def _mapped(
    configuration: Mapping[str, Any], schema: Mapping[str, Any], change: Callable[[Any], Any]
) -> dict[str, Any]:
    properties = _properties(schema)
    result: dict[str, Any] = {}
    for key, value in configuration.items():
        declared = properties.get(key, {})
        if declared.get("airbyte_secret") and value is not None:
            result[key] = change(value)
        elif isinstance(value, Mapping):
            result[key] = _mapped(value, declared, change)
        else:
            result[key] = value
    return result


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a schema and of every alternative in it: a secret in one alternative is a secret."""
    found: dict[str, Any] = {}
    for alternative in [*schema.get("oneOf", []), *schema.get("anyOf", []), schema]:
        for name, declared in alternative.get("properties", {}).items():
            if not found.get(name, {}).get("airbyte_secret"):
                found[name] = declared
    return found
