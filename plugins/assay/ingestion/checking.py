"""What a kind of source checks by itself for `./assay zone check`: the functions of `check.py` in its folder, if any.

`of_zone(asked)` yields what is wrong with a zone's sources of the kind, `of_repository(root, zones)` what is wrong with
files that all zones share.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from assay.contracts import Contract
from assay.errors import ConfigurationError
from assay.extensions import SOURCES, Kind, defines, kinds
from assay.ingestion.formats import formats
from assay.ingestion.tasks import OPERATOR
from assay.zones import Source, Zone
from assay.zones.kinds import sources

CHECK = "check"
S = TypeVar("S", bound=Source)


@dataclass(frozen=True)
class Asked(Generic[S]):
    """A zone's sources of one kind, by their place in its file; and what checks them.

    `root` is the checkout, `folder` the zone's. `contracts` are those that could be read, by table. `say` completes a
    sentence that begins with a key of the zone's file. `expression` says what is wrong with a SQL expression that gives
    a day, over columns with their types.
    """

    root: Path
    folder: Path
    zone: Zone
    sources: Mapping[int, S]
    contracts: Mapping[str, Contract]
    say: Callable[[str], str]
    expression: Callable[[str, Mapping[str, str]], Iterator[str]]


def wrong_with_sources(asked: Asked[Source]) -> Iterator[str]:
    """What the kinds of the zone's sources find wrong with them, in sentences with file and line."""
    of_kind: dict[str, dict[int, Source]] = {}
    for index, source in asked.sources.items():
        of_kind.setdefault(source.kind, {})[index] = source
    for name, found in of_kind.items():
        if (check := _check(kinds(SOURCES).right[name], "of_zone")) is not None:
            yield from check(
                Asked(asked.root, asked.folder, asked.zone, found, asked.contracts, asked.say, asked.expression)
            )


def wrong_with_kinds(root: Path, zones: list[str]) -> Iterator[str]:
    """What is wrong with the folders of kinds themselves, and with the files of theirs that all zones share."""
    yield from sources().wrong.values()
    yield from formats().wrong.values()
    for kind in kinds(SOURCES).right.values():
        if not defines(kind.path(OPERATOR), "task"):
            yield f"{kind.path(OPERATOR)}: has no function `task`, which makes the source's task; write it"
        try:
            if (check := _check(kind, "of_repository")) is not None:
                yield from check(root, zones)
        except ConfigurationError as error:
            yield from str(error).splitlines()


def _check(kind: Kind, name: str) -> Callable[..., Iterator[str]] | None:
    return getattr(kind.part(CHECK), name, None) if kind.has(CHECK) else None
