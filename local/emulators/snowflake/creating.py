"""What every CREATE and DROP of an object has in common: rights, replacing, grants at birth, and what goes with it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from sqlglot import exp

from . import errors
from .catalog import Catalog, Draft, FutureGrant, Grant, Object, Schema, Securable
from .session import Session
from .store import DATA

Born = TypeVar("Born", Schema, Object)


def create_object(
    session: Session,
    draft: Draft,
    schema: Schema,
    kind: str,
    name: str,
    *,
    or_replace: bool = False,
    detail: Mapping[str, Any] | None = None,
    transient: bool = False,
    comment: str = "",
    copy_grants: bool = False,
    copied: Object | None = None,
) -> Object:
    """Enter a new object in the catalog, replacing one of that name if asked. DuckDB's part is the caller's.

    ``copy_grants`` takes those of what is replaced, or else of what is ``copied``, in place of future grants.
    """
    catalog = draft.base
    access = session.access(catalog)
    access.require(f"CREATE {kind}", schema)
    now = time.time()
    made = Object(draft.new_id(), schema.id, name, kind, session.role, now, now, comment, transient, dict(detail or {}))
    replaced = catalog.object(schema.id, kind, name)
    if replaced is not None:
        if not or_replace:
            raise errors.already_exists(catalog.path(replaced))
        if replaced.kind != kind:
            raise errors.SqlError(
                f"{errors.COMPILATION}Object found is of type '{replaced.kind}', not specified type '{kind}'.",
                code=2203,
                state="42S13",
            )
        access.require("OWNERSHIP", replaced)
        forget(draft, replaced)
        draft.last.append(partial(drop_stored, session, replaced))
    if copy_grants and (original := replaced or copied) is not None:
        draft.put(*(replace(grant, on=made.id) for grant in catalog.grants_on(original.id)))
    else:
        made = grant_at_birth(draft, made, catalog.future_grants(schema, kind))
    draft.put(made)
    return made


def grant_at_birth(draft: Draft, made: Born, future: Iterable[FutureGrant]) -> Born:
    """Give a new thing what was granted on future things of its kind; returns it with its owner."""
    for grant in future:
        if grant.privilege == "OWNERSHIP":
            made = replace(made, owner=grant.role)
        else:
            draft.put(_from_future(grant, made.id))
    return made


def _from_future(grant: FutureGrant, on: int) -> Grant:
    return Grant(grant.privilege, grant.kind, on, grant.role, grant.granted_by, time.time(), grant.grant_option)


def drop_object(session: Session, draft: Draft, thing: Object) -> None:
    """Remove an object with its rows, its grants and its load history."""
    drop_stored(session, thing)
    forget(draft, thing)


def drop_stored(session: Session, thing: Object) -> None:
    """Remove what DuckDB holds of an object."""
    if thing.kind == "TABLE":
        session.connection.execute(f'DROP TABLE IF EXISTS {DATA}."{thing.physical}"')
        session.connection.execute('DELETE FROM assay.load_history WHERE "table" = ?', [thing.id])
        for sequence in thing.detail.get("sequences") or ():
            session.connection.execute(f'DROP SEQUENCE IF EXISTS {DATA}."{sequence}"')
    elif thing.kind == "SEQUENCE":
        session.connection.execute(f'DROP SEQUENCE IF EXISTS {DATA}."{thing.physical}"')


def drop_schema(session: Session, draft: Draft, schema: Schema) -> None:
    inside = sorted(draft.base.objects_in(schema.id), key=lambda o: o.kind == "SEQUENCE")  # tables before sequences
    for thing in inside:
        drop_object(session, draft, thing)
    forget(draft, schema)


def forget(draft: Draft, thing: Securable) -> None:
    """Take a thing and every grant on it, present and future, out of the catalog."""
    catalog: Catalog = draft.base
    draft.remove([thing])
    draft.remove(catalog.grants_on(thing.id))
    draft.remove(catalog.future_grants_in(thing.id))


def properties_of(tree: exp.Expr) -> tuple[set[type[exp.Expr]], dict[str, exp.Expr | None]]:
    """A CREATE statement's flags (TRANSIENT, TEMPORARY, COPY GRANTS…) and its ``NAME = value`` options."""
    flags: set[type[exp.Expr]] = set()
    options: dict[str, exp.Expr | None] = {}
    properties = tree.args.get("properties")
    for item in properties.expressions if properties is not None else []:
        if isinstance(item, exp.SchemaCommentProperty):
            options["COMMENT"] = item.this
        elif type(item) is exp.Property:
            options[item.name.upper()] = item.args.get("value")
        else:
            flags.add(type(item))
    return flags, options


def comment_in(options: Mapping[str, exp.Expr | None]) -> str:
    value = options.get("COMMENT")
    return value.name if value is not None else ""
