"""Who reads what a zone publishes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from assay.errors import ConfigurationError
from assay.zones.names import ServiceRole, ZoneNames
from assay.zones.zone import Reads, Zone


class ZoneReads(Protocol):
    """A zone, as far as others' releases are concerned: its name, and what it wants to read."""

    @property
    def zone(self) -> str: ...

    @property
    def reads(self) -> Sequence[Reads]: ...


class Publishing(Protocol):
    """A zone, as far as its own release is concerned: its name, and the tables that others may read."""

    @property
    def zone(self) -> str: ...

    @property
    def publishes(self) -> Sequence[str]: ...


class OfRelease(ZoneReads, Publishing, Protocol):
    """Both: what of a zone's file releases go by."""


@dataclass(frozen=True)
class Reader:
    """Another zone's role, and the gold tables it may read: those that are both asked for and published."""

    zone: str
    role: str
    tables: tuple[str, ...]


@dataclass(frozen=True)
class GoldReaders:
    """Who may read a zone's live gold. `tables`: by role, what it may read, None being every table. `others`: the
    transformer roles of all other zones, which may hold no more than that."""

    tables: Mapping[str, Sequence[str] | None]
    others: Sequence[str]


def readers(zone: Publishing, environment: str, zones: Iterable[ZoneReads]) -> list[Reader]:
    """The zones that read from this one, by name. A zone that asks only for what is not published is none."""
    found = []
    for other in sorted(zones, key=lambda each: each.zone):
        asked = {table for read in other.reads if read.zone == zone.zone for table in read.tables}
        granted = tuple(sorted(asked & set(zone.publishes)))
        if granted and other.zone != zone.zone:
            role = ZoneNames(environment, other.zone).role(ServiceRole.TRANSFORMER)
            found.append(Reader(other.zone, role, granted))
    return found


def gold_readers(zone: Publishing, environment: str, zones: Sequence[ZoneReads]) -> GoldReaders:
    """By the zones' files: the zone's own analyst and transformer, and the zones that read from it."""
    names = ZoneNames(environment, zone.zone)
    tables: dict[str, Sequence[str] | None] = {names.analyst: None, names.role(ServiceRole.TRANSFORMER): None}
    tables |= {reader.role: reader.tables for reader in readers(zone, environment, zones)}
    return GoldReaders(tables, other_transformers(zone, environment, zones))


def other_transformers(zone: Publishing, environment: str, zones: Iterable[ZoneReads]) -> list[str]:
    """Return the transformer roles of all other zones. On this zone's gold they hold what readers are granted."""
    return [
        ZoneNames(environment, other.zone).role(ServiceRole.TRANSFORMER)
        for other in sorted(zones, key=lambda each: each.zone)
        if other.zone != zone.zone
    ]


def check_reads(zone: Zone, others: Iterable[Zone], say: Callable[[str], str]) -> None:
    """Raise ConfigurationError with a line for each table that the zone reads and none of `others` publishes.

    `say` completes a sentence that begins with a key of the zone's file.
    """
    published = {other.zone: set(other.publishes) for other in others}
    wrong = []
    for index, read in enumerate(zone.reads):
        key = f"reads[{index}]"
        if read.zone not in published:
            wrong.append(say(f'{key}.zone "{read.zone}" is not a zone, or its file is wrong; fix that first'))
            continue
        wrong += [
            say(
                f'{key}.tables[{at}] "{table}" is not published by {read.zone}; '
                f"add it to `publishes` in zones/{read.zone}/zone.yml"
            )
            for at, table in enumerate(read.tables)
            if table not in published[read.zone]
        ]
    if wrong:
        raise ConfigurationError("\n".join(wrong))
