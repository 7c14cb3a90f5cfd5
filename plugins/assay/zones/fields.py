"""What the models of a zone file are made of: types of values, and `Source`, which every kind of source derives from.

A kind's `source.py` imports this and nothing else of the platform: `zones.zone` reads the kinds.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assay.extensions import FORMATS, kinds
from assay.zones.allowed import Name, TableName, Text, in_one_line, kept_everywhere


def _regular_expression(text: str) -> str:
    try:
        re.compile(text, re.ASCII)
    except re.error as error:
        raise ValueError(f'is "{text}", which is no regular expression: {error}') from None
    return text


def _some_expression(text: str) -> str:
    if re.compile(text).fullmatch(""):
        raise ValueError(
            f'is "{text}", which matches an empty name, and so anything or nothing; say what it looks like'
        )
    return text


def _finds_one_day(text: str) -> str:
    """At most one group, because the last one is taken for the day."""
    if (groups := re.compile(text).groups) > 1:
        raise ValueError(f'is "{text}", which has {groups} groups; put one around the day, and (?:…) around the rest')
    return text


def _stays(image: str) -> str:
    if image.endswith(":latest"):
        raise ValueError(f'is "{image}", a tag that moves, so that nothing says what runs; name one that stays')
    return image


def _each_once(values: list[str]) -> list[str]:
    for at, value in enumerate(values):
        if value in values[:at]:
            raise ValueError(f'holds "{value}" twice; each stands once')
    return values


def _known_format(name: str) -> str:
    if name not in (found := kinds(FORMATS)).right:
        hint = found.wrong.get(name) or f"there is {', '.join(sorted(found.right))}"
        raise ValueError(f'is "{name}", which is no format of files: {hint}')
    return name


Expression = Annotated[
    str, AfterValidator(in_one_line), AfterValidator(_regular_expression), AfterValidator(_some_expression)
]
DayExpression = Annotated[Expression, AfterValidator(_finds_one_day)]
Argument = Annotated[str, Field(min_length=1), AfterValidator(kept_everywhere)]
SecretName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=253)]
SecretNames = Annotated[list[SecretName], AfterValidator(_each_once)]
Image = Annotated[
    str, Field(pattern=r"^[a-z0-9]+([._/:-][A-Za-z0-9_]+)*(@sha256:[0-9a-f]{64})?$"), AfterValidator(_stays)
]
FormatName = Annotated[str, AfterValidator(_known_format)]
FORMAT: str = Field(default="csv", description="The format of the files, a folder of `ingestion/formats/`.")
NullIf = Annotated[list[Text], AfterValidator(_each_once)]
NULL_IF: list[str] = Field(default=[], description="Texts that mean that nothing is known, such as NA.")
Cpu = Field(pattern=r"^([1-9][0-9]{0,4}m|[1-9][0-9]?(\.[0-9]{1,3})?|0\.[0-9]{0,2}[1-9])$")
"""Kubernetes takes no less than a thousandth of a core."""
Memory = Field(pattern=r"^([1-9][0-9]{0,6}(Mi|Ki)|[1-9][0-9]{0,2}Gi)$")


class Model(BaseModel):
    """A mapping of a zone file. Unknown keys are refused: a typo must not become a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Resources(Model):
    """What a pod may use, in Kubernetes quantities; requests equal limits unless said otherwise."""

    cpu: Annotated[str, Cpu] = Field(default="250m", description="Cores, or thousandths of one: `250m`.")
    memory: Annotated[str, Memory] = Field(default="256Mi", description="Memory; a pod that exceeds it is OOM-killed.")


@dataclass(frozen=True)
class Inbox:
    """Where people drop files for a source: the folder below the zone's in the landing bucket, the key of the source
    that names it, and a regular expression that a file's name matches."""

    key: str
    folder: str
    pattern: str


class Source(Model):
    """What each kind of source has, and what the platform asks of a source instead of looking at its kind."""

    name: Name = Field(description="Names the task `ingest.<name>`.")
    table: TableName = Field(description="The table it lands in; its contract is `contracts/<table>.odcs.yaml`.")
    kind: str = Field(description="Decides what else it may say, and how its data is landed.")

    def inbox(self) -> Inbox | None:
        """Return where people drop files for this source; None where its data comes another way."""
        return None

    def zone_files(self) -> Mapping[str, str]:
        """Return the files of the zone's folder that it reads, such as `jobs/planes.sql`, by the key that names
        each."""
        return {}

    def pod_secrets(self) -> Mapping[str, Sequence[str]]:
        """Return the pod secrets that its tasks get, by the key that names them."""
        return {}

    def images(self) -> Mapping[str, str]:
        """Return the images that its tasks run, by the key that needs each."""
        return {}


class PodSource(Source):
    """A source for which a pod of ours writes files."""

    null_if: NullIf = NULL_IF
    resources: Resources = Field(default=Resources(), description="What the pod may use.")
