"""The files of `dags/config/{base,<environment>}/*.yml`, one model each. Unknown keys are refused."""

import os
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from assay.cron import Cron
from assay.durations import Duration
from assay.zones.fields import Cpu, Memory
from assay.zones.names import Layer


def _no_moving_tag(tag: str) -> str:
    if tag == "latest":
        raise ValueError('is "latest", a tag that moves, so that nothing says what runs; name one that stays')
    return tag


KubernetesName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=63)]
LABEL = r"^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$"
LabelKey = Annotated[str, Field(pattern=r"^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$")]
LabelValue = Annotated[str, Field(pattern=LABEL)]
Labels = dict[LabelKey, LabelValue]
"""As Kubernetes takes them."""
ConnectionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$", max_length=200)]
Tag = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"), AfterValidator(_no_moving_tag)]
Channel = Annotated[str, Field(pattern=r"^#([a-z0-9._-]|\{zone\})+$", max_length=64)]
EnvName = Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$")]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DefaultArgs(Model):
    retries: int = Field(
        ge=0, le=100, description="Tries after the first, for what may pass by itself; a failed test is final."
    )
    retry_delay: Duration


def _loads_first(enable: bool) -> bool:
    if not enable:
        raise ValueError(
            "is false, and a zone's models would run without the tasks that load its sources; set it to true, and "
            "take a source out of its zone.yml to stop loading it"
        )
    return enable


def _begun(day: date) -> date:
    if day > datetime.now(UTC).date():
        raise ValueError(f"is {day}, which has not come; no run would start before")
    return day


class DagArgs(Model):
    start_date: Annotated[date, AfterValidator(_begun)]
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

    dbt_project_name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")


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

    key: LabelKey
    operator: Literal["Equal", "Exists"] = "Equal"
    value: LabelValue | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None

    @model_validator(mode="after")
    def _exists_has_no_value(self) -> "Toleration":
        if self.operator == "Exists" and self.value is not None:
            raise ValueError("has a value, which Kubernetes rejects beside the operator Exists; leave one of them out")
        return self


class PodResources(Model):
    """What a pod gets unless it asks for something else. Requests equal limits: no node promises memory twice."""

    limit: Limit
    node_selectors: Labels = {}
    tolerations: list[Toleration] = []


class PodSettings(Model):
    """What a model may say about its own pod under `meta.pod` in dbt, and an environment about all pods of a layer.

    Precedence: model over layer over environment. Node selectors are merged.
    """

    model_config = ConfigDict(coerce_numbers_to_str=True)

    cpu: Annotated[str, Cpu] | None = None
    memory: Annotated[str, Memory] | None = None
    node_selector: Labels = {}
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
    labels: Labels = {}
    annotations: dict[LabelKey, str] = {}
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


class IngestionFile(Model):
    """ingestion.yml: dbt-airflow-factory's switch. What is loaded is in each zone's file."""

    enable: Annotated[bool, AfterValidator(_loads_first)] = Field(
        description="Whether a zone's sources are loaded before its models run; always."
    )


class LineageFile(Model):
    """lineage.yml: where OpenLineage events go; nowhere when neither `url` nor `file` is said."""

    namespace: str = Field(
        default="assay", pattern=r"^[A-Za-z0-9._/:-]+$", description="Of jobs. The environment's name is added to it."
    )
    url: str | None = Field(default=None, pattern=r"^https?://[^\s@]+$", description="The server, such as DataHub.")
    endpoint: str = Field(
        default="api/v1/lineage",
        pattern=r"^[A-Za-z0-9._~/-]+$",
        description="Where the server takes events, below its url.",
    )
    token_connection: ConnectionId | None = Field(
        default=None, description="The connection whose password is the API key."
    )
    timeout: Duration = timedelta(seconds=5)
    file: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$",
        description="Instead of a server: one event a line, below AIRFLOW_HOME.",
    )

    @model_validator(mode="after")
    def _one_place(self) -> "LineageFile":
        if self.url and self.file:
            raise ValueError("says both url and file; events go to one place")
        if self.token_connection and not self.url:
            raise ValueError("token_connection is of no use without url; remove it")
        return self

    @property
    def enabled(self) -> bool:
        return bool(self.url or self.file)


class AlertsFile(Model):
    """alerts.yml"""

    repository: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s@]+$",
        description="The web page of this repository's files, to which a runbook's path is added. The environment "
        "variable ASSAY_REPOSITORY goes before it.",
    )

    channels: list[Channel] = Field(
        default=["#zone-{zone}"],
        min_length=1,
        description="The channels that the chat server has for zones; {zone} stands for a zone's name, with dashes.",
    )

    def channels_of(self, zone: str) -> list[str]:
        """The channels that a zone may name."""
        return [channel.replace("{zone}", zone.replace("_", "-")) for channel in self.channels]

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
    administrators: list[Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_$]*$")]] = Field(
        description="Users and roles that administer the account itself, in upper case: the drift check omits "
        "what they hold. A person of roles.yml does not belong here."
    )


class DeployFile(Model):
    """deploy.yml: what a deploy changes, in one commit."""

    registry: str | None = Field(
        default=None, pattern=r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$", description="Goes before an image's name."
    )
    tags: dict[str, Tag] = Field(description="The tag of each of our images.")
    commit: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$",
        description="What is deployed; ASSAY_COMMIT where it is not written down.",
    )

    project: str | None = Field(default=None, description="A digest of the dbt project that the dbt image holds.")

    def serves_as(self, other: "DeployFile") -> bool:
        """Whether both are the same but for the commit: where it came from is no reason to deploy it again."""
        return self.model_copy(update={"commit": other.commit}) == other
