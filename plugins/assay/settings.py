"""What an environment decides: dbt-airflow-factory's own files, `dags/config/{base,<environment>}/*.yml`, as one
object. Their models are in `settings_files`.

`base` holds what is the same everywhere; an environment's folder holds endpoints, the image registry and tags, sizes
and credentials' names. The two are merged key by key, at every depth. Nothing here is read over the network: a file may
not ask for an Airflow variable, because every parse of every DAG would then call Secrets Manager.
"""

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError, model_validator

from assay import strict_yaml
from assay.declared import sentences_of_merged
from assay.errors import ConfigurationError
from assay.settings_files import (
    AirbyteFile,
    AirflowFile,
    AlertsFile,
    DbtFile,
    DeployFile,
    ExecutionEnvFile,
    IngestionFile,
    KubernetesFile,
    LineageFile,
    Model,
    PermissionsFile,
)

BASE = "base"
ROLES = "roles.yml"
"""Beside an environment's files, but not one of them: it is long, and only what looks after permissions reads it."""
OF_ANOTHER_KIND = (
    "is a mapping in one of config/base and the environment's file, and not in the other; write one in both"
)
DEFAULT_POOL = "default_pool"


class Settings(Model):
    """One environment. Equal in every environment but for endpoints, registry and tags, sizes and credentials."""

    environment: str
    dags_folder: Path
    airflow: AirflowFile
    dbt: DbtFile
    execution_env: ExecutionEnvFile
    k8s: KubernetesFile
    ingestion: IngestionFile
    airbyte: AirbyteFile
    permissions: PermissionsFile
    deploy: DeployFile
    lineage: LineageFile = LineageFile()
    alerts: AlertsFile = AlertsFile()

    @property
    def dag(self) -> dict[str, Any]:
        """Keyword arguments of a zone's DAG."""
        arguments = dict(self.airflow.dag)
        start = self.airflow.dag.start_date
        return arguments | {
            "start_date": datetime(start.year, start.month, start.day, tzinfo=UTC),
            "default_args": dict(self.airflow.default_args),
        }

    @model_validator(mode="after")
    def _layers_use_pools_that_are_there(self) -> "Settings":
        for layer, said in self.k8s.layers.items():
            if problem := self.no_pool(said.pool):
                raise ValueError(f"k8s.yml: layers.{layer}.{problem}")
        return self

    def no_pool(self, pool: str | None) -> str:
        """What is wrong with asking for this pool, if anything. A task of an unknown pool would never start."""
        if pool is None or pool == DEFAULT_POOL or pool in self.airflow.pools:
            return ""
        known = ", ".join(sorted({DEFAULT_POOL, *self.airflow.pools}))
        return (
            f'pool "{pool}" is not declared; add it with its number of slots to pools in '
            f"config/{{base,{self.environment}}}/airflow.yml, or use one of {known}"
        )

    @property
    def roles_file(self) -> Path:
        """Who may do what in the environment's warehouse; `assay.permissions` reads it."""
        return self.dags_folder / "config" / self.environment / ROLES

    @property
    def manifest(self) -> Path:
        return self.dags_folder / self.airflow.manifest_file_name

    @property
    def commit(self) -> str:
        return self.deploy.commit or os.environ.get("ASSAY_COMMIT", "unknown")

    def image(self, name: str) -> str:
        """The full reference of an image: ours by name, with the registry and tag that are deployed; others as they
        are.

        Raises ConfigurationError for a name without a tag.
        """
        if name in self.deploy.tags:
            prefix = f"{self.deploy.registry}/" if self.deploy.registry else ""
            return f"{prefix}{name}:{self.deploy.tags[name]}"
        if "@" in name or ":" in name.rpartition("/")[2]:
            return name
        raise ConfigurationError(
            f'config/{self.environment}/deploy.yml: tags has no "{name}"; add its tag, or name the image with one'
        )


def load(dags_folder: Path, environment: str | None = None) -> Settings:
    """The settings of `environment`, or of the one that ASSAY_ENV names.

    Raises ConfigurationError with one line for each thing that is wrong, with file and key.
    """
    config = dags_folder / "config"
    known = sorted(path.name for path in config.glob("*/") if path.is_dir() and path.name != BASE)
    environment = environment or os.environ.get("ASSAY_ENV", "")
    if not environment:
        raise ConfigurationError(f"ASSAY_ENV is not set; set it to the environment this is: {', '.join(known)}")
    if environment not in known:
        raise ConfigurationError(
            f'ASSAY_ENV "{environment}" has no folder in dags/config; it is one of {", ".join(known)}'
        )

    expected = {f"{field}.yml" for field in Settings.model_fields} - {"environment.yml", "dags_folder.yml"}
    found = [path for folder in (BASE, environment) for path in sorted((config / folder).iterdir())]
    astray = [path for path in sorted(config.glob("*.y*ml")) if path.is_file()]
    if unknown := [*astray, *(path for path in found if not _is_read(path, expected))]:
        raise ConfigurationError(
            "\n".join(
                f"{path.relative_to(dags_folder).as_posix()}:1: is not a file that anything reads; it is one of "
                f"{', '.join(sorted({*expected, ROLES}))}"
                for path in unknown
            )
        )
    names = {path.name for path in found} - {ROLES}
    documents = {name.removesuffix(".yml"): _documents(config, environment, name) for name in sorted(names)}
    whole: dict[str, Any] = {"environment": environment, "dags_folder": str(dags_folder)}
    try:
        merged = {name: _merged(of_one_name) for name, of_one_name in documents.items()}
        return Settings.model_validate_json(json.dumps(whole | merged), strict=True)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_sentences(error, environment, documents))) from error


def _is_read(path: Path, expected: Collection[str]) -> bool:
    return path.name in expected or (path.name == ROLES and path.parent.name != BASE)


def read(config: Path, environment: str, file_name: str) -> dict[str, Any]:
    """One of the factory's files: base's, with the environment's over it at every depth. A missing file is empty."""
    return _merged(_documents(config, environment, file_name))


def _documents(config: Path, environment: str, file_name: str) -> list[strict_yaml.Document]:
    return [_document(config / folder / file_name) for folder in (BASE, environment)]


def _merged(documents: Sequence[strict_yaml.Document]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for document in documents:
        if wrong := list(_of_another_kind(merged, document.content)):
            said = [each.about(path, OF_ANOTHER_KIND) for path in wrong for each in documents if each.has(path)]
            raise ConfigurationError("\n".join(said))
        merged = merge(merged, document.content)
    return merged


def _of_another_kind(below: Mapping[str, Any], above: Mapping[str, Any]) -> Iterator[list[str | int]]:
    """Paths at which one holds a mapping and the other does not: one of the two would be lost."""
    for key, value in above.items():
        beneath = below.get(key)
        if isinstance(value, Mapping) and isinstance(beneath, Mapping):
            for path in _of_another_kind(beneath, value):
                yield [key, *path]
        elif key in below and isinstance(value, Mapping) != isinstance(beneath, Mapping):
            yield [key]


def document_with(
    dags_folder: Path, environment: str, file_name: str, path: Sequence[str | int]
) -> strict_yaml.Document:
    """Of base's and the environment's file, the one that says the value at a path."""
    documents = _documents(dags_folder / "config", environment, file_name)
    return max(reversed(documents), key=lambda document: document.depth(path))


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, and where both say something, what `above` says; mappings are merged, lists are replaced."""
    merged = dict(below)
    for key, value in above.items():
        beneath = merged.get(key)
        merged[key] = merge(beneath, value) if isinstance(beneath, Mapping) and isinstance(value, Mapping) else value
    return merged


def _document(path: Path) -> strict_yaml.Document:
    """The file's content, an empty mapping where there is no file or nothing in it."""
    shown = f"config/{path.parent.name}/{path.name}"
    try:
        document = strict_yaml.load(path, shown)
    except FileNotFoundError:
        return strict_yaml.Document(shown, {})
    if document.content is None:
        document.content = {}
    if not isinstance(document.content, dict):
        raise ConfigurationError(f"{shown}:{document.line()}: must be a mapping of keys to values")
    if key := _asks_for_a_variable(document.content):
        raise ConfigurationError(
            document.about(
                key,
                "asks for an Airflow variable, which every parse of a DAG would fetch; write the value, or read it in "
                "a task",
            )
        )
    return document


def _asks_for_a_variable(value: Any) -> list[str | int]:
    """The path to the first text that does."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(inner, dict | list):
                if found := _asks_for_a_variable(inner):
                    return [key, *found]
            elif isinstance(inner, str) and "var.value" in inner:
                return [key]
    return []


def _sentences(
    error: ValidationError, environment: str, documents: Mapping[str, list[strict_yaml.Document]]
) -> list[str]:
    found = []
    for problem in error.errors():
        file = problem["loc"][0] if problem["loc"] else ""
        if file in documents:
            found += sentences_of_merged([problem], documents)
        elif problem["type"] == "missing":
            found.append(f"config/{BASE}/{file}.yml: there is no such file, nor in config/{environment}; add it")
        else:  # of several files together: `k8s.yml: layers.gold.pool …`
            name, _, said = problem["msg"].removeprefix("Value error, ").partition(".yml: ")
            found.append(max(documents[name], key=lambda document: document.reach(said)).located(said))
    return found
