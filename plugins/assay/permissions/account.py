"""Everything that an account shows of who holds what: users, roles, owners, grants. Asks with SHOW and DESCRIBE alone.

Real Snowflake shows all of it to a role with MANAGE GRANTS and CREATE USER; DESCRIBE USER only for users that the role
owns, so a network policy is compared for the people that `roles.yml` made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from assay.errors import AssayError
from assay.permissions import login
from assay.permissions.model import FUTURE, ROLE, USER, Grant, Snapshot, Thing, User
from assay.permissions.rights import Stage
from assay.permissions.snapshot import bare, user_of
from assay.sql import templates
from assay.warehouse import Row, Warehouse

MOST_ROWS = 10_000
"""What SHOW returns at most; docs.snowflake.com, SHOW GRANTS."""

render = templates(__file__)


class AccountTooLarge(AssayError):
    """SHOW cut its answer off, so a comparison would be of a part."""


@dataclass(frozen=True)
class Held:
    """How a grant is held: with the grant option, granted by which role, and when. `system`: by Snowflake itself, which
    shows no role for it. Of future grants SHOW names no role."""

    option: bool = False
    by: str = ""
    at: datetime | None = None
    system: bool = False


@dataclass(frozen=True)
class Account:
    users: Mapping[str, User] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    """Each role's owner."""
    held: Mapping[Grant, Held] = field(default_factory=dict)
    owners: Mapping[Thing, str] = field(default_factory=dict)
    """Each thing's owner: everything there is, but for users and roles."""
    stages: Mapping[str, Stage] = field(default_factory=dict)

    @property
    def snapshot(self) -> Snapshot:
        """The same in the terms of a plan."""
        things = {*self.owners, *(Thing(ROLE, name) for name in self.roles)}
        return Snapshot(frozenset(things), self.users, frozenset(self.held))


def read_account(warehouse: Warehouse) -> Account:
    """Raises WarehouseError, and AccountTooLarge."""
    return _Reader(warehouse).account()


class _Reader:
    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._owners: dict[Thing, str] = {}

    def account(self) -> Account:
        users = {str(row["name"]): user_of(row) for row in self._show("users")}
        users = {name: self._described(name, user) for name, user in users.items()}
        roles = {str(row["name"]): str(row["owner"] or "") for row in self._show("roles")}
        held: dict[Grant, Held] = {}
        for role in sorted(roles):
            held |= dict(self._granted_to(role))
            held |= dict(self._members(role))
        return Account(users, roles, held, self._owners, dict(self._stages()))

    def _described(self, name: str, user: User) -> User:
        if user.owner != login.NAME:
            return user
        rows = self._warehouse.execute(render("describe_user", name=name))
        found = {str(row["property"]).upper(): str(row["value"] or "") for row in rows}
        policy = found.get("NETWORK_POLICY", "")
        return user.with_policy("" if policy == "null" else policy)

    def _stages(self) -> Iterator[tuple[str, Stage]]:
        for row in self._show("stages in account"):
            name = f"{row['database_name']}.{row['schema_name']}.{row['name']}"
            yield name, Stage(str(row["url"] or ""), str(row["storage_integration"] or "").upper())

    def _granted_to(self, role: str) -> Iterator[tuple[Grant, Held]]:
        to = Thing(ROLE, role)
        for row in self._show("grants", "to role", role):
            kind = str(row["granted_on"]).replace("_", " ")
            on = Thing(kind, "" if kind == "ACCOUNT" else bare(row["name"]))
            if row["privilege"] == "OWNERSHIP":
                if kind not in (ROLE, USER):
                    self._owners[on] = role
            else:
                yield Grant(to, on, str(row["privilege"])), _held(row)
        for row in self._show("future grants", "to role", role):
            within = bare(row["name"]).rpartition(".")[0]
            on = Thing(f"{FUTURE}{row['grant_on']}".replace("_", " "), within)
            yield Grant(to, on, str(row["privilege"])), _held(row)

    def _members(self, role: str) -> Iterator[tuple[Grant, Held]]:
        """Users; roles that hold a role are found by what is granted to them."""
        for row in self._show("grants", "of role", role):
            if row["granted_to"] == USER:
                yield Grant(Thing(USER, bare(row["grantee_name"])), Thing(ROLE, role), "USAGE"), _held(row)

    def _show(self, what: str, relation: str = "", name: str = "") -> list[Row]:
        rows = self._warehouse.execute(render("show", what=what, relation=relation, name=name))
        if len(rows) >= MOST_ROWS:
            raise AccountTooLarge(
                f"show {what} {relation} {name} gave {len(rows)} rows, and Snowflake cuts off after {MOST_ROWS}; "
                "split what this role holds over several roles"
            )
        return rows


def _held(row: Row) -> Held:
    at = row.get("created_on")
    return Held(
        str(row.get("grant_option", "")).lower() == "true",
        str(row.get("granted_by") or ""),
        at if isinstance(at, datetime) else None,
        "granted_by" in row and not row["granted_by"],
    )
