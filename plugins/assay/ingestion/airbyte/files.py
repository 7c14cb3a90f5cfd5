"""Reads `airbyte/{connectors,sources,destinations,connections}`: what Airbyte should look like, as files in git.

Knows nothing of HTTP or Airflow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assay import strict_yaml
from assay.declared import validated
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
    """A source or a destination: a connector and its configuration."""

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

    @model_validator(mode="after")
    def _rows_have_a_key(self) -> Stream:
        if self.sync_mode == "incremental_deduped_history" and not self.primary_key:
            raise ValueError("primary_key is missing; incremental_deduped_history keeps one row for each")
        return self


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
    documents: Mapping[tuple[str, str], strict_yaml.Document]
    """What each file says, with lines."""


def read(folder: Path) -> Declared:
    """Reads and cross-checks the folder. Raises ConfigurationError with the file, the key and the way out."""
    manifests = {
        path.parent.name: _document(folder, path).content
        for path in sorted((folder / "connectors").glob("*/manifest.yaml"))
    }
    files: dict[tuple[str, str], str] = {}
    sources = _read_kind(folder, "sources", EndFile, files)
    destinations = _read_kind(folder, "destinations", EndFile, files)
    connections = _read_kind(folder, "connections", ConnectionFile, files)
    declared = Declared(
        manifests,
        {name: each.file for name, each in sources.items()},
        {name: each.file for name, each in destinations.items()},
        {name: each.file for name, each in connections.items()},
        files,
        {
            (kind, name): each.document
            for kind, found in (("sources", sources), ("destinations", destinations), ("connections", connections))
            for name, each in found.items()
        },
    )
    wrong = list(_unread(folder))
    for connection in connections.values():
        for key, known in (("source", declared.sources), ("destination", declared.destinations)):
            if (wanted := getattr(connection.file, key)) not in known:
                choice = ", ".join(sorted(known)) or "none"
                wrong.append(
                    connection.document.located(f'{key} "{wanted}" is not in airbyte/{key}s (there is: {choice})')
                )
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return declared


def _unread(folder: Path) -> Iterator[str]:
    """Files of the folder that nothing reads."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in (".yml", ".yaml")):
        kind, *below = path.relative_to(folder).parts
        is_read = len(below) == 1 and kind in ("sources", "destinations", "connections") and path.suffix == ".yaml"
        is_manifest = kind == "connectors" and len(below) == 2 and below[1] == "manifest.yaml"
        if not is_read and not is_manifest:
            yield (
                f"airbyte/{path.relative_to(folder)}:1: is not a file that anything reads; those are "
                "{sources,destinations,connections}/<name>.yaml and connectors/<name>/manifest.yaml"
            )


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


@dataclass(frozen=True)
class _Read(Generic[FileModel]):
    """A file, and the document that it was read from."""

    file: FileModel
    document: strict_yaml.Document


def _read_kind(
    folder: Path, kind: str, model: type[FileModel], files: dict[tuple[str, str], str]
) -> dict[str, _Read[FileModel]]:
    found: dict[str, _Read[FileModel]] = {}
    for path in sorted((folder / kind).glob("*.yaml")):
        document = _document(folder, path)
        document.check_no_nulls(free=("configuration",))
        one = validated(model, document)
        if one.name in found:
            raise ConfigurationError(
                document.located(f'name "{one.name}" is taken by {files[kind, one.name]}; names are unique')
            )
        found[one.name] = _Read(one, document)
        files[kind, one.name] = document.shown
    return found


def _document(folder: Path, path: Path) -> strict_yaml.Document:
    return strict_yaml.mapping(path, f"airbyte/{path.relative_to(folder)}")
