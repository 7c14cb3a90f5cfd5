"""What a zone file may say. Unknown keys are refused: a typo must not become a default."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from assay.cron import Cron
from assay.durations import Duration
from assay.zones.allowed import Name, TableName, Text, Words, ZoneName, in_one_line, kept_everywhere
from assay.zones.names import Layer


def _regular_expression(text: str) -> str:
    try:
        re.compile(text, re.ASCII)
    except re.error as error:
        raise ValueError(f'is "{text}", which is no regular expression: {error}') from None
    return text


def _finds_one_day(text: str) -> str:
    """At most one group, because the last one is taken for the day."""
    if (groups := re.compile(text).groups) > 1:
        raise ValueError(f'is "{text}", which has {groups} groups; put one around the day, and (?:…) around the rest')
    return text


def _some_expression(text: str) -> str:
    if re.compile(text).fullmatch(""):
        raise ValueError(
            f'is "{text}", which matches an empty name, and so anything or nothing; say what it looks like'
        )
    return text


def _stays(image: str) -> str:
    if image.endswith(":latest"):
        raise ValueError(f'is "{image}", a tag that moves, so that nothing says what runs; name one that stays')
    return image


Expression = Annotated[
    str, AfterValidator(in_one_line), AfterValidator(_regular_expression), AfterValidator(_some_expression)
]
Argument = Annotated[str, Field(min_length=1), AfterValidator(kept_everywhere)]
SecretName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=253)]
IMAGE = r"^[a-z0-9]+([._/:-][A-Za-z0-9_]+)*(@sha256:[0-9a-f]{64})?$"
StreamName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=200)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Cpu = Field(pattern=r"^([1-9][0-9]{0,4}m|[1-9][0-9]?(\.[0-9]{1,3})?|0\.[0-9]{0,2}[1-9])$")
"""Kubernetes takes no less than a thousandth of a core."""
Memory = Field(pattern=r"^([1-9][0-9]{0,6}(Mi|Ki)|[1-9][0-9]{0,2}Gi)$")


class Resources(Model):
    """What a pod may use, in Kubernetes quantities; requests equal limits unless said otherwise."""

    cpu: Annotated[str, Cpu] = Field(default="250m", description="Cores, or thousandths of one: `250m`.")
    memory: Annotated[str, Memory] = Field(default="256Mi", description="Memory; a pod that exceeds it is OOM-killed.")


RESOURCES: Resources = Field(default=Resources(), description="What the pod may use.")
NULL_IF: list[Text] = Field(default=[], description="Texts that mean that nothing is known, such as NA.")


class SourceBase(Model):
    name: Name = Field(description="Names the task `ingest.<name>`.")
    table: TableName = Field(description="The table it lands in; its contract is `contracts/<table>.odcs.yaml`.")


class AirbyteSource(SourceBase):
    """A sync that Airflow triggers and Airbyte runs."""

    kind: Literal["airbyte"]
    connection: Name = Field(description="A connection declared in `airbyte/connections/`.")
    stream: StreamName = Field(description="The stream of that connection that fills the table.")
    day: Words | None = Field(
        default=None,
        description="A SQL expression over the stream's columns: a record's day, by which backfills choose.",
    )


class FilesSource(SourceBase):
    """Files that others drop into the zone's folder of the landing bucket."""

    kind: Literal["files"]
    prefix: str = Field(
        pattern=r"^([A-Za-z0-9_-]+/)+$", max_length=500, description="The folder below the zone's, with its last slash."
    )
    pattern: Expression = Field(
        default=r".*\.csv(\.gz)?", description="A regular expression that the file's name matches."
    )
    date_pattern: Annotated[Expression, AfterValidator(_finds_one_day)] = Field(
        default=r"\d{4}-\d{2}-\d{2}",
        description="A regular expression that finds a file's day (ISO) in its path. Backfills choose files by it, "
        "and of two rows of a key the one with the later day counts.",
    )
    null_if: list[Text] = NULL_IF


class SqlJobSource(SourceBase):
    """A query in `jobs/<job>.sql` that a pod runs against a Postgres server; its rows are the load."""

    kind: Literal["sql_job"]
    job: Name = Field(description="Names the query: `jobs/<job>.sql` in the zone's folder.")
    secret: SecretName = Field(
        default="postgres-company", description="The pod secret with the server's address and login."
    )
    null_if: list[Text] = NULL_IF
    resources: Resources = RESOURCES


class ContainerSource(SourceBase):
    """Any program in any language that writes CSV files to the folder it is given."""

    kind: Literal["container"]
    image: Annotated[str, AfterValidator(_stays)] = Field(
        pattern=IMAGE, description="An image's name; registry and tag come from the environment's configuration."
    )
    command: list[Argument] = Field(min_length=1, description="The program on the image's PATH and its arguments.")
    secrets: list[SecretName] = Field(default=[], description="Pod secrets whose keys become environment variables.")
    null_if: list[Text] = NULL_IF
    resources: Resources = RESOURCES


Source = Annotated[AirbyteSource | FilesSource | SqlJobSource | ContainerSource, Field(discriminator="kind")]


class Reads(Model):
    """Another zone's published table that this zone's models read."""

    zone: Name = Field(description="The other zone.")
    tables: list[TableName] = Field(min_length=1, description="Tables that it publishes.")


class Keep(Model):
    """How long the platform keeps what it has no more use for. A source's newest load stays, however old."""

    load_tables: Duration = Field(
        default=timedelta(days=7),
        description="Load tables of approved loads, `LANDING.<TABLE>__<LOAD>`, and records of runs that brought "
        "nothing new or only met the same problem again.",
    )
    refused: Duration = Field(
        default=timedelta(days=30),
        description="A refused load after its source has had another: its load table, quarantine rows and record.",
    )
    files: Duration = Field(
        default=timedelta(days=30),
        description="Files that a job or container wrote for an approved load, `loads/<source>/<load>/`.",
    )
    ledger: Duration = Field(
        default=timedelta(days=400),
        description="Records of approved loads with their check results, and of releases that ended. Which files were "
        "approved stays known.",
    )

    @model_validator(mode="after")
    def long_enough_to_be_used(self) -> "Keep":
        for key in Keep.model_fields:
            if getattr(self, key) < timedelta(minutes=1):
                raise ValueError(f"{key} must be at least 1m; a run in progress needs what it has landed")
        if self.ledger < max(self.load_tables, self.files):
            raise ValueError("ledger must be at least as long as load_tables and files, which are found by it")
        return self


class Zone(Model):
    """One business domain: who answers for it, where its data comes from, and what it lets others see."""

    zone: ZoneName = Field(description="Its name, which is also its folder's, its DAG's and its database's.")
    description: Words = Field(description="What it is about, for people.")
    owner: Words = Field(description="Who is told, and answers: a person or a team's address.")
    steward: Words = Field(description="Who decides whether data is right.")
    channel: str = Field(description="The chat channel for alerts.", pattern=r"^#[a-z0-9][a-z0-9._-]{0,63}$")
    runbook: str = Field(
        pattern=r"^(https://[A-Za-z0-9.-]+(:[0-9]+)?(/[!#-;=?-_a-z~]*)?|([A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*)$",
        description="Where to look when it fails: a path in this repository or an https address.",
    )
    schedule: Cron | None = Field(description="A cron expression in UTC, or null for by hand only.")
    sources: list[Source] = Field(min_length=1, description="Where its data comes from, at least one.")
    publishes: list[TableName] = Field(default=[], description="Gold tables that other zones may read.")
    reads: list[Reads] = Field(default=[], description="What its models read of other zones.")
    keep: Keep = Field(default=Keep(), description="How long old loads are kept.")
    granularity: dict[Layer, Literal["model", "layer"]] = Field(
        default={},
        description="For a layer: `model` is a pod to run and one to test each model, which is the default; `layer` "
        "is one pod for all of it.",
    )

    publish_unchanged: bool = Field(
        default=False,
        description="Whether a run builds and publishes although nothing is new: for models that read the clock.",
    )

    @property
    def whole_layers(self) -> frozenset[str]:
        """The layers that are built by one pod each."""
        return frozenset(layer.value for layer, grain in self.granularity.items() if grain == "layer")

    @model_validator(mode="after")
    def nothing_is_named_twice(self) -> "Zone":
        for key in ("name", "table"):
            _once([(f"sources[{index}].{key}", getattr(source, key)) for index, source in enumerate(self.sources)])
        for index, source in enumerate(self.sources):
            if not isinstance(source, AirbyteSource):
                _once([(f"sources[{index}].null_if[{at}]", text) for at, text in enumerate(source.null_if)])
            if isinstance(source, ContainerSource):
                _once([(f"sources[{index}].secrets[{at}]", name) for at, name in enumerate(source.secrets)])
        _once([(f"publishes[{index}]", table) for index, table in enumerate(self.publishes)])
        _once([(f"reads[{index}].zone", read.zone) for index, read in enumerate(self.reads)])
        for index, read in enumerate(self.reads):
            _once([(f"reads[{index}].tables[{at}]", table) for at, table in enumerate(read.tables)])
            if read.zone == self.zone:
                raise ValueError(f"reads[{index}].zone is this zone itself, whose models need no leave; remove it")
        return self

    @model_validator(mode="after")
    def files_are_taken_once(self) -> "Zone":
        """A source's folder holds no other source's, nor what containers and SQL jobs write."""
        folders = {"loads/": "where SQL jobs and containers write"}
        for index, source in enumerate(self.sources):
            if isinstance(source, FilesSource):
                for folder, whose in folders.items():
                    if source.prefix.startswith(folder) or folder.startswith(source.prefix):
                        raise ValueError(
                            f'sources[{index}].prefix "{source.prefix}" and {folder}, {whose}, hold the same files; '
                            "give each source a folder of its own"
                        )
                folders[source.prefix] = f"the folder of {source.name}"
        return self


def _once(values: list[tuple[str, str]]) -> None:
    """Raise ValueError with the key of the first value that was there before."""
    seen: set[str] = set()
    for key, value in values:
        if value in seen:
            raise ValueError(f'{key} "{value}" is used twice; each stands once')
        seen.add(value)
