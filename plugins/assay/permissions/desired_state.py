"""Every single grant that a file wishes, given what exists: levels as privileges, stars as what they mean. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from assay.permissions.model import (
    DATABASE,
    DATABASE_ROLE,
    FUTURE,
    INTEGRATION,
    ROLE,
    SCHEMA,
    TABLE,
    USER,
    VIEW,
    WAREHOUSE,
    Grant,
    Snapshot,
    Thing,
)
from assay.permissions.spec import Role, Spec, paths

# The levels are Permifrost's.
USING = ("USAGE", "OPERATE", "MONITOR")
PRIVILEGES = {
    ("databases", "read"): ("USAGE",),
    ("databases", "write"): ("USAGE", "MONITOR", "CREATE SCHEMA"),
    ("schemas", "read"): ("USAGE",),
    ("schemas", "write"): (
        "USAGE", "MONITOR", "CREATE TABLE", "CREATE VIEW", "CREATE STAGE", "CREATE FILE FORMAT", "CREATE SEQUENCE",
        "CREATE FUNCTION", "CREATE PIPE",
    ),
    ("tables", "read"): ("SELECT",),
    ("tables", "write"): ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES"),
}  # fmt: skip


def desired(spec: Spec, snapshot: Snapshot) -> Iterator[tuple[Grant, str]]:
    """Each grant with the key in the file that wishes it."""
    for person in spec.people.values():
        for role in person.member_of:
            yield Grant(Thing(USER, person.name), Thing(ROLE, role), "USAGE"), f"users.{person.name.lower()}.member_of"
    for kind, key, roles in ((ROLE, "roles", spec.roles), (DATABASE_ROLE, "database_roles", spec.database_roles)):
        for role_ in roles.values():
            yield from _of_role(role_, Thing(kind, role_.name), f"{key}.{role_.name.lower()}", snapshot)


def _of_role(role: Role, to: Thing, key: str, snapshot: Snapshot) -> Iterator[tuple[Grant, str]]:
    for member in role.member_of:
        yield Grant(to, Thing(DATABASE_ROLE if "." in member else ROLE, member), "USAGE"), f"{key}.member_of"
    for warehouse in role.entry.warehouses:
        for privilege in USING:
            yield Grant(to, Thing(WAREHOUSE, warehouse), privilege), f"{key}.warehouses"
    for integration in role.entry.integrations:
        yield Grant(to, Thing(INTEGRATION, integration), "USAGE"), f"{key}.integrations"
    for kind, level, path in paths(role.entry):
        for thing in _meant(kind, path, snapshot):
            for privilege in PRIVILEGES[kind, level]:
                if privilege == "SELECT" or not thing.kind.endswith(VIEW):
                    yield Grant(to, thing, privilege), f"{key}.privileges.{kind}.{level}"


def _meant(kind: str, path: str, snapshot: Snapshot) -> Iterator[Thing]:
    """What a path stands for: the named thing, there or not; with stars, what is there and what will be."""
    database, *rest = path.split(".")
    if kind == "databases":
        yield Thing(DATABASE, path)
    elif kind == "schemas":
        if path.endswith(".*"):
            yield Thing(f"{FUTURE}{SCHEMA}", database)
        yield from (Thing(SCHEMA, name) for name in matching(snapshot.named(SCHEMA, database), path))
    elif rest[-1:] == ["*"]:
        schema = path.removesuffix(".*")
        homes = matching(snapshot.named(SCHEMA, database), schema)
        for each in (TABLE, VIEW):
            yield from (Thing(f"{FUTURE}{each}", database) for _ in (0,) if schema.endswith(".*"))
            for home in homes:
                yield Thing(f"{FUTURE}{each}", home)
                yield from (Thing(each, name) for name in snapshot.named(each, home))
    else:
        yield Thing(VIEW if Thing(VIEW, path) in snapshot.things else TABLE, path)


def matching(names: list[str], path: str) -> list[str]:
    """Those that a path with a star in its last part means; without one the path itself."""
    return [name for name in names if fnmatchcase(name, path)] if "*" in path else [path]
