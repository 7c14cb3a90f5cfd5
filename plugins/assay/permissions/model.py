"""The words in which wishes and facts are compared: things, grants on them, and what a warehouse shows of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

ROLE, USER, DATABASE_ROLE = "ROLE", "USER", "DATABASE ROLE"
DATABASE, SCHEMA, TABLE, VIEW, WAREHOUSE = "DATABASE", "SCHEMA", "TABLE", "VIEW", "WAREHOUSE"
INTEGRATION = "INTEGRATION"
FUTURE = "FUTURE "
MEMBERSHIPS = (ROLE, DATABASE_ROLE)
GRANTABLE = (
    *MEMBERSHIPS,
    DATABASE,
    SCHEMA,
    TABLE,
    VIEW,
    WAREHOUSE,
    INTEGRATION,
    f"{FUTURE}{SCHEMA}",
    f"{FUTURE}{TABLE}",
    f"{FUTURE}{VIEW}",
)
"""What roles.yml can speak of. Whatever else a role holds was given elsewhere."""

PROTECTED = frozenset({"ACCOUNTADMIN", "GLOBALORGADMIN", "ORGADMIN", "PUBLIC", "SECURITYADMIN", "USERADMIN"})
"""Roles that are never given or taken from here: who has them could undo this file, or everybody has them anyway."""


@dataclass(frozen=True, order=True)
class Thing:
    """Something with a name, in upper case; a kind that begins with FUTURE is what will be made within that name."""

    kind: str
    name: str

    def __str__(self) -> str:
        if self.kind.startswith(FUTURE):
            return f"{self.kind.lower()}s in {self.name}"
        return f"{self.kind.lower()} {self.name}".rstrip()


@dataclass(frozen=True, order=True)
class Grant:
    """`to` (a user, role or database role) has `privilege` on `on`. To have USAGE on a role is to be its member."""

    to: Thing
    on: Thing
    privilege: str

    def __str__(self) -> str:
        return f"{self.to}: {'' if self.on.kind in MEMBERSHIPS else self.privilege + ' on '}{self.on}"


@dataclass(frozen=True)
class User:
    """A user as the warehouse shows it; empty texts for what is not set."""

    default_role: str = ""
    default_warehouse: str = ""
    default_namespace: str = ""
    disabled: bool = False
    program: bool = False
    type: str = ""
    secondary_roles: str = ""
    """ALL, or an empty text for none."""
    login_name: str = ""
    email: str = ""
    owner: str = ""
    password: bool = False
    key: bool = False
    access_token: bool = False
    workload_identity: bool = False
    mfa_bypass: str = ""
    network_policy: str = ""

    def with_policy(self, network_policy: str) -> User:
        return replace(self, network_policy=network_policy)


@dataclass(frozen=True)
class Snapshot:
    """What a warehouse showed. `things` need to hold only what the file speaks of, `grants` what its roles and users
    hold and who holds its roles."""

    things: frozenset[Thing] = frozenset()
    users: Mapping[str, User] = field(default_factory=dict)
    grants: frozenset[Grant] = frozenset()

    def has(self, thing: Thing) -> bool:
        """Whether it exists; of future things, whether that does in which they will be."""
        if thing.kind == USER:
            return thing.name in self.users
        if thing.kind.startswith(FUTURE):
            return Thing(SCHEMA if "." in thing.name else DATABASE, thing.name) in self.things
        return thing in self.things

    def named(self, kind: str, within: str) -> list[str]:
        """The full names of a kind below a database or schema, in order."""
        return sorted(thing.name for thing in self.things if thing.kind == kind and thing.name.startswith(f"{within}."))
