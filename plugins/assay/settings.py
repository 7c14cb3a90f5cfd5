"""What an environment decides: dbt-airflow-factory's own files, `dags/config/{base,<environment>}/*.yml`, as one
object.

`base` holds what is the same everywhere; an environment's folder holds endpoints, the image registry and tags, sizes
and credentials' names. The two are merged key by key, at every depth. Nothing here is read over the network: a file may
not ask for an Airflow variable, because every parse of every DAG would then call Secrets Manager.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from assay import strict_yaml
from assay.cron import Cron
from assay.declared import sentences_of_merged
from assay.durations import Duration
from assay.errors import ConfigurationError
from assay.zones.names import Layer
from assay.zones.zone import Cpu, Memory

BASE = "base"
ROLES = "roles.yml"
"""Beside an environment's files, but not one of them: it is long, and only what looks after permissions reads it."""
OF_ANOTHER_KIND = (
    "is a mapping in one of config/base and the environment's file, and not in the other; write one in both"
)
DEFAULT_POOL = "default_pool"


def _no_moving_tag(tag: str) -> str:
    if tag == "latest":
        raise ValueError('is "latest", a tag that moves, so that nothing says what runs; name one that stays')
    return tag


KubernetesName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=63)]
ConnectionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$", max_length=200)]
Tag = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"), AfterValidator(_no_moving_tag)]
EnvName = Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$")]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DefaultArgs(Model):
    retries: int = Field(
        ge=0, description="Tries after the first, for what may pass by itself; a failed test is final."
    )
    retry_delay: Duration


class DagArgs(Model):
    start_date: date
    catchup: Literal[False]
    max_active_runs: Literal[1] = Field(description="Two runs of a zone never publish out of order.")
    max_active_tasks: int = Field(ge=1)
    dagrun_timeout: Duration


class AirflowFile(Model):
    """airflow.yml"""

    default_args: DefaultArgs
    dag: DagArgs
    manifest_file_name: str = "manifest.json"
    pools: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default={}, description="Slots of each pool that a model may ask for. A pool that is not here is refused."
    )


class DbtFile(Model):
    """dbt.yml. Where project and profile lie, and the target, are the image's own knowledge (`DBT_PROJECT_DIR`, …)."""

    dbt_project_name: str


class DbtImage(Model):
    repository: str = Field(description="The image dbt runs in; its registry and tag are in deploy.yml.")


class ExecutionEnvFile(Model):
    """execution_env.yml"""

    type: Literal["k8s"]
    image: DbtImage


class Limit(Model):
    cpu: Annotated[str, Cpu]
    memory: Annotated[str, Memory]


class Toleration(Model):
    """A taint that pods may stand on, as Kubernetes writes it."""

    key: str = Field(min_length=1)
    operator: Literal["Equal", "Exists"] = "Equal"
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None


class PodResources(Model):
    """What a pod gets unless it asks for something else. Requests equal limits: no node promises memory twice."""

    limit: Limit
    node_selectors: dict[str, str] = {}
    tolerations: list[Toleration] = []


class PodSettings(Model):
    """What a model may say about its own pod under `meta.pod` in dbt, and an environment about all pods of a layer.

    Each key replaces what is said less specifically: a model's its layer's, a layer's the environment's. Node selectors
    are added to one another.
    """

    model_config = ConfigDict(coerce_numbers_to_str=True)

    cpu: Annotated[str, Cpu] | None = None
    memory: Annotated[str, Memory] | None = None
    node_selector: dict[str, str] = {}
    retries: int | None = Field(default=None, ge=0)
    retry_delay: Duration | None = None
    deadline: Duration | None = None
    pool: str | None = Field(default=None, description="One that airflow.yml declares.")
    priority: int | None = Field(default=None, ge=1, description="Among tasks that wait, higher ones go first.")

    def over(self, below: "PodSettings") -> "PodSettings":
        """These, and where they say nothing those below."""
        said = self.model_dump(exclude_none=True)
        merged = below.model_dump(exclude_none=True) | said
        merged["node_selector"] = below.node_selector | self.node_selector
        return self.model_construct(**merged)


class KubernetesFile(Model):
    """k8s.yml"""

    kubernetes_conn_id: ConnectionId
    namespace: KubernetesName
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"]
    image_pull_secrets: list[KubernetesName] = []
    service_account_name: str | None = Field(
        default=None,
        pattern=r"^([a-z0-9-]|\{zone\})+$",
        max_length=20,
        description="With {zone} in it each zone has its own.",
    )
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    envs: dict[EnvName, str] = Field(default={}, description="Environment of every pod; nothing secret belongs here.")
    resources: PodResources
    layers: dict[Layer, PodSettings] = Field(default={}, description="What the models of a layer get instead.")
    startup_timeout: Duration = Field(description="For a node, an image and secrets to be there.")
    active_deadline: Duration = Field(description="How long a pod may run before Kubernetes ends it.")

    def service_account(self, zone: str) -> str | None:
        """Who a zone's pods are in the cluster, and so in the cloud."""
        return self.service_account_name and self.service_account_name.replace("{zone}", zone.replace("_", "-"))


class AirbyteFile(Model):
    """airbyte.yml: the server, and the clocks by which a sync is given up."""

    airbyte_connection_id: ConnectionId
    poll_interval: Duration
    start_within: Duration
    stalled_after: Duration
    deadline: Duration

    @model_validator(mode="after")
    def _each_clock_rings_before_the_last(self) -> "AirbyteFile":
        for name in ("start_within", "stalled_after"):
            if getattr(self, name) > self.deadline:
                raise ValueError(f"{name} is longer than deadline, and would never be reached; make it shorter")
            if getattr(self, name) < self.poll_interval:
                raise ValueError(f"{name} is shorter than poll_interval, so no look would be in time; make it longer")
        return self


class LineageFile(Model):
    """lineage.yml: where OpenLineage events go; nowhere when neither `url` nor `file` is said."""

    namespace: str = Field(default="assay", description="Of jobs. The environment's name is added to it.")
    url: str | None = Field(default=None, pattern=r"^https?://[^@]+$", description="The server, such as DataHub.")
    endpoint: str = Field(default="api/v1/lineage", description="Where the server takes events, below its url.")
    token_connection: str | None = Field(default=None, description="The connection whose password is the API key.")
    timeout: Duration = timedelta(seconds=5)
    file: str | None = Field(default=None, description="Instead of a server: one event a line, below AIRFLOW_HOME.")

    @model_validator(mode="after")
    def _one_place(self) -> "LineageFile":
        if self.url and self.file:
            raise ValueError("says both url and file; events go to one place")
        return self

    @property
    def wanted(self) -> bool:
        return bool(self.url or self.file)


class AlertsFile(Model):
    """alerts.yml"""

    repository: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s@]+$",
        description="The web page of this repository's files, to which a runbook's path is added. The environment "
        "variable ASSAY_REPOSITORY goes before it.",
    )

    def page_of(self, path: str) -> str:
        """The address of a file of the repository; an address as it is, and the path where no page is known."""
        repository = os.environ.get("ASSAY_REPOSITORY") or self.repository
        if path.startswith(("https://", "http://")) or not repository:
            return path
        return f"{repository.rstrip('/')}/{path.lstrip('/')}"


class PermissionsFile(Model):
    """permissions.yml: how the schedule looks after who may do what, which roles.yml says."""

    schedule: Cron = Field(description="When drift is looked for, as cron writes it, in UTC.")
    warehouse_connection_id: ConnectionId = Field(description="The login that manages grants.")
    chat_connection_id: ConnectionId = Field(description="The platform's own channel, whose webhook is its password.")
    runbook: str
    apply: bool = Field(description="Whether drift is put right, or only announced.")
    max_revokes: int = Field(ge=0, description="How many grants may be taken away at once without anybody's word.")


class DeployFile(Model):
    """deploy.yml: what a deploy changes, in one commit."""

    registry: str | None = Field(
        default=None, pattern=r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$", description="Goes before an image's name."
    )
    tags: dict[str, Tag] = Field(description="The tag of each of our images.")
    commit: str | None = Field(default=None, description="What is deployed; ASSAY_COMMIT where it is not written down.")

    project: str | None = Field(default=None, description="A digest of the dbt project that the dbt image holds.")

    def serves_as(self, other: "DeployFile") -> bool:
        """Whether both are the same but for the commit: where it came from is no reason to deploy it again."""
        return self.model_copy(update={"commit": other.commit}) == other


class Settings(Model):
    """One environment. Equal in every environment but for endpoints, registry and tags, sizes and credentials."""

    environment: str
    dags_folder: Path
    airflow: AirflowFile
    dbt: DbtFile
    execution_env: ExecutionEnvFile
    k8s: KubernetesFile
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
    if unknown := [path for path in found if path.name not in {*expected, ROLES}]:
        raise ConfigurationError(
            "\n".join(
                f"config/{path.parent.name}/{path.name}:1: is not a file that anything reads; it is one of "
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
