"""What a zone file may say. Unknown keys are refused: a typo must not become a default."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal, Union

from pydantic import Field, model_validator

from assay.cron import Cron
from assay.durations import Duration
from assay.zones.allowed import Name, TableName, Words, ZoneName
from assay.zones.fields import Model, Source
from assay.zones.kinds import sources
from assay.zones.names import Layer

if TYPE_CHECKING:
    AnySource = Source
else:
    AnySource = Annotated[Union[tuple(sources().right.values())], Field(discriminator="kind")]  # noqa: UP007
"""One of the kinds that there are, by its `kind`."""
WRITTEN_BY_PODS = "loads/"
"""The folder below the zone's in which SQL jobs and containers write."""


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
    owner: Words = Field(description="Who gets the alerts and answers: a person or a team's address.")
    steward: Words = Field(description="Who decides whether data is right.")
    channel: str = Field(description="The chat channel for alerts.", pattern=r"^#[a-z0-9][a-z0-9._-]{0,63}$")
    runbook: str = Field(
        pattern=r"^(https://[A-Za-z0-9.-]+(:[0-9]+)?(/[!#-;=?-_a-z~]*)?|([A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*)$",
        description="Where to look when it fails: a path in this repository or an https address.",
    )
    schedule: Cron | None = Field(description="A cron expression in UTC, or null for by hand only.")
    sources: list[AnySource] = Field(min_length=1, description="Where its data comes from, at least one.")
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
        folders = {WRITTEN_BY_PODS: "where SQL jobs and containers write"}
        for index, source in enumerate(self.sources):
            if (inbox := source.inbox()) is None:
                continue
            for folder, whose in folders.items():
                if inbox.folder.startswith(folder) or folder.startswith(inbox.folder):
                    raise ValueError(
                        f'sources[{index}].{inbox.key} "{inbox.folder}" and {folder}, {whose}, hold the same files; '
                        "give each source a folder of its own"
                    )
            folders[inbox.folder] = f"the folder of {source.name}"
        return self


def _once(values: list[tuple[str, str]]) -> None:
    """Raise ValueError with the key of the first value that was there before."""
    seen: set[str] = set()
    for key, value in values:
        if value in seen:
            raise ValueError(f'{key} "{value}" is used twice; each stands once')
        seen.add(value)
