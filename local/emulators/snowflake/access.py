"""Who may do what: pure questions to a catalog snapshot, in the terms of Snowflake's access control."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from . import errors
from .catalog import Catalog, Database, Object, Schema, Securable

ACCOUNT = 0
ALL_PRIVILEGES: dict[str, tuple[str, ...]] = {
    "ACCOUNT": (
        "CREATE DATABASE", "CREATE WAREHOUSE", "CREATE ROLE", "CREATE USER", "CREATE INTEGRATION", "MANAGE GRANTS",
    ),
    "DATABASE": ("USAGE", "CREATE SCHEMA", "MODIFY", "MONITOR"),
    "SCHEMA": (
        "USAGE", "MODIFY", "MONITOR", "CREATE TABLE", "CREATE VIEW", "CREATE SEQUENCE", "CREATE STAGE",
        "CREATE FILE FORMAT", "CREATE FUNCTION",
    ),
    "TABLE": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES"),
    "VIEW": ("SELECT", "REFERENCES"),
    "SEQUENCE": ("USAGE",),
    "STAGE": ("USAGE", "READ", "WRITE"),
    "FILE FORMAT": ("USAGE",),
    "FUNCTION": ("USAGE",),
    "WAREHOUSE": ("USAGE", "OPERATE", "MODIFY", "MONITOR"),
    "INTEGRATION": ("USAGE",),
}  # fmt: skip
"""What ALL stands for, and what can be granted one by one."""


def kind_of(thing: Securable) -> str:
    """DATABASE, SCHEMA, WAREHOUSE, or an object's own kind."""
    return thing.kind if isinstance(thing, Object) else type(thing).__name__.upper()


def managed_by(catalog: Catalog, thing: Securable) -> Schema | None:
    """The managed access schema that the thing is in, if it is in one."""
    if isinstance(thing, Object):
        schema = catalog.by_id(Schema, thing.schema)
        return schema if schema.managed else None
    return None


class Access:
    """What a session's roles, with all that they inherit, may do in one snapshot.

    ``secondary`` roles add what they may, except that only the primary role creates anything.
    """

    def __init__(self, catalog: Catalog, role: str, secondary: Iterable[str] = ()) -> None:
        self.catalog = catalog
        self.role = role
        self.primary = catalog.inherited(role)
        self.roles = self.primary.union(*map(catalog.inherited, secondary))
        self.admin = "ACCOUNTADMIN" in self.roles

    @cached_property
    def manages(self) -> bool:
        """Whether it grants as if it owned everything, and therefore sees everything."""
        return self.may_on_account("MANAGE GRANTS", "SECURITYADMIN")

    def _roles_for(self, privilege: str) -> frozenset[str]:
        return self.primary if privilege.startswith("CREATE ") else self.roles

    def owns(self, thing: Securable) -> bool:
        return thing.owner in self.roles

    def may(self, privilege: str, thing: Securable) -> bool:
        roles = self._roles_for(privilege)
        if thing.owner in roles:
            return True
        return any(g.privilege == privilege and g.role in roles for g in self.catalog.grants_on(thing.id))

    def may_on_account(self, privilege: str, *system_roles: str) -> bool:
        """Account privileges come by grant, or with one of the system's own roles."""
        roles = self._roles_for(privilege)
        if "ACCOUNTADMIN" in roles or not roles.isdisjoint(system_roles):
            return True
        return any(g.privilege == privilege and g.role in roles for g in self.catalog.grants_on(ACCOUNT))

    def need(self, privilege: str, *system_roles: str) -> None:
        """Raise unless the role has the account privilege."""
        if not self.may_on_account(privilege, *system_roles):
            raise errors.denied("account", "ASSAY")

    def decides(self, thing: Securable) -> bool:
        """Whether grants on the thing are this role's to give, as its owner or as that of its managed schema."""
        return (managed_by(self.catalog, thing) or thing).owner in self.roles

    def grantor(self, privilege: str, thing: Securable) -> str | None:
        """The role in whose name the privilege would be granted, or None where it may not be.

        It is the owner's, or one that was given the privilege with the grant option, or the owner's once more for who
        manages grants. In a managed access schema the schema's owner decides, and the grant option counts for nothing.
        """
        schema = managed_by(self.catalog, thing)
        if self.decides(thing):
            return (schema or thing).owner
        if schema is None:
            for grant in self.catalog.grants_on(thing.id):
                if grant.privilege == privilege and grant.grant_option and grant.role in self.roles:
                    return grant.role
        return thing.owner if self.manages else None

    def sees(self, thing: Securable) -> bool:
        """Whether the thing is there at all for this role: it owns it, has been given something on it, or manages."""
        if self.manages:
            return True
        if (
            self.owns(thing)
            or self.decides(thing)
            or any(g.role in self.roles for g in self.catalog.grants_on(thing.id))
        ):
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
