"""What Terraform gives in the warehouse, taken from the statements that give the same to the embedded one.

A test holds Terraform's plan to those statements (`tests/terraform/test_same_as_embedded.py`), so they are what should
be there in every environment. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assay.grants import zone_grants
from assay.permissions import login
from assay.permissions.model import FUTURE, ROLE, USER, Grant, Thing
from assay.zones import ServiceRole, Zone, ZoneNames
from assay.zones.readers import readers

_CREATE = re.compile(
    r"create (?:or replace )?(?:secure |storage )?(database role|file format|(?:row access|masking) policy|\w+) "
    r"(?:if not exists )?([^\s(]+)(.*)",
    re.IGNORECASE,
)
_MEMBERSHIP = re.compile(r"grant (role|database role) (\S+) to (role|user) (\S+)", re.IGNORECASE)
_OWNERSHIP = re.compile(r"grant ownership on (.+?) (\S+) to role (\S+)(?: copy current grants)?", re.IGNORECASE)
_ON_MANY = re.compile(r"grant (.+?) on (all|future) (.+?)s in (schema|database) (\S+) to role (\S+)", re.IGNORECASE)
_ON_ACCOUNT = re.compile(r"grant (.+?) on account to role (\S+)", re.IGNORECASE)
_ON_ONE = re.compile(r"grant (.+?) on (.+?) (\S+) to role (\S+)", re.IGNORECASE)
_DEFAULT = re.compile(r"default_(role|warehouse|namespace) = '?([^\s']+)", re.IGNORECASE)
_STAGE = re.compile(r"url = '([^']+)' storage_integration = (\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class Program:
    """A service user: type SERVICE, with a key, without a password."""

    default_role: str
    default_warehouse: str
    default_namespace: str


@dataclass(frozen=True)
class Stage:
    """From where a stage reads, and by which integration."""

    url: str
    integration: str

    def __str__(self) -> str:
        return f"{self.url or 'no URL'} by integration {self.integration or '(none)'}"


@dataclass(frozen=True)
class GoldReaders:
    """Who may hold what on a zone's releases, which grant it themselves. `readers` are other zones' roles by table."""

    analyst: str
    transformer: str
    publisher: str
    readers: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Rights:
    """`grants` are named one by one, future ones and memberships among them; `every` is on all things of a kind in a
    schema, whose name stands for them; `owners` are those that are not the administrators."""

    things: frozenset[Thing]
    grants: frozenset[Grant]
    every: frozenset[Grant]
    owners: Mapping[Thing, str]
    programs: Mapping[str, Program]
    stages: Mapping[str, Stage]
    gold: Mapping[str, GoldReaders]

    @property
    def databases(self) -> frozenset[str]:
        return frozenset(thing.name for thing in self.things if thing.kind == "DATABASE")


def rights(zones: Sequence[Zone], environment: str) -> Rights:
    """What there is, and who may do what with it, before anybody has used it."""
    names = [ZoneNames(environment, zone.zone) for zone in zones]
    users = {each.role(service_role): "public" for each in names for service_role in ServiceRole}
    statements = [
        *(statement for zone in zones for statement in zone_grants.statements(zone, environment, zones, users)),
        *login.statements("public"),
    ]
    return _collected(
        statements,
        {
            each.database: GoldReaders(
                each.analyst,
                each.role(ServiceRole.TRANSFORMER),
                each.role(ServiceRole.PUBLISHER),
                {reader.role: tuple(map(str.upper, reader.tables)) for reader in readers(zone, environment, zones)},
            )
            for each, zone in zip(names, zones, strict=True)
        },
    )


def _collected(statements: Iterable[str], gold: Mapping[str, GoldReaders]) -> Rights:
    things: set[Thing] = set()
    given: set[Grant] = set()
    every: set[Grant] = set()
    owners: dict[Thing, str] = {}
    programs: dict[str, Program] = {}
    stages: dict[str, Stage] = {}
    for statement in (" ".join(each.split()) for each in statements):
        if statement.lower().startswith("grant "):
            _grant(statement, given, every, owners)
        elif match := _CREATE.match(statement):
            thing = Thing(match[1].upper(), _name(match[2]))
            if thing.kind == USER:
                defaults = {key.lower(): _name(value) for key, value in _DEFAULT.findall(match[3])}
                programs[thing.name] = Program(*(defaults.get(key, "") for key in ("role", "warehouse", "namespace")))
            else:
                things.add(thing)
            if found := _STAGE.search(match[3]):
                stages[thing.name] = Stage(found[1], _name(found[2]))
    return Rights(frozenset(things), frozenset(given), frozenset(every), owners, programs, stages, gold)


def _grant(statement: str, given: set[Grant], every: set[Grant], owners: dict[Thing, str]) -> None:
    if match := _MEMBERSHIP.fullmatch(statement):
        given.add(Grant(Thing(match[3].upper(), _name(match[4])), Thing(match[1].upper(), _name(match[2])), "USAGE"))
    elif match := _OWNERSHIP.fullmatch(statement):
        owners[Thing(match[1].upper(), _name(match[2]))] = _name(match[3])
    elif match := _ON_MANY.fullmatch(statement):
        kind = match[3].upper() if match[2].lower() == "all" else f"{FUTURE}{match[3].upper()}"
        into = every if match[2].lower() == "all" else given
        to, on = Thing(ROLE, _name(match[6])), Thing(kind, _name(match[5]))
        into.update(Grant(to, on, privilege) for privilege in _privileges(match[1]))
    elif match := _ON_ACCOUNT.fullmatch(statement):
        to = Thing(ROLE, _name(match[2]))
        given.update(Grant(to, Thing("ACCOUNT", ""), privilege) for privilege in _privileges(match[1]))
    elif match := _ON_ONE.fullmatch(statement):
        to, on = Thing(ROLE, _name(match[4])), Thing(match[2].upper(), _name(match[3]))
        given.update(Grant(to, on, privilege) for privilege in _privileges(match[1]))
    else:
        raise ValueError(f"assay.permissions.rights does not understand: {statement}")


def _privileges(text: str) -> list[str]:
    return [" ".join(each.split()).upper() for each in text.split(",")]


def _name(text: str) -> str:
    return text.replace('"', "").upper()
