"""Reads roles.yml: what it wishes, in the warehouse's own names, with everything refused that it may not wish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from assay import strict_yaml
from assay.declared import validated
from assay.errors import ConfigurationError
from assay.permissions.model import DATABASE, INTEGRATION, PROTECTED, ROLE, USER, WAREHOUSE, Thing
from assay.permissions.roles_file import SWITCHES, Described, Members, RoleEntry, RolesFile, UserEntry
from assay.zones import ServiceRole, ZoneNames

PARTS = {"databases": "database", "schemas": "database.schema", "tables": "database.schema.table"}
ADMIN = "SYSADMIN"
"""The one role of the system's own that people may have: it contains the zones' roles, and cannot manage grants."""


@dataclass(frozen=True)
class Platform:
    """What Terraform owns: people's roles with the compute that goes with each, programs' roles, databases."""

    people: Mapping[str, str]
    programs: frozenset[str]
    databases: frozenset[str]

    @classmethod
    def of(cls, zones: Iterable[str], environment: str) -> Platform:
        """Of zones by name: a zone whose file is broken has its roles all the same."""
        names = [ZoneNames(environment, zone) for zone in zones]
        return cls(
            {role: each.warehouse for each in names for role in (each.analyst, each.owner)},
            frozenset(each.role(service_role) for each in names for service_role in ServiceRole),
            frozenset(database for each in names for database in (each.database, each.platform)),
        )


@dataclass(frozen=True)
class Role:
    """A role that the file describes; `entry` is what it says."""

    name: str
    member_of: tuple[str, ...]
    entry: RoleEntry


@dataclass(frozen=True)
class Person:
    name: str
    member_of: tuple[str, ...]
    default_role: str
    default_warehouse: str
    can_login: bool
    email: str


@dataclass(frozen=True)
class Spec:
    """A checked file. `decided` are the roles of which it decides who has them: all that it lists."""

    file: str
    platform: Platform
    decided: frozenset[str]
    roles: Mapping[str, Role]
    database_roles: Mapping[str, Role]
    people: Mapping[str, Person]
    listed: Mapping[Thing, str] = field(default_factory=dict)
    """Databases, warehouses and integrations that the file lists: owned by others, with the owner it names."""
    owners: Mapping[Thing, str] = field(default_factory=dict)
    """The owners that it names of roles and users."""

    @property
    def mentioned(self) -> frozenset[str]:
        """Every account role that the file speaks of."""
        wished = [each.member_of for each in self.roles.values()] + [each.member_of for each in self.people.values()]
        return self.decided | {role for roles in wished for role in roles if "." not in role}


def load(path: Path, zones: Iterable[str], environment: str) -> Spec:
    """The file's wishes, given the zones' names.

    Raises ConfigurationError with one line for each thing that is wrong, with file and key.
    """
    shown = f"config/{path.parent.name}/{path.name}"
    try:
        document = strict_yaml.mapping(path, shown, 'must be a mapping that starts with `version: "1.0"`', SWITCHES)
    except FileNotFoundError:
        raise ConfigurationError(f"{shown}: there is no such file; every environment has one") from None
    document.check_no_nulls()
    return resolve(validated(RolesFile, document), Platform.of(zones, environment), document)


def resolve(file: RolesFile, platform: Platform, document: strict_yaml.Document) -> Spec:
    """As `load`, from what was read."""
    known = {*file.roles, *file.database_roles, *platform.people, ADMIN}
    problems = [document.located(line) for line in (*_refused(file, platform), *_unknown(file, known, platform))]
    if problems:
        raise ConfigurationError("\n".join(problems))
    roles = {
        name: Role(name, _expanded(entry.member_of, file, name), entry)
        for name, entry in file.roles.items()
        if entry and name not in platform.people and name != ADMIN
    }
    database_roles = {
        name: Role(name, _expanded(entry.member_of, file, name), entry)
        for name, entry in file.database_roles.items()
        if entry is not None
    }
    try:
        TopologicalSorter({each.name: each.member_of for each in (*roles.values(), *database_roles.values())}).prepare()
    except CycleError as error:
        raise ConfigurationError(
            document.located(f"roles: {' contains '.join(error.args[1])}: a role cannot contain itself")
        ) from error
    people = {name: _person(name, entry or UserEntry(), file, platform, roles) for name, entry in file.users.items()}
    if homeless := [person for person in people.values() if person.member_of and not person.default_warehouse]:
        raise ConfigurationError(
            "\n".join(
                document.located(
                    f"users.{person.name.lower()}: no warehouse goes with {person.default_role.lower()}; "
                    "give a default_warehouse"
                )
                for person in homeless
            )
        )
    listed = {
        Thing(kind, name): entry.owner or "" if entry else ""
        for kind, entries in _owned_by_others(file)
        for name, entry in entries.items()
    }
    described: tuple[tuple[str, Mapping[str, Described | None]], ...] = ((ROLE, file.roles), (USER, file.users))
    owners = {
        Thing(kind, name): entry.owner
        for kind, entries in described
        for name, entry in entries.items()
        if entry is not None and entry.owner is not None
    }
    return Spec(document.shown, platform, frozenset(file.roles), roles, database_roles, people, listed, owners)


def _person(name: str, entry: UserEntry, file: RolesFile, platform: Platform, roles: Mapping[str, Role]) -> Person:
    member_of = _expanded(entry.member_of, file)
    default_role = entry.default_role or (member_of[0] if member_of else "")
    warehouse = entry.default_warehouse or _warehouse(default_role, platform, roles)
    return Person(name, member_of, default_role, warehouse, entry.can_login, entry.email or "")


def _warehouse(role: str, platform: Platform, roles: Mapping[str, Role]) -> str:
    """The first that goes with a role, or with what it contains."""
    if role in platform.people:
        return platform.people[role]
    if role not in roles:
        return ""
    own = roles[role].entry.warehouses
    inner = (_warehouse(each, platform, roles) for each in roles[role].member_of)
    return own[0] if own else next((found for found in inner if found), "")


def _expanded(members: Members, file: RolesFile, itself: str = "") -> tuple[str, ...]:
    """`*` is every role that the file lists, but for the role that says so. A user may have the name of a role."""
    every = [role for role in sorted(file.roles) if role != itself]
    wished = [role for each in members.include for role in (every if each == "*" else [each])]
    return tuple(dict.fromkeys(role for role in wished if role not in members.exclude))


def _owned_by_others(file: RolesFile) -> Iterator[tuple[str, Mapping[str, Described | None]]]:
    yield DATABASE, file.databases
    yield WAREHOUSE, file.warehouses
    yield INTEGRATION, file.integrations


def _refused(file: RolesFile, platform: Platform) -> Iterator[str]:
    """What is not this file's to say."""
    yield from _without_owner(file)
    for name, role in file.roles.items():
        if name in PROTECTED or name in platform.programs:
            yield f"roles.{name.lower()}: {_whose(name, platform)}; leave it out"
        elif (name in platform.people or name == ADMIN) and role not in (None, RoleEntry()):
            yield f"roles.{name.lower()}: what it may do is not said here; list it without anything below it"
    for name in file.database_roles:
        if "." not in name:
            yield f"database_roles.{name.lower()}: a database role is written database.role"
    for name in file.users:
        if name in platform.programs:
            yield f"users.{name.lower()}: this user is a program's, and Terraform's; leave it out"
    for key, entry in _entries(file):
        if entry.owns.model_fields_set and entry.owns != type(entry.owns)():
            yield f"{key}.owns: ownership is Terraform's; leave it out"
        if isinstance(entry, RoleEntry):
            yield from _integrations(key, entry, file)
            for kind, level, path in paths(entry):
                if path.count(".") != PARTS[kind].count("."):
                    yield f"{key}.privileges.{kind}.{level}: {path.lower()} must be written {PARTS[kind]}"
                elif kind == "tables" and not _names_tables(path):
                    yield (
                        f"{key}.privileges.{kind}.{level}: {path.lower()} has a star for a part of a table's name, or "
                        "for the schema of one table; write database.schema.*, or name the table"
                    )
                if (listed := file.databases.get(path.partition(".")[0])) and listed.shared:
                    yield (
                        f"{key}.privileges.{kind}.{level}: {path.lower()} is in a shared database, whose privileges an "
                        "administrator imports as a whole (grant imported privileges on database …); leave it out"
                    )
                if (database := path.partition(".")[0]) in platform.databases:
                    yield (
                        f"{key}.privileges.{kind}.{level}: {database.lower()} is the platform's, and a zone's releases "
                        "keep the grants of the zone's own roles only; use member_of"
                    )


def _without_owner(file: RolesFile) -> Iterator[str]:
    """With `require-owner: true` every entry names its owner."""
    groups: tuple[tuple[str, Mapping[str, Described | None]], ...] = (
        ("databases", file.databases), ("warehouses", file.warehouses), ("integrations", file.integrations),
        ("roles", file.roles), ("users", file.users),
    )  # fmt: skip
    if file.require_owner:
        for key, entries in groups:
            for name, entry in entries.items():
                if entry is None or entry.owner is None:
                    yield f"{key}.{name.lower()}: has no owner, and require-owner is set; name its owner"


def _integrations(key: str, entry: RoleEntry, file: RolesFile) -> Iterator[str]:
    for name in entry.integrations:
        if name not in file.integrations:
            yield f"{key}.integrations: {name.lower()} is not listed under integrations; list it there"


def _names_tables(path: str) -> bool:
    """`db.schema.table`, `db.schema.*`, `db.part_*.*` or `db.*.*`."""
    _, schema, table = path.split(".")
    return table == "*" or "*" not in schema + table


def _unknown(file: RolesFile, known: set[str], platform: Platform) -> Iterator[str]:
    """Roles that may not be given, or that do not exist."""
    for key, entry in _entries(file):
        for role in entry.member_of.include:
            if role in PROTECTED or role in platform.programs:
                yield f"{key}.member_of: {_whose(role, platform)}; it is not given here"
            elif role != "*" and role not in known:
                near = get_close_matches(role, known, n=1)
                hint = f"did you mean {near[0].lower()}?" if near else "list it under roles, or correct its spelling"
                yield f"{key}.member_of: there is no role {role.lower()} ({hint})"
            elif "." in role and isinstance(entry, UserEntry):
                yield f"{key}.member_of: {role.lower()} is a database role, which only roles can have"
        for role in entry.member_of.exclude:
            if role not in known:
                yield f"{key}.member_of.exclude: there is no role {role.lower()}; correct its spelling, or leave it out"
        if isinstance(entry, UserEntry) and entry.default_role and entry.default_role not in entry.member_of.include:
            yield f"{key}.default_role: {entry.default_role.lower()} is not among its member_of; add it there"


def _entries(file: RolesFile) -> Iterator[tuple[str, RoleEntry | UserEntry]]:
    for key, entries in (("roles", file.roles), ("database_roles", file.database_roles), ("users", file.users)):
        for name, entry in entries.items():
            if entry is not None:
                yield f"{key}.{name.lower()}", entry


def paths(entry: RoleEntry) -> Iterator[tuple[str, str, str]]:
    """`schemas`, `read`, `DB.SCHEMA` for everything that an entry's privileges name."""
    given = entry.privileges
    for kind, levels in (("databases", given.databases), ("schemas", given.schemas), ("tables", given.tables)):
        for level, named in (("read", levels.read), ("write", levels.write)):
            for path in named:
                yield kind, level, path


def _whose(role: str, platform: Platform) -> str:
    return f"{role.lower()} is a program's role" if role in platform.programs else f"{role.lower()} is protected"
