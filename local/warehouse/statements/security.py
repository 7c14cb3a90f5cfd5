"""Users, roles, warehouses, and who may do what: CREATE/ALTER/DROP of the three, GRANT and REVOKE."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace

from .. import errors, results
from ..access import ACCOUNT, ALL_PRIVILEGES, Access, kind_of
from ..catalog import (
    Catalog,
    Database,
    Draft,
    FutureGrant,
    Grant,
    Membership,
    Object,
    Role,
    Schema,
    Securable,
    User,
    Warehouse,
)
from ..creating import forget
from ..logins import fingerprint, hash_password, read_public_key
from ..names import Names
from ..results import Result
from ..session import Session
from ..words import Words

SYSTEM_ROLES = ("ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "PUBLIC")
_IGNORED_USER_OPTIONS = {
    "DISPLAY_NAME", "FIRST_NAME", "LAST_NAME", "MUST_CHANGE_PASSWORD", "DAYS_TO_EXPIRY", "MINS_TO_UNLOCK",
}  # fmt: skip
_KEPT_USER_OPTIONS = {
    "LOGIN_NAME": "login_name", "EMAIL": "email", "NETWORK_POLICY": "network_policy",
    "MINS_TO_BYPASS_MFA": "mins_to_bypass_mfa", "COMMENT": "comment",
}  # fmt: skip
HISTORY_READERS = "SNOWFLAKE.GOVERNANCE_VIEWER"
"""The database role of Snowflake's own that reads ACCOUNT_USAGE.QUERY_HISTORY; the one that there is here."""
_IGNORED_WAREHOUSE_OPTIONS = {
    "WAREHOUSE_TYPE", "MAX_CLUSTER_COUNT", "MIN_CLUSTER_COUNT", "SCALING_POLICY", "INITIALLY_SUSPENDED",
    "RESOURCE_MONITOR", "ENABLE_QUERY_ACCELERATION", "STATEMENT_TIMEOUT_IN_SECONDS",
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "MAX_CONCURRENCY_LEVEL", "WAIT_FOR_COMPLETION", "GENERATION",
    "QUERY_ACCELERATION_MAX_SCALE_FACTOR",
}  # fmt: skip
_PLURALS = {
    "TABLES": "TABLE", "VIEWS": "VIEW", "SCHEMAS": "SCHEMA", "SEQUENCES": "SEQUENCE", "STAGES": "STAGE",
    "FILE FORMATS": "FILE FORMAT",
}  # fmt: skip
_KINDS = ("DATABASE", "SCHEMA", "TABLE", "VIEW", "SEQUENCE", "STAGE", "FILE FORMAT", "WAREHOUSE")


def _need(access: Access, privilege: str, *roles: str) -> None:
    if not access.may_on_account(privilege, *roles):
        raise errors.denied("account", "ASSAY")


# -- users -----------------------------------------------------------------------------------------------------------


def create_user(session: Session, words: Words, or_replace: bool) -> Result:
    exists = words.take("IF NOT EXISTS")
    name = words.name()
    options = words.options()
    with session.changing() as draft:
        access = session.access(draft.base)
        _need(access, "CREATE USER", "USERADMIN", "SECURITYADMIN")
        if draft.base.user(name) is not None:
            if exists:
                return results.status(f"{name} already exists, statement succeeded.")
            if not or_replace:
                raise errors.already_exists(name)
            _drop_user(draft, name)
        draft.put(_with_options(User(name, session.role, time.time()), options))
    return results.status(f"User {name} successfully created.")


def _with_options(user: User, options: dict[str, str]) -> User:
    keys = [*user.public_keys, "", ""][:2]
    for option, value in options.items():
        if option == "PASSWORD":
            user = replace(user, password=hash_password(value))
        elif option in ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2"):
            keys[option.endswith("_2")] = read_public_key(value) if value else ""
        elif option == "DEFAULT_ROLE":
            user = replace(user, default_role=value.upper())
        elif option == "DEFAULT_WAREHOUSE":
            user = replace(user, default_warehouse=value.upper())
        elif option == "DEFAULT_NAMESPACE":
            user = replace(user, default_namespace=value.upper())
        elif option == "TYPE":
            user = replace(user, type=value.upper())
        elif option == "DISABLED":
            user = replace(user, disabled=value.upper() == "TRUE")
        elif option == "DEFAULT_SECONDARY_ROLES":
            if value.upper() not in ("ALL", ""):
                raise errors.invalid(f"invalid value '{value}' for property 'DEFAULT_SECONDARY_ROLES'")
            user = replace(user, secondary_roles=value.upper())
        elif option in _KEPT_USER_OPTIONS:
            user = replace(user, **{_KEPT_USER_OPTIONS[option]: value})  # type: ignore[arg-type]
        elif option not in _IGNORED_USER_OPTIONS:
            raise errors.invalid(f"invalid property '{option}' for 'USER'")
    if user.type == "SERVICE" and user.password:
        raise errors.invalid(f"User {user.name} is of type SERVICE, which cannot have a password")
    return replace(user, public_keys=tuple(keys))


def alter_user(session: Session, words: Words) -> Result:
    exists = words.take("IF EXISTS")
    name = words.name()
    with session.changing() as draft:
        user = draft.base.user(name)
        access = session.access(draft.base)
        if user is None:
            if exists:
                return results.status()
            raise errors.missing("user", name)
        if not (user.owner in access.roles or access.may_on_account("MANAGE GRANTS", "SECURITYADMIN")):
            raise errors.denied("user", name)
        if words.take("SET"):
            draft.put(_with_options(user, words.options()))
        elif words.take("UNSET"):
            unset = {
                "PASSWORD": {"password": ""}, "DEFAULT_ROLE": {"default_role": ""}, "TYPE": {"type": ""},
                "DEFAULT_WAREHOUSE": {"default_warehouse": ""}, "DEFAULT_SECONDARY_ROLES": {"secondary_roles": "ALL"},
                **{option: {key: ""} for option, key in _KEPT_USER_OPTIONS.items()},
            }  # fmt: skip
            while not words.done:
                words.take(",")
                option = words.word()
                if option in ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2"):
                    user = _with_options(user, {option: ""})
                elif option in unset:
                    user = replace(user, **unset[option])  # type: ignore[arg-type]
                else:
                    raise errors.unsupported(f"ALTER USER … UNSET {option}")
            draft.put(user)
        else:
            raise words.error("SET or UNSET was expected")
    return results.status()


def drop_user(session: Session, words: Words) -> Result:
    exists = words.take("IF EXISTS")
    name = words.name()
    with session.changing() as draft:
        user = draft.base.user(name)
        if user is None:
            if exists:
                return results.status(f"Drop statement executed successfully ({name} already dropped).")
            raise errors.missing("user", name)
        access = session.access(draft.base)
        if not (user.owner in access.roles or access.may_on_account("MANAGE GRANTS", "SECURITYADMIN")):
            raise errors.denied("user", name)
        _drop_user(draft, name)
    return results.status(f"{name} successfully dropped.")


def _drop_user(draft: Draft, name: str) -> None:
    user = draft.base.user(name)
    assert user is not None
    draft.remove([user])
    draft.remove(m for m in draft.base.all(Membership) if m.to_kind == "USER" and m.to_name == name)


def describe_user(session: Session, words: Words) -> Result:
    """DESCRIBE USER: properties as rows. For the user itself, its owner, and who manages grants."""
    name = words.name()
    words.end()
    user, access = session.catalog.user(name), session.access()
    if user is None or not (
        name == session.user or user.owner in access.roles or access.may_on_account("MANAGE GRANTS", "SECURITYADMIN")
    ):
        raise errors.missing("user", name)
    keys = [fingerprint(key) if key else "" for key in (*user.public_keys, "", "")[:2]]
    shown = {
        "NAME": user.name, "COMMENT": user.comment, "LOGIN_NAME": user.login_name or user.name, "EMAIL": user.email,
        "PASSWORD": "********" if user.password else "", "DISABLED": str(user.disabled).lower(), "TYPE": user.type,
        "DEFAULT_WAREHOUSE": user.default_warehouse, "DEFAULT_NAMESPACE": user.default_namespace,
        "DEFAULT_ROLE": user.default_role, "DEFAULT_SECONDARY_ROLES": secondary_roles(user),
        "MINS_TO_BYPASS_MFA": user.mins_to_bypass_mfa, "RSA_PUBLIC_KEY_FP": keys[0], "RSA_PUBLIC_KEY_2_FP": keys[1],
        "NETWORK_POLICY": user.network_policy,
    }  # fmt: skip
    rows = [[key, value or "null", "null", ""] for key, value in shown.items()]
    return results.rows(["property", "value", "default", "description"], rows)


def secondary_roles(user: User) -> str:
    """As SHOW USERS writes it: a JSON list."""
    return f'["{user.secondary_roles}"]' if user.secondary_roles else "[]"


# -- roles -----------------------------------------------------------------------------------------------------------


def create_role(session: Session, words: Words, or_replace: bool) -> Result:
    exists = words.take("IF NOT EXISTS")
    name = words.name()
    options = words.options()
    with session.changing() as draft:
        _need(session.access(draft.base), "CREATE ROLE", "USERADMIN", "SECURITYADMIN")
        existing = draft.base.role(name)
        if existing is not None:
            if exists:
                return results.status(f"{name} already exists, statement succeeded.")
            if not or_replace or name in SYSTEM_ROLES:
                raise errors.already_exists(name)
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
                return results.status(f"Drop statement executed successfully ({name} already dropped).")
            raise errors.missing("role", name)
        access = session.access(draft.base)
        if name in SYSTEM_ROLES or not (role.owner in access.roles or access.may_on_account("MANAGE GRANTS")):
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
    draft.put(*(replace(thing, owner=session.role) for thing in catalog.securables() if thing.owner == role.name))


# -- warehouses ------------------------------------------------------------------------------------------------------


def create_warehouse(session: Session, words: Words, or_replace: bool) -> Result:
    exists = words.take("IF NOT EXISTS")
    name = words.name()
    words.take("WITH")
    options = words.options()
    with session.changing() as draft:
        access = session.access(draft.base)
        _need(access, "CREATE WAREHOUSE", "SYSADMIN")
        existing = draft.base.warehouse(name)
        if existing is not None:
            if exists:
                return results.status(f"{name} already exists, statement succeeded.")
            if not or_replace:
                raise errors.already_exists(name)
            access.require("OWNERSHIP", existing)
            forget(draft, existing)
        warehouse = Warehouse(draft.new_id(), name, session.role, time.time())
        if options.get("INITIALLY_SUSPENDED", "").upper() == "TRUE":
            warehouse = replace(warehouse, state="SUSPENDED")
        draft.put(_sized(warehouse, options))
    session.warehouse = name
    return results.status(f"Warehouse {name} successfully created.")


def _sized(warehouse: Warehouse, options: dict[str, str]) -> Warehouse:
    for option, value in options.items():
        if option == "WAREHOUSE_SIZE":
            warehouse = replace(warehouse, size=value)
        elif option == "AUTO_SUSPEND":
            warehouse = replace(warehouse, auto_suspend=0 if value.upper() == "NULL" else int(value))
        elif option == "AUTO_RESUME":
            warehouse = replace(warehouse, auto_resume=value.upper() == "TRUE")
        elif option == "COMMENT":
            warehouse = replace(warehouse, comment=value)
        elif option not in _IGNORED_WAREHOUSE_OPTIONS:
            raise errors.invalid(f"invalid property '{option}' for 'WAREHOUSE'")
    return warehouse


def alter_warehouse(session: Session, words: Words) -> Result:
    exists = words.take("IF EXISTS")
    name = session.warehouse or "" if words.peek("SUSPEND") or words.peek("RESUME") else words.name()
    with session.changing() as draft:
        warehouse = draft.base.warehouse(name)
        if warehouse is None:
            if exists:
                return results.status()
            raise errors.missing("warehouse", name)
        access = session.access(draft.base)
        if words.take("SUSPEND"):
            access.require("OPERATE", warehouse)
            draft.put(replace(warehouse, state="SUSPENDED"))
        elif words.take("RESUME"):
            access.require("OPERATE", warehouse)
            draft.put(replace(warehouse, state="STARTED"))
        elif words.take("SET"):
            access.require("MODIFY", warehouse)
            draft.put(_sized(warehouse, words.options()))
        elif words.take("RENAME TO"):
            access.require("OWNERSHIP", warehouse)
            draft.put(replace(warehouse, name=words.name()))
        else:
            raise words.error("SUSPEND, RESUME, SET or RENAME TO was expected")
    return results.status()


def drop_warehouse(session: Session, words: Words) -> Result:
    exists = words.take("IF EXISTS")
    name = words.name()
    with session.changing() as draft:
        warehouse = draft.base.warehouse(name)
        if warehouse is None:
            if exists:
                return results.status(f"Drop statement executed successfully ({name} already dropped).")
            raise errors.missing("warehouse", name)
        session.access(draft.base).require("OWNERSHIP", warehouse)
        forget(draft, warehouse)
    return results.status(f"{name} successfully dropped.")


# -- grants ----------------------------------------------------------------------------------------------------------


def grant_or_revoke(session: Session, words: Words, granting: bool) -> Result:
    """Everything after the word GRANT or REVOKE."""
    option_only = not granting and words.take("GRANT OPTION FOR")
    if words.take("DATABASE ROLE"):
        return _history_readers(session, words, granting)
    if words.take("APPLICATION ROLE"):
        raise errors.unsupported("application roles")
    if words.take("ROLE"):
        return _membership(session, words, granting)
    if words.peek("OWNERSHIP"):
        words.word()
        return _ownership(session, words, granting)
    privileges = _privileges(words)
    words.expect("ON")
    with session.changing() as draft:
        access = session.access(draft.base)
        targets, future = _targets(words, session, draft.base, access)
        words.expect("TO" if granting else "FROM")
        role = _grantee(words, draft.base)
        with_option = words.take("WITH GRANT OPTION")
        words.take("CASCADE")
        words.take("RESTRICT")
        words.end()
        now = time.time()
        if future is not None:
            kind, within = future
            access.require("OWNERSHIP", within) if not access.may_on_account("MANAGE GRANTS", "SECURITYADMIN") else None
            for privilege in _named(privileges, kind):
                made = FutureGrant(privilege, kind, within.id, role, session.role, now, with_option)
                draft.put(made) if granting else draft.remove([made])
            return results.status()
        for kind, target in targets:
            for privilege in _named(privileges, kind):
                _check(access, privilege, target)
                on = ACCOUNT if target is None else target.id
                one = Grant(privilege, kind, on, role, session.role, now, with_option)
                if granting:
                    draft.put(one)
                elif option_only:
                    draft.put(*(replace(g, grant_option=False) for g in draft.base.grants_on(on) if g.key == one.key))
                else:
                    draft.remove([one])
    return results.status()


def _check(access: Access, privilege: str, target: Securable | None) -> None:
    if target is None:
        if not access.may_on_account("MANAGE GRANTS", "SECURITYADMIN"):
            raise errors.denied("account", "ASSAY")
    elif not access.may_grant(privilege, target):
        if access.sees(target):
            raise errors.denied(kind_of(target), target.name)
        raise errors.missing(kind_of(target), access.catalog.path(target))


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
        known_elsewhere = privilege.startswith("CREATE ") and kind in ("SCHEMA", "DATABASE", "ACCOUNT")
        if privilege not in known and not known_elsewhere and privilege not in ("OWNERSHIP", "APPLYBUDGET"):
            raise errors.syntax(f"unexpected privilege '{privilege}' on {kind}")
    return privileges


def _targets(
    words: Words, session: Session, catalog: Catalog, access: Access
) -> tuple[list[tuple[str, Securable | None]], tuple[str, Database | Schema] | None]:
    """What stands after ON: the things themselves, or a kind of future thing and where it will be."""
    names = Names(session, catalog, access)
    if words.take("ACCOUNT"):
        return [("ACCOUNT", None)], None
    scope = words.take_one("ALL", "FUTURE")
    if scope is not None:
        plural = words.take_one(*_PLURALS)
        if plural is None:
            raise words.error(f"{scope} TABLES, VIEWS, SCHEMAS, SEQUENCES, STAGES or FILE FORMATS was expected")
        kind = _PLURALS[plural]
        words.expect("IN")
        within: Database | Schema
        if words.take("DATABASE"):
            within = names.database(words.name())
        else:
            words.expect("SCHEMA")
            within = names.schema(words.path(), entered=False)
        if scope == "FUTURE":
            return [], (kind, within)
        return [(kind, thing) for thing in _all_within(catalog, kind, within)], None
    if words.take("INTEGRATION") or words.take("FUNCTION") or words.take("PROCEDURE"):
        raise errors.unsupported("grants on integrations, functions and procedures: it has none")
    kind_name = words.take_one(*_KINDS) or "TABLE"
    if kind_name == "WAREHOUSE":
        name = words.name()
        warehouse = catalog.warehouse(name)
        if warehouse is None:
            raise errors.missing("warehouse", name)
        return [("WAREHOUSE", warehouse)], None
    if kind_name == "DATABASE":
        return [("DATABASE", names.database(words.name()))], None
    if kind_name == "SCHEMA":
        return [("SCHEMA", names.schema(words.path(), entered=False))], None
    thing = names.object(words.path(), kind_name, entered=not access.manages)
    return [(thing.kind, thing)], None


def _all_within(catalog: Catalog, kind: str, within: Database | Schema) -> Iterable[Securable]:
    if isinstance(within, Schema):
        return [o for o in catalog.objects_in(within.id) if o.kind == kind]
    schemas = catalog.schemas_in(within.id)
    if kind == "SCHEMA":
        return schemas
    return [o for s in schemas for o in catalog.objects_in(s.id) if o.kind == kind]


def _grantee(words: Words, catalog: Catalog) -> str:
    if words.take("DATABASE ROLE") or words.take("SHARE") or words.take("USER"):
        raise errors.unsupported("grants of privileges to anything but a role")
    words.take("ROLE")
    role = words.name()
    if catalog.role(role) is None:
        raise errors.missing("role", role)
    return role


def _membership(session: Session, words: Words, granting: bool) -> Result:
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
        if not (found.owner in access.roles or access.may_on_account("MANAGE GRANTS", "SECURITYADMIN")):
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


def _history_readers(session: Session, words: Words, granting: bool) -> Result:
    """GRANT DATABASE ROLE SNOWFLAKE.GOVERNANCE_VIEWER TO ROLE x, as who manages grants may."""
    if ".".join(words.path()) != HISTORY_READERS:
        raise errors.unsupported("database roles")
    words.expect("TO" if granting else "FROM")
    role = _grantee(words, session.catalog)
    words.end()
    with session.changing() as draft:
        if not session.access(draft.base).may_on_account("MANAGE GRANTS", "SECURITYADMIN"):
            raise errors.denied("database role", HISTORY_READERS)
        made = Membership(HISTORY_READERS, "ROLE", role, session.role, time.time())
        draft.put(made) if granting else draft.remove([made])
    return results.status()


def _ownership(session: Session, words: Words, granting: bool) -> Result:
    if not granting:
        raise errors.unsupported("REVOKE OWNERSHIP: grant it to another role instead")
    words.expect("ON")
    with session.changing() as draft:
        access = session.access(draft.base)
        targets, future = _targets(words, session, draft.base, access)
        words.expect("TO")
        role = _grantee(words, draft.base)
        keep = words.take("COPY CURRENT GRANTS")
        revoke = words.take("REVOKE CURRENT GRANTS")
        words.end()
        if future is not None:
            kind, within = future
            access.require("OWNERSHIP", within)
            draft.put(FutureGrant("OWNERSHIP", kind, within.id, role, session.role, time.time()))
            return results.status()
        for kind, target in targets:
            assert isinstance(target, Database | Schema | Object | Warehouse)
            if not (access.owns(target) or access.may_on_account("MANAGE GRANTS", "SECURITYADMIN")):
                access.require("OWNERSHIP", target)
            current = list(draft.base.grants_on(target.id))
            if current and not keep and not revoke and target.owner != role:
                raise errors.SqlError(
                    f"SQL execution error: Dependent grant of privilege '{current[0].privilege}' on securable "
                    f"'{draft.base.path(target)}' to role '{current[0].role}' exists. It must be revoked first. "
                    "More than one dependent grant may exist: use 'SHOW GRANTS' command to view them. To revoke all "
                    "dependent grants while transferring object ownership, use convenience command 'GRANT OWNERSHIP "
                    "ON <target_objects> TO <target_role> REVOKE CURRENT GRANTS'.",
                    code=3036,
                    state="42710",
                )
            if revoke:
                draft.remove(current)
            draft.put(replace(target, owner=role))
            del kind
    return results.status()
