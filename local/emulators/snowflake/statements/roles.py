"""Roles: CREATE, DROP, and to whom they are granted."""

from __future__ import annotations

import time
from dataclasses import replace

from .. import errors, results
from ..catalog import Catalog, Draft, FutureGrant, Grant, Membership, Role, User
from ..results import Result
from ..session import Session
from ..words import Words

SYSTEM_ROLES = ("ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "PUBLIC")
HISTORY_READERS = "SNOWFLAKE.GOVERNANCE_VIEWER"
"""The database role of Snowflake's own that reads ACCOUNT_USAGE.QUERY_HISTORY; the one that there is here."""


def create_role(session: Session, words: Words, or_replace: bool) -> Result:
    exists = words.take("IF NOT EXISTS")
    name = words.name()
    options = words.options()
    with session.changing() as draft:
        access = session.access(draft.base)
        access.need("CREATE ROLE", "USERADMIN", "SECURITYADMIN")
        existing = draft.base.role(name)
        if existing is not None:
            if exists:
                return results.already_there(name)
            if not or_replace or name in SYSTEM_ROLES:
                raise errors.already_exists(name)
            if existing.owner not in access.roles:
                raise errors.denied("role", name)
            _drop_role(session, draft, existing)
        draft.put(Role(name, session.role, time.time(), options.get("COMMENT", "")))
    return results.status(f"Role {name} successfully created.")


def drop_role(session: Session, words: Words) -> Result:
    exists = words.take("IF EXISTS")
    name = words.name()
    words.end()
    with session.changing() as draft:
        role = draft.base.role(name)
        if role is None:
            if exists:
                return results.already_gone(name)
            raise errors.missing("role", name)
        access = session.access(draft.base)
        if name in SYSTEM_ROLES or role.owner not in access.roles:
            raise errors.denied("role", name)
        _drop_role(session, draft, role)
    return results.status(f"{name} successfully dropped.")


def _drop_role(session: Session, draft: Draft, role: Role) -> None:
    """A role's things pass to the role that drops it, as in Snowflake."""
    catalog = draft.base
    draft.remove([role])
    draft.remove(g for g in catalog.all(Grant) if g.role == role.name)
    draft.remove(g for g in catalog.all(FutureGrant) if g.role == role.name)
    draft.remove(
        m for m in catalog.all(Membership) if m.role == role.name or (m.to_kind, m.to_name) == ("ROLE", role.name)
    )
    owned = (*catalog.securables(), *catalog.all(User), *catalog.all(Role))
    draft.put(*(replace(thing, owner=session.role) for thing in owned if thing.owner == role.name and thing != role))


def grantee(words: Words, catalog: Catalog) -> str:
    if words.take("DATABASE ROLE") or words.take("SHARE") or words.take("USER"):
        raise errors.unsupported("grants of privileges to anything but a role")
    words.take("ROLE")
    role = words.name()
    if catalog.role(role) is None:
        raise errors.missing("role", role)
    return role


def grant_role(session: Session, words: Words, granting: bool) -> Result:
    role = words.name()
    words.expect("TO" if granting else "FROM")
    to_kind = words.take_one("ROLE", "USER")
    if to_kind is None:
        raise words.error("ROLE or USER was expected")
    to_name = words.name()
    words.end()
    with session.changing() as draft:
        access = session.access(draft.base)
        found = draft.base.role(role)
        if found is None:
            raise errors.missing("role", role)
        known = draft.base.role(to_name) if to_kind == "ROLE" else draft.base.user(to_name)
        if known is None:
            raise errors.missing(to_kind, to_name)
        if not (found.owner in access.roles or access.manages):
            raise errors.denied("role", role)
        if granting and to_kind == "ROLE" and to_name in _contained(draft.base, role):
            raise errors.invalid(f"Role '{role}' cannot be granted to role '{to_name}': it would inherit from itself")
        made = Membership(role, to_kind, to_name, session.role, time.time())
        draft.put(made) if granting else draft.remove([made])
    return results.status()


def _contained(catalog: Catalog, role: str) -> set[str]:
    """The role and all that it was granted. PUBLIC, which every role has without being granted it, makes no circle."""
    found: set[str] = set()
    waiting = [role]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [m.role for m in catalog.all(Membership) if (m.to_kind, m.to_name) == ("ROLE", name)]
    return found


def grant_database_role(session: Session, words: Words, granting: bool) -> Result:
    """GRANT DATABASE ROLE SNOWFLAKE.GOVERNANCE_VIEWER TO ROLE x, as who manages grants may."""
    if ".".join(words.path()) != HISTORY_READERS:
        raise errors.unsupported("database roles")
    words.expect("TO" if granting else "FROM")
    role = grantee(words, session.catalog)
    words.end()
    with session.changing() as draft:
        if not session.access(draft.base).manages:
            raise errors.denied("database role", HISTORY_READERS)
        made = Membership(HISTORY_READERS, "ROLE", role, session.role, time.time())
        draft.put(made) if granting else draft.remove([made])
    return results.status()
