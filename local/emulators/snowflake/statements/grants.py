"""GRANT and REVOKE of privileges and of ownership."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from .. import errors, results
from ..access import ACCOUNT, ALL_PRIVILEGES, Access, kind_of, managed_by
from ..catalog import Catalog, Database, Draft, FutureGrant, Grant, Schema, Securable
from ..names import Names
from ..results import Result
from ..session import Session
from ..words import Words
from .roles import grant_database_role, grant_role, grantee

_PLURALS = {
    "TABLES": "TABLE", "VIEWS": "VIEW", "SCHEMAS": "SCHEMA", "SEQUENCES": "SEQUENCE", "STAGES": "STAGE",
    "FILE FORMATS": "FILE FORMAT",
}  # fmt: skip
_KINDS = ("DATABASE", "SCHEMA", "TABLE", "VIEW", "SEQUENCE", "STAGE", "FILE FORMAT", "WAREHOUSE", "INTEGRATION")
_UNMADE = frozenset({
    "CREATE ALERT", "CREATE DYNAMIC TABLE", "CREATE EXTERNAL TABLE", "CREATE MASKING POLICY", "CREATE PIPE",
    "CREATE MATERIALIZED VIEW", "CREATE PROCEDURE", "CREATE ROW ACCESS POLICY", "CREATE STREAM", "CREATE TAG",
    "CREATE TASK",
})  # fmt: skip
"""Privileges on a schema to create what there is not here: they can be held and looked at."""
Within = Database | Schema


def grant_or_revoke(session: Session, words: Words, granting: bool) -> Result:
    """Everything after the word GRANT or REVOKE."""
    option_only = not granting and words.take("GRANT OPTION FOR")
    if words.take("DATABASE ROLE"):
        return grant_database_role(session, words, granting)
    if words.take("APPLICATION ROLE"):
        raise errors.unsupported("application roles")
    if words.take("ROLE"):
        return grant_role(session, words, granting)
    if words.take("OWNERSHIP"):
        return _ownership(session, words, granting)
    privileges = _privileges(words)
    words.expect("ON")
    with session.changing() as draft:
        access = session.access(draft.base)
        targets, future = _targets(words, session, draft.base, access)
        words.expect("TO" if granting else "FROM")
        role = grantee(words, draft.base)
        with_option = granting and words.take("WITH GRANT OPTION")
        cascade = not granting and words.take_one("CASCADE", "RESTRICT") == "CASCADE"
        words.end()
        if future is not None:
            kind, within = future
            _require_future(access, within)
            for privilege in _named(privileges, kind):
                made = FutureGrant(privilege, kind, within.id, role, session.role, time.time(), with_option)
                draft.put(made) if granting else draft.remove([made])
            return results.status()
        for kind, target in targets:
            for privilege in _named(privileges, kind):
                if granting:
                    _grant(draft, access, privilege, kind, target, role, with_option)
                else:
                    _revoke(draft, access, privilege, target, role, option_only, cascade)
    return results.status()


def _grant(
    draft: Draft, access: Access, privilege: str, kind: str, target: Securable | None, role: str, with_option: bool
) -> None:
    """Give the privilege; what the same role granted already stays as it is, with its grant option."""
    on, by = _checked(access, privilege, target)
    made = Grant(privilege, kind, on, role, by, time.time(), with_option)
    known = draft.base.entries.get(made.key)
    if not isinstance(known, Grant) or (with_option and not known.grant_option):
        draft.put(made)


def _revoke(
    draft: Draft,
    access: Access,
    privilege: str,
    target: Securable | None,
    role: str,
    option_only: bool,
    cascade: bool,
) -> None:
    """Take the privilege, or its grant option, and with CASCADE what was granted by that option."""
    on, by = _checked(access, privilege, target)
    given = [grant for grant in draft.base.grants_on(on) if (grant.privilege, grant.role) == (privilege, role)]
    decides = access.manages or target is None or access.decides(target)
    taken = [grant for grant in given if decides or grant.granted_by == by]
    if given and not taken:
        raise errors.unsupported(f"REVOKE of what {given[0].granted_by} granted, by {by}: Snowflake leaves it as it is")
    for found in taken:
        _take(draft, found, target, option_only, cascade, remains=len(taken) < len(given))


def _take(
    draft: Draft, found: Grant, target: Securable | None, option_only: bool, cascade: bool, *, remains: bool
) -> None:
    """Take one role's grant. ``remains``: another role's grant of the same stays, and with it what depends on it."""
    if not remains and (dependent := _dependent(draft.base.grants_on(found.on), found, target)):
        if not cascade:
            first = dependent[0]
            raise errors.SqlError(
                f"SQL execution error: Dependent grant of privilege '{found.privilege}' on securable "
                f"'{'ASSAY' if target is None else draft.base.path(target)}' to role '{first.role}' exists. It must be "
                "revoked first. More than one dependent grant may exist: use 'SHOW GRANTS' command to view them. To "
                "revoke all dependent grants, use the CASCADE option.",
                code=3036,
                state="42710",
            )
        draft.remove(dependent)
    if option_only:
        draft.put(replace(found, grant_option=False))
    else:
        draft.remove([found])


def _dependent(grants: Iterable[Grant], of: Grant, target: Securable | None) -> list[Grant]:
    """What was granted by the option of one grant, and by the options of those."""
    if not of.grant_option or (target is not None and target.owner == of.role):
        return []
    same = [grant for grant in grants if grant.privilege == of.privilege and grant != of]
    found: list[Grant] = []
    waiting = [of.role]
    while waiting:
        by = waiting.pop()
        for grant in same:
            if grant.granted_by == by and grant not in found:
                found.append(grant)
                waiting.append(grant.role)
    return found


def _checked(access: Access, privilege: str, target: Securable | None) -> tuple[int, str]:
    """The number of what is granted on, and the role that grants. Raise if that is not this session's to do."""
    if target is None:
        if not access.manages:
            raise errors.denied("account", "ASSAY")
        return ACCOUNT, access.role
    by = access.grantor(privilege, target)
    if by is None:
        _deny(access, target)
    assert by is not None
    return target.id, by


def _deny(access: Access, thing: Securable) -> None:
    if access.sees(thing):
        raise errors.denied(kind_of(thing), thing.name)
    raise errors.missing(kind_of(thing), access.catalog.path(thing))


def _require_future(access: Access, within: Within) -> None:
    """Future grants are for who manages grants; in a managed access schema, for its owner too."""
    if access.manages or (isinstance(within, Schema) and within.managed and access.owns(within)):
        return
    _deny(access, within)


def _privileges(words: Words) -> list[str]:
    found: list[str] = []
    while True:
        parts: list[str] = []
        while not (words.peek("ON") or words.peek(",")):
            parts.append(words.word())
        found.append(" ".join(parts))
        if not words.take(","):
            return ["ALL"] if found in (["ALL"], ["ALL PRIVILEGES"]) else found


def _named(privileges: list[str], kind: str) -> Iterable[str]:
    known = ALL_PRIVILEGES[kind]
    if privileges == ["ALL"]:
        return known
    for privilege in privileges:
        if privilege not in known and not (kind == "SCHEMA" and privilege in _UNMADE):
            raise errors.syntax(f"unexpected privilege '{privilege}' on {kind}")
    return privileges


def _targets(
    words: Words, session: Session, catalog: Catalog, access: Access
) -> tuple[list[tuple[str, Securable | None]], tuple[str, Within] | None]:
    """What stands after ON: the things themselves, or a kind of future thing and where it will be."""
    names = Names(session, catalog, access)
    if words.take("ACCOUNT"):
        return [("ACCOUNT", None)], None
    if scope := words.take_one("ALL", "FUTURE"):
        plural = words.take_one(*_PLURALS)
        if plural is None:
            raise words.error(f"{scope} TABLES, VIEWS, SCHEMAS, SEQUENCES, STAGES or FILE FORMATS was expected")
        kind = _PLURALS[plural]
        words.expect("IN")
        within: Within
        if words.take("DATABASE"):
            within = names.database(words.name())
        else:
            words.expect("SCHEMA")
            within = names.schema(words.path(), entered=False)
        if scope == "FUTURE":
            return [], (kind, within)
        return [(kind, thing) for thing in _all_within(catalog, kind, within)], None
    if odd := words.take_one("FUNCTION", "PROCEDURE", "ROLE", "USER"):
        raise errors.unsupported(f"grants of privileges on a {odd.lower()}")
    kind_name = words.take_one(*_KINDS) or "TABLE"
    if kind_name in ("WAREHOUSE", "INTEGRATION"):
        name = words.name()
        found = catalog.warehouse(name) if kind_name == "WAREHOUSE" else catalog.integration(name)
        if found is None:
            raise errors.missing(kind_name, name)
        return [(kind_name, found)], None
    if kind_name == "DATABASE":
        return [("DATABASE", names.database(words.name()))], None
    if kind_name == "SCHEMA":
        return [("SCHEMA", names.schema(words.path(), entered=False))], None
    thing = names.object(words.path(), kind_name, entered=not access.manages)
    return [(thing.kind, thing)], None


def _all_within(catalog: Catalog, kind: str, within: Within) -> Iterable[Securable]:
    if isinstance(within, Schema):
        return [o for o in catalog.objects_in(within.id) if o.kind == kind]
    schemas = catalog.schemas_in(within.id)
    if kind == "SCHEMA":
        return schemas
    return [o for s in schemas for o in catalog.objects_in(s.id) if o.kind == kind]


# -- ownership -------------------------------------------------------------------------------------------------------


def _ownership(session: Session, words: Words, granting: bool) -> Result:
    if not granting:
        raise errors.unsupported("REVOKE OWNERSHIP: grant it to another role instead")
    words.expect("ON")
    with session.changing() as draft:
        access = session.access(draft.base)
        if kind := words.take_one("ROLE", "USER"):
            return _person_or_role(words, draft, access, kind)
        targets, future = _targets(words, session, draft.base, access)
        words.expect("TO")
        role = grantee(words, draft.base)
        about = words.take_one("COPY CURRENT GRANTS", "REVOKE CURRENT GRANTS")
        words.end()
        if future is not None:
            kind, within = future
            _require_future(access, within)
            draft.put(FutureGrant("OWNERSHIP", kind, within.id, role, session.role, time.time()))
            return results.status()
        for _, target in targets:
            if target is None:
                raise errors.syntax("unexpected OWNERSHIP on ACCOUNT")
            _pass_on(draft, access, target, role, about)
    return results.status()


def _person_or_role(words: Words, draft: Draft, access: Access, kind: str) -> Result:
    name = words.name()
    words.expect("TO")
    role = grantee(words, draft.base)
    words.take_one("COPY CURRENT GRANTS", "REVOKE CURRENT GRANTS")
    words.end()
    found = draft.base.role(name) if kind == "ROLE" else draft.base.user(name)
    if found is None:
        raise errors.missing(kind, name)
    if not (found.owner in access.roles or access.manages):
        raise errors.denied(kind, name)
    draft.put(replace(found, owner=role))
    return results.status()


def _pass_on(draft: Draft, access: Access, target: Securable, role: str, about: str | None) -> None:
    """Make another role the owner; grants on the thing stay or go as the statement says, and it must say."""
    schema = managed_by(draft.base, target)
    if not access.decides(target) and not access.manages:
        _deny(access, target)
    if schema is not None and not access.manages and role not in draft.base.inherited(schema.owner):
        raise errors.SqlError(
            f"SQL access control error:\nOwnership of what is in managed access schema '{schema.name}' passes only to "
            f"a role that its owner '{schema.owner}' inherits.",
            code=3001,
            state="42501",
        )
    current: Sequence[Grant] = list(draft.base.grants_on(target.id))
    if current and about is None and target.owner != role:
        raise errors.SqlError(
            f"SQL execution error: Dependent grant of privilege '{current[0].privilege}' on securable "
            f"'{draft.base.path(target)}' to role '{current[0].role}' exists. It must be revoked first. "
            "More than one dependent grant may exist: use 'SHOW GRANTS' command to view them. To revoke all "
            "dependent grants while transferring object ownership, use convenience command 'GRANT OWNERSHIP "
            "ON <target_objects> TO <target_role> REVOKE CURRENT GRANTS'.",
            code=3036,
            state="42710",
        )
    if about == "REVOKE CURRENT GRANTS":
        draft.remove(current)
    elif target.owner != role:  # what the old owner granted is the new owner's from now on
        passing = [grant for grant in current if grant.granted_by == target.owner]
        draft.remove(passing)
        draft.put(*(replace(grant, granted_by=role) for grant in passing))
    draft.put(replace(target, owner=role))
