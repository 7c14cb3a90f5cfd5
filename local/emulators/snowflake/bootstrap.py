"""What a new account has before anybody logs in: the system's roles, the administrator, one warehouse."""

from __future__ import annotations

import time
from dataclasses import replace

from .catalog import Draft, Membership, Role, User, Warehouse
from .logins import hash_password, password_matches
from .statements.roles import SYSTEM_ROLES
from .store import Store

DEFAULT_WAREHOUSE = "COMPUTE_WH"
_HIERARCHY = (("SYSADMIN", "ACCOUNTADMIN"), ("SECURITYADMIN", "ACCOUNTADMIN"), ("USERADMIN", "SECURITYADMIN"))


def prepare(store: Store, admin: str, password: str) -> None:
    """Make what is missing, and give the administrator the password of today."""
    draft = store.draft()
    now = time.time()
    for role in SYSTEM_ROLES:
        if store.catalog.role(role) is None:
            draft.put(Role(role, "ACCOUNTADMIN", now))
    for role, to in _HIERARCHY:
        if f"member/{role}/ROLE/{to}" not in store.catalog.entries:
            draft.put(Membership(role, "ROLE", to, "ACCOUNTADMIN", now))
    if store.catalog.warehouse(DEFAULT_WAREHOUSE) is None:
        draft.put(Warehouse(draft.new_id(), DEFAULT_WAREHOUSE, "ACCOUNTADMIN", now))
    _administrator(store, draft, admin.upper(), password)
    connection = store.connection()
    connection.execute("BEGIN")
    store.write(connection, draft)
    connection.execute("COMMIT")
    connection.close()
    store.catalog = draft.catalog()


def _administrator(store: Store, draft: Draft, name: str, password: str) -> None:
    user = store.catalog.user(name)
    if user is None:
        user = User(name, "ACCOUNTADMIN", time.time(), default_role="ACCOUNTADMIN", default_warehouse=DEFAULT_WAREHOUSE)
        draft.put(Membership("ACCOUNTADMIN", "USER", name, "ACCOUNTADMIN", time.time()))
    if not user.password or not password_matches(password, user.password):
        draft.put(replace(user, password=hash_password(password)))
