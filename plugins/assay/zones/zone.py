"""What a zone file may say. Unknown keys are refused: a typo must not become a default."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assay.zones.names import Layer

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=48)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Resources(Model):
    """What a pod may use, in Kubernetes quantities; requests equal limits unless said otherwise."""

    cpu: str = Field(default="250m", pattern=r"^\d+(\.\d+)?m?$", description="Cores, or thousandths of one: `250m`.")
    memory: str = Field(default="256Mi", pattern=r"^\d+(Ki|Mi|Gi)$", description="Memory; a pod that needs more ends.")


RESOURCES: Resources = Field(default=Resources(), description="What the pod may use.")
NULL_IF: list[str] = Field(default=[""], description="Texts that mean that nothing is known, such as NA.")


class SourceBase(Model):
    name: Name = Field(description="Names the task `ingest.<name>`.")
    table: Name = Field(description="The table it lands in; its contract is `contracts/<table>.odcs.yaml`.")


class AirbyteSource(SourceBase):
    """A sync that Airflow triggers and Airbyte runs."""

    kind: Literal["airbyte"]
    connection: str = Field(description="A connection declared in `airbyte/connections/`.")
    stream: Name = Field(description="The stream of that connection that fills the table.")
    day: str | None = Field(
        default=None,
        description="A SQL expression over the stream's columns: a record's day, by which backfills choose.",
    )


class FilesSource(SourceBase):
    """Files that others drop into the zone's folder of the landing bucket."""

    kind: Literal["files"]
    prefix: str = Field(pattern=r"^[\w\-/]+/$", description="The folder below the zone's, with its last slash.")
    pattern: str = Field(default=r".*\.csv(\.gz)?", description="A regular expression that the file's name matches.")
    date_pattern: str = Field(
        default=r"\d{4}-\d{2}-\d{2}",
        description="A regular expression that finds a file's day (ISO) in its path. Backfills choose files by it, "
        "and of two rows of a key the one with the later day counts.",
    )
    null_if: list[str] = NULL_IF


class SqlJobSource(SourceBase):
    """A query in `jobs/<job>.sql` that a pod runs against a Postgres server; its rows are the load."""

    kind: Literal["sql_job"]
    job: Name = Field(description="Names the query: `jobs/<job>.sql` in the zone's folder.")
    secret: str = Field(default="postgres-company", description="The pod secret with the server's address and login.")
    null_if: list[str] = NULL_IF
    resources: Resources = RESOURCES


class ContainerSource(SourceBase):
    """Any program in any language that writes CSV files to the folder it is given."""

    kind: Literal["container"]
    image: str = Field(description="An image's name; registry and tag come from the environment's configuration.")
    command: list[str] = Field(description="The program on the image's PATH and its arguments.")
    secrets: list[str] = Field(default=[], description="Pod secrets whose keys become environment variables.")
    null_if: list[str] = NULL_IF
    resources: Resources = RESOURCES


Source = Annotated[AirbyteSource | FilesSource | SqlJobSource | ContainerSource, Field(discriminator="kind")]


class Reads(Model):
    """Another zone's published table that this zone's models read."""

    zone: Name = Field(description="The other zone.")
    tables: list[Name] = Field(min_length=1, description="Tables that it publishes.")


class Zone(Model):
    """One business domain: who answers for it, where its data comes from, and what it lets others see."""

    zone: Name = Field(description="Its name, which is also its folder's, its DAG's and its database's.")
    description: str = Field(description="What it is about, for people.")
    owner: str = Field(description="Who is told, and answers: a person or a team's address.")
    steward: str = Field(description="Who decides whether data is right.")
    channel: str = Field(description="The chat channel for alerts.", pattern=r"^#[\w\-]+$")
    runbook: str = Field(description="Where to look when it fails: a path in this repository or an https address.")
    schedule: str | None = Field(description="A cron expression in UTC, or null for by hand only.")
    sources: list[Source] = Field(min_length=1, description="Where its data comes from, at least one.")
    publishes: list[Name] = Field(default=[], description="Gold tables that other zones may read.")
    reads: list[Reads] = Field(default=[], description="What its models read of other zones.")
    granularity: dict[Layer, Literal["model", "layer"]] = Field(
        default={},
        description="For a layer: `model` is a pod to run and one to test each model, which is the default; `layer` "
        "is one pod for all of it.",
    )

    @property
    def whole_layers(self) -> frozenset[str]:
        """The layers that are built by one pod each."""
        return frozenset(layer.value for layer, grain in self.granularity.items() if grain == "layer")

    @model_validator(mode="after")
    def names_are_unique(self) -> "Zone":
        for key in ("name", "table"):
            seen: set[str] = set()
            for index, source in enumerate(self.sources):
                value = getattr(source, key)
                if value in seen:
                    raise ValueError(f'sources[{index}].{key} "{value}" is used twice; give each source its own')
                seen.add(value)
        return self
