"""What a warehouse shows of everything that a file speaks of. Asks with SHOW alone, and changes nothing.

Real Snowflake shows it to a role that manages grants.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.permissions.desired_state import matching
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
    User,
)
from assay.permissions.roles_file import RoleEntry
from assay.permissions.spec import Spec, paths
from assay.sql import templates
from assay.warehouse import Row, Warehouse

PROGRAMS = ("SERVICE", "LEGACY_SERVICE")
ALL_ROLES, NO_ROLES = "ALL", ("[]", "()")
"""What DEFAULT_SECONDARY_ROLES can be; where it was never set it is ALL, Snowflake's default."""
render = templates(__file__)


def read(warehouse: Warehouse, spec: Spec) -> Snapshot:
    """Raises WarehouseError; a statement that the warehouse does not know is one, database roles not excepted."""
    return _Reader(warehouse, spec).snapshot()


class _Reader:
    def __init__(self, warehouse: Warehouse, spec: Spec) -> None:
        self._warehouse = warehouse
        self._spec = spec

    def snapshot(self) -> Snapshot:
        users = {str(row["name"]): user_of(row) for row in self._show("users")}
        things = {Thing(ROLE, str(row["name"])) for row in self._show("roles")} | set(self._objects())
        grants = {
            *(
                grant
                for role in sorted(self._spec.roles)
                if Thing(ROLE, role) in things
                for grant in self._held(ROLE, role)
            ),
            *(
                grant
                for role in sorted(self._spec.database_roles)
                if Thing(DATABASE_ROLE, role) in things
                for grant in self._held(DATABASE_ROLE, role)
            ),
            *(
                Grant(Thing(USER, person), Thing(ROLE, bare(row["role"])), "USAGE")
                for person in sorted(users.keys() & self._spec.people.keys())
                for row in self._show("grants", "to user", person)
            ),
            *(
                Grant(Thing(USER, bare(row["grantee_name"])), Thing(ROLE, role), "USAGE")
                for role in sorted(self._spec.mentioned)
                if Thing(ROLE, role) in things
                for row in self._show("grants", "of role", role)
                if row["granted_to"] == USER
            ),
        }
        return Snapshot(frozenset(things), users, frozenset(grants))

    def _held(self, kind: str, role: str) -> Iterator[Grant]:
        to = Thing(kind, role)
        for row in self._show("grants", f"to {kind.lower()}", role):
            yield Grant(to, Thing(str(row["granted_on"]).replace("_", " "), bare(row["name"])), str(row["privilege"]))
        for row in self._show("future grants", f"to {kind.lower()}", role):
            within = bare(row["name"]).rpartition(".")[0]
            yield Grant(to, Thing(f"{FUTURE}{row['grant_on']}".replace("_", " "), within), str(row["privilege"]))

    def _objects(self) -> Iterator[Thing]:
        """What exists of the kinds of things that the file names, no more than has to be looked at."""
        if any(role.entry.warehouses for role in self._spec.roles.values()):
            yield from self._named(WAREHOUSE, "warehouses")
        if any(role.entry.integrations for role in self._spec.roles.values()):
            yield from self._named(INTEGRATION, "integrations")
        entries = [role.entry for role in (*self._spec.roles.values(), *self._spec.database_roles.values())]
        named = {path.partition(".")[0] for entry in entries for _, _, path in paths(entry)}
        homes = {name.partition(".")[0] for name in self._spec.database_roles}
        if not named | homes:
            return
        databases = {thing for thing in self._named(DATABASE, "databases") if thing.name in named | homes}
        yield from databases
        for database in sorted(each.name for each in databases):
            if database in homes:
                for row in self._show("database roles", "in database", database):
                    yield Thing(DATABASE_ROLE, f"{database}.{row['name']}")
            if database in named:
                yield from self._within(database, entries)

    def _within(self, database: str, entries: list[RoleEntry]) -> Iterator[Thing]:
        schemas = [
            f"{database}.{row['name']}"
            for row in self._show("schemas", "in database", database)
            if row["name"] != "INFORMATION_SCHEMA"
        ]
        yield from (Thing(SCHEMA, schema) for schema in schemas)
        asked = {path.rpartition(".")[0] for entry in entries for kind, _, path in paths(entry) if kind == "tables"}
        for schema in sorted({name for path in asked for name in matching(schemas, path)} & set(schemas)):
            for kind, what in ((TABLE, "tables"), (VIEW, "views")):
                for row in self._show(what, "in schema", schema):
                    yield Thing(kind, f"{schema}.{row['name']}")

    def _named(self, kind: str, what: str) -> list[Thing]:
        return [Thing(kind, str(row["name"])) for row in self._show(what)]

    def _show(self, what: str, relation: str = "", name: str = "") -> list[Row]:
        return self._warehouse.execute(render("show", what=what, relation=relation, name=name))


def bare(name: object) -> str:
    """A name as SHOW writes it, without the quotes around parts that need them."""
    return str(name).replace('"', "")


def user_of(row: Row) -> User:
    """A row of SHOW USERS."""
    return User(
        default_role=_text(row, "default_role"),
        default_warehouse=_text(row, "default_warehouse"),
        default_namespace=_text(row, "default_namespace"),
        disabled=_switch(row, "disabled"),
        program=_text(row, "type").upper() in PROGRAMS,
        type=_text(row, "type").upper(),
        secondary_roles="" if _text(row, "default_secondary_roles") in NO_ROLES else ALL_ROLES,
        login_name=_text(row, "login_name"),
        email=_text(row, "email"),
        owner=_text(row, "owner"),
        password=_switch(row, "has_password"),
        key=_switch(row, "has_rsa_public_key"),
        access_token=_switch(row, "has_pat"),
        workload_identity=_switch(row, "has_federated_workload_authentication"),
        mfa_bypass=_text(row, "mins_to_bypass_mfa"),
    )


def _text(row: Row, column: str) -> str:
    value = row.get(column)
    return "" if value is None else str(value)


def _switch(row: Row, column: str) -> bool:
    return _text(row, column).lower() in ("true", "y")
