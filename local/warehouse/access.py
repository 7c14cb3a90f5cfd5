"""Who may do what: pure questions to a catalog snapshot, in the terms of Snowflake's access control."""

from __future__ import annotations

from functools import cached_property

from . import errors
from .catalog import Catalog, Database, Object, Schema, Securable

ACCOUNT = 0
ADMIN_ROLES = frozenset({"ACCOUNTADMIN", "SYSADMIN"})
ALL_PRIVILEGES: dict[str, tuple[str, ...]] = {
    "ACCOUNT": ("CREATE DATABASE", "CREATE WAREHOUSE", "CREATE ROLE", "CREATE USER", "MANAGE GRANTS"),
    "DATABASE": ("USAGE", "CREATE SCHEMA", "MODIFY", "MONITOR"),
    "SCHEMA": (
        "USAGE",
        "MODIFY",
        "MONITOR",
        "CREATE TABLE",
        "CREATE VIEW",
        "CREATE SEQUENCE",
        "CREATE STAGE",
        "CREATE FILE FORMAT",
        "CREATE FUNCTION",
    ),
    "TABLE": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES"),
    "VIEW": ("SELECT", "REFERENCES"),
    "SEQUENCE": ("USAGE",),
    "STAGE": ("USAGE", "READ", "WRITE"),
    "FILE FORMAT": ("USAGE",),
    "FUNCTION": ("USAGE",),
    "WAREHOUSE": ("USAGE", "OPERATE", "MODIFY", "MONITOR"),
}


def kind_of(thing: Securable) -> str:
    """DATABASE, SCHEMA, WAREHOUSE, or an object's own kind."""
    return thing.kind if isinstance(thing, Object) else type(thing).__name__.upper()


class Access:
    """What one role, with all it inherits, may do in one snapshot."""

    def __init__(self, catalog: Catalog, role: str) -> None:
        self.catalog = catalog
        self.role = role
        self.roles = catalog.inherited(role)
        self.admin = not ADMIN_ROLES.isdisjoint(self.roles)

    @cached_property
    def manages(self) -> bool:
        """Whether it grants as if it owned everything, and therefore sees everything."""
        return self.may_on_account("MANAGE GRANTS", "SECURITYADMIN")

    def owns(self, thing: Securable) -> bool:
        return self.admin or thing.owner in self.roles

    def may(self, privilege: str, thing: Securable) -> bool:
        if self.owns(thing):
            return True
        return any(g.privilege == privilege and g.role in self.roles for g in self.catalog.grants_on(thing.id))

    def may_on_account(self, privilege: str, *roles: str) -> bool:
        """Account privileges come by grant, or with one of the system's own roles."""
        if "ACCOUNTADMIN" in self.roles or not self.roles.isdisjoint(roles):
            return True
        return any(g.privilege == privilege and g.role in self.roles for g in self.catalog.grants_on(ACCOUNT))

    def may_grant(self, privilege: str, thing: Securable) -> bool:
        """Owners may, as may whoever manages grants or was given the privilege with the grant option."""
        if self.owns(thing) or self.may_on_account("MANAGE GRANTS", "SECURITYADMIN"):
            return True
        return any(
            g.privilege == privilege and g.grant_option and g.role in self.roles
            for g in self.catalog.grants_on(thing.id)
        )

    def sees(self, thing: Securable) -> bool:
        """Whether the thing is there at all for this role: it owns it, has been given something on it, or manages."""
        if self.manages:
            return True
        if self.owns(thing) or any(g.role in self.roles for g in self.catalog.grants_on(thing.id)):
            visible = True
        else:
            visible = False
        if visible and isinstance(thing, Object):
            schema = self.catalog.by_id(Schema, thing.schema)
            return self.enters(schema)
        return visible

    def enters(self, schema: Schema) -> bool:
        """Whether names inside the schema can be reached: USAGE on it and on its database."""
        return self.may("USAGE", schema) and self.may("USAGE", self.catalog.by_id(Database, schema.database))

    def require(self, privilege: str, thing: Securable) -> None:
        """Refuse as Snowflake does: unknown to a role with nothing on it, insufficient to one with too little."""
        if self.owns(thing) if privilege == "OWNERSHIP" else self.may(privilege, thing):
            return
        if self.sees(thing):
            raise errors.denied(kind_of(thing), thing.name)
        label = "object" if isinstance(thing, Object) and thing.kind in ("TABLE", "VIEW") else kind_of(thing)
        raise errors.missing(label, self.catalog.path(thing))
