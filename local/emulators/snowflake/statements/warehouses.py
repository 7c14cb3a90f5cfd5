"""Warehouses: CREATE, ALTER, DROP."""

from __future__ import annotations

import time
from dataclasses import replace

from .. import errors, results
from ..catalog import Warehouse
from ..creating import forget
from ..results import Result
from ..session import Session
from ..words import Words

_IGNORED_WAREHOUSE_OPTIONS = {
    "WAREHOUSE_TYPE", "MAX_CLUSTER_COUNT", "MIN_CLUSTER_COUNT", "SCALING_POLICY", "INITIALLY_SUSPENDED",
    "RESOURCE_MONITOR", "ENABLE_QUERY_ACCELERATION", "STATEMENT_TIMEOUT_IN_SECONDS",
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "MAX_CONCURRENCY_LEVEL", "WAIT_FOR_COMPLETION", "GENERATION",
    "QUERY_ACCELERATION_MAX_SCALE_FACTOR",
}  # fmt: skip


def create_warehouse(session: Session, words: Words, or_replace: bool) -> Result:
    exists = words.take("IF NOT EXISTS")
    name = words.name()
    words.take("WITH")
    options = words.options()
    with session.changing() as draft:
        access = session.access(draft.base)
        access.need("CREATE WAREHOUSE", "SYSADMIN")
        existing = draft.base.warehouse(name)
        if existing is not None:
            if exists:
                return results.already_there(name)
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
                return results.already_gone(name)
            raise errors.missing("warehouse", name)
        session.access(draft.base).require("OWNERSHIP", warehouse)
        forget(draft, warehouse)
    return results.status(f"{name} successfully dropped.")
