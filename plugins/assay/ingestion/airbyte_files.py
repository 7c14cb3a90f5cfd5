"""Reads `airbyte/{connectors,sources,destinations,connections}`: what Airbyte should look like, as files in git.

Knows nothing of HTTP or Airflow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assay.errors import ConfigurationError

PLACEHOLDER = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
SECRET_FIELD = re.compile(
    r"(^|_)(password|secret|token|api_key|access_key|private_key|passphrase|credentials_json|service_account(_json)?)$"
)
ENDPOINT_FIELDS = frozenset(
    {
        "host",
        "port",
        "account",
        "username",
        "role",
        "warehouse",
        "database",
        "bucket",
        "endpoint",
        "url_base",
        "base_url",
    }
)
SyncMode = Literal["full_refresh_overwrite", "full_refresh_append", "incremental_append", "incremental_deduped_history"]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EndFile(_File):
    """A source or a destination: a connector and what it is told."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    connector: str = Field(description="A folder in `airbyte/connectors/`, or a name in Airbyte's own catalogue.")
    secret: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9/_-]*$",
        description="Below `assay/` in Secrets Manager: the JSON object with the values of this file's placeholders.",
    )
    configuration: dict[str, Any]


class Stream(_File):
    name: str
    sync_mode: SyncMode
    cursor_field: list[str] = []
    primary_key: list[list[str]] = []


class ConnectionFile(_File):
    """Which streams of a source go to a destination. There is no schedule: Airflow alone starts syncs."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    source: str
    destination: str
    streams: list[Stream] = Field(min_length=1)
    prefix: str = ""


@dataclass(frozen=True)
class Declared:
    """All of the folder, by name. Configurations still hold their placeholders; `files` says where each came from."""

    manifests: Mapping[str, dict[str, Any]]
    sources: Mapping[str, EndFile]
    destinations: Mapping[str, EndFile]
    connections: Mapping[str, ConnectionFile]
    files: Mapping[tuple[str, str], str]


def read(folder: Path) -> Declared:
    """Reads and cross-checks the folder. Raises ConfigurationError with the file, the key and the way out."""
    manifests = {
        path.parent.name: _yaml(folder, path) for path in sorted((folder / "connectors").glob("*/manifest.yaml"))
    }
    files: dict[tuple[str, str], str] = {}
    sources = _read_kind(folder, "sources", EndFile, files)
    destinations = _read_kind(folder, "destinations", EndFile, files)
    connections = _read_kind(folder, "connections", ConnectionFile, files)
    for connection in connections.values():
        for key, known in (("source", sources), ("destination", destinations)):
            if (wanted := getattr(connection, key)) not in known:
                where = files["connections", connection.name]
                choice = ", ".join(sorted(known)) or "none"
                raise ConfigurationError(f'{where}: {key} "{wanted}" is not in airbyte/{key}s (there is: {choice})')
    return Declared(manifests, sources, destinations, connections, files)


def resolve(
    where: str, configuration: Mapping[str, Any], values: Mapping[str, Any], secret: str | None = None
) -> dict[str, Any]:
    """The configuration with `${NAME}` filled in from `values`, which Secrets Manager holds as `secret`.

    Placeholders stand only where a secret or an endpoint belongs, and a secret is always a placeholder: what differs
    between environments, and what must not be in git, is then visible at a glance. Raises ConfigurationError.
    """
    filled: dict[str, Any] = _filled(where, "configuration", "configuration", configuration, values, secret)
    return filled


def _filled(where: str, path: str, field: str, value: Any, values: Mapping[str, Any], secret: str | None) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(where, f"{path}.{key}", key, inner, values, secret) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(where, f"{path}[{at}]", field, inner, values, secret) for at, inner in enumerate(value)]
    names = PLACEHOLDER.findall(value) if isinstance(value, str) else []
    is_secret = SECRET_FIELD.search(field) is not None
    if is_secret and not (isinstance(value, str) and PLACEHOLDER.fullmatch(value)):
        raise ConfigurationError(
            f"{where}: {path} is a secret; write ${{NAME}} here and keep the value in Secrets Manager"
        )
    if names and not is_secret and field not in ENDPOINT_FIELDS:
        raise ConfigurationError(
            f"{where}: {path} holds ${{{names[0]}}}, but only secrets and endpoints may differ by environment"
        )
    for name in names:
        if not values.get(name):
            raise ConfigurationError(
                f"{where}: {path} needs ${{{name}}}, which is not set; put it into "
                f"{f'assay/{secret}' if secret else 'the secrets'} in Secrets Manager"
            )
    return PLACEHOLDER.sub(lambda found: str(values[found[1]]), value) if names else value


def has_placeholders(configuration: Mapping[str, Any]) -> bool:
    """Whether there is anything to fill in."""
    return any(isinstance(value, str) and PLACEHOLDER.search(value) for _, value in leaves(configuration))


def secrets_in(configuration: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The secrets of a configuration by the path of their key, several where that is in a list."""
    found: dict[str, list[Any]] = {}
    for path, value in leaves(configuration):
        if SECRET_FIELD.search(path.rpartition(".")[2]):
            found.setdefault(path, []).append(value)
    return found


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every text, number and switch in a configuration with its dotted path, which does not number lists."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    else:
        yield path, value


FileModel = TypeVar("FileModel", EndFile, ConnectionFile)


def _read_kind(
    folder: Path, kind: str, model: type[FileModel], files: dict[tuple[str, str], str]
) -> dict[str, FileModel]:
    found: dict[str, FileModel] = {}
    for path in sorted((folder / kind).glob("*.yaml")):
        where = f"airbyte/{kind}/{path.name}"
        try:
            one = model.model_validate(_yaml(folder, path))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            raise ConfigurationError(f"{where}: {key}: {first['msg']}") from error
        if one.name in found:
            raise ConfigurationError(
                f'{where}: name "{one.name}" is taken by {files[kind, one.name]}; names are unique'
            )
        found[one.name] = one
        files[kind, one.name] = where
    return found


def _yaml(folder: Path, path: Path) -> dict[str, Any]:
    where = f"airbyte/{path.relative_to(folder)}"
    try:
        content = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{where}: this is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{where}: the file must be a mapping of keys to values")
    return content
