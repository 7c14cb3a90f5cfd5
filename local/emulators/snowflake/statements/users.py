"""Users: CREATE, ALTER, DROP, DESCRIBE."""

from __future__ import annotations

import time
from dataclasses import replace

from .. import errors, results
from ..access import Access
from ..catalog import Draft, Membership, User
from ..logins import fingerprint, hash_password, read_public_key
from ..results import Result
from ..session import Session
from ..words import Words

_IGNORED_USER_OPTIONS = {
    "DISPLAY_NAME", "FIRST_NAME", "LAST_NAME", "MUST_CHANGE_PASSWORD", "DAYS_TO_EXPIRY", "MINS_TO_UNLOCK",
}  # fmt: skip
_KEPT_USER_OPTIONS = {
    "LOGIN_NAME": "login_name", "EMAIL": "email", "NETWORK_POLICY": "network_policy",
    "MINS_TO_BYPASS_MFA": "mins_to_bypass_mfa", "COMMENT": "comment",
}  # fmt: skip
OWN_OPTIONS = frozenset({"DEFAULT_ROLE", "DEFAULT_WAREHOUSE", "DEFAULT_NAMESPACE"})
"""What people change for themselves ("User & security DDL": "Change their default role, warehouse, or namespace")."""


def create_user(session: Session, words: Words, or_replace: bool) -> Result:
    exists = words.take("IF NOT EXISTS")
    name = words.name()
    options = words.options()
    with session.changing() as draft:
        access = session.access(draft.base)
        access.need("CREATE USER", "USERADMIN", "SECURITYADMIN")
        if draft.base.user(name) is not None:
            if exists:
                return results.already_there(name)
            if not or_replace:
                raise errors.already_exists(name)
            _require_owner(access, draft.base.user(name))
            _drop_user(draft, name)
        draft.put(_with_options(User(name, session.role, time.time()), options))
    return results.status(f"User {name} successfully created.")


def _require_owner(access: Access, user: User | None) -> None:
    """Only the role that owns a user changes, replaces or drops it; MANAGE GRANTS is about grants."""
    if user is not None and user.owner not in access.roles:
        raise errors.denied("user", user.name)


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
        if words.take("SET"):
            options = words.options()
            if not (name == session.user and OWN_OPTIONS.issuperset(options)):
                _require_owner(access, user)
            draft.put(_with_options(user, options))
        elif words.take("UNSET"):
            _require_owner(access, user)
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
                return results.already_gone(name)
            raise errors.missing("user", name)
        _require_owner(session.access(draft.base), user)
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
