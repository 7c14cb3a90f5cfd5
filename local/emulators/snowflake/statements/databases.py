"""Databases and schemas: CREATE, CLONE, SWAP, RENAME, DROP. All but cloning only change labels in the catalog."""

from __future__ import annotations

import time
from dataclasses import replace

from sqlglot import exp

from .. import errors, results
from ..binding import Binder
from ..catalog import Database, Draft, Object, Schema
from ..creating import comment_in, drop_schema, forget, grant_at_birth, properties_of
from ..names import Names, Parts, parts_of
from ..results import Result
from ..session import Session
from ..store import DATA
from ..words import Words
from .tables import copy_table

_HARMLESS_OPTIONS = {"COMMENT", "DATA_RETENTION_TIME_IN_DAYS", "MAX_DATA_EXTENSION_TIME_IN_DAYS"}


def create_database(session: Session, tree: exp.Create) -> Result:
    flags, options = properties_of(tree)
    if unknown := sorted(set(options) - _HARMLESS_OPTIONS):
        raise errors.unsupported(f"the database option {unknown[0]}")
    with session.changing() as draft:
        binder = Binder(session, draft.base)
        made = binder.prepare(tree.copy())
        name = parts_of(made.this)[0]
        clone = made.args.get("clone")
        source = binder.names.database(parts_of(clone.this)[0]) if clone is not None else None
        binder.access.need("CREATE DATABASE", "SYSADMIN")
        existing = draft.base.database(name)
        if existing is not None:
            if made.args.get("exists"):
                return results.already_there(name)
            if not made.args.get("replace"):
                raise errors.already_exists(name)
            binder.access.require("OWNERSHIP", existing)
            _drop_database(session, draft, existing)
        database = Database(
            draft.new_id(), name, session.role, time.time(), comment_in(options), exp.TransientProperty in flags
        )
        draft.put(database)
        if source is not None:
            binder.access.require("USAGE", source)
            draft.put(*(replace(future, within=database.id) for future in draft.base.future_grants_in(source.id)))
            for schema in draft.base.schemas_in(source.id):
                made_schema = _clone_into(session, draft, schema, database.id, schema.name, schema.transient)
                draft.put(replace(made_schema, owner=schema.owner, managed=schema.managed))
                draft.put(*(replace(grant, on=made_schema.id) for grant in draft.base.grants_on(schema.id)))
        else:
            draft.put(Schema(draft.new_id(), database.id, "PUBLIC", session.role, time.time()))
    session.database, session.schema = name, "PUBLIC"
    return results.status(f"Database {name} successfully created.")


def create_schema(session: Session, words: Words, or_replace: bool, *, transient: bool = False) -> Result:
    """CREATE SCHEMA [IF NOT EXISTS] name [CLONE other] [WITH MANAGED ACCESS] [options]."""
    exists = words.take("IF NOT EXISTS")
    path = words.path()
    clone = words.path() if words.take("CLONE") else None
    if words.peek("AT") or words.peek("BEFORE"):
        raise errors.unsupported("time travel (CLONE … AT or BEFORE)")
    managed = words.take("WITH MANAGED ACCESS")
    options = words.options()
    if unknown := sorted(set(options) - _HARMLESS_OPTIONS):
        raise errors.unsupported(f"the schema option {unknown[0]}")
    with session.changing() as draft:
        access = session.access(draft.base)
        names = Names(session, draft.base, access)
        database_name, name = names.qualified_schema(path)
        database = names.database(database_name)
        existing = draft.base.schema(database.id, name)
        if existing is not None and exists:
            return results.already_there(name)
        source = names.schema(clone) if clone is not None else None
        access.require("CREATE SCHEMA", database)
        if existing is not None:
            if not or_replace:
                raise errors.already_exists(name)
            access.require("OWNERSHIP", existing)
        if source is not None:
            access.require("USAGE", source)
            made = _clone_into(session, draft, source, database.id, name, transient)
            draft.put(replace(made, managed=managed or source.managed))
        else:
            made = Schema(
                draft.new_id(), database.id, name, session.role, time.time(), options.get("COMMENT", ""),
                transient or database.transient, managed,
            )  # fmt: skip
            draft.put(_at_birth(draft, made))
        if existing is not None:
            drop_schema(session, draft, existing)
    session.database, session.schema = database_name, name
    return results.status(f"Schema {name} successfully created.")


def _at_birth(draft: Draft, schema: Schema) -> Schema:
    future = [f for f in draft.base.future_grants_in(schema.database) if f.kind == "SCHEMA"]
    return grant_at_birth(draft, schema, future)


def _clone_into(session: Session, draft: Draft, source: Schema, database: int, name: str, transient: bool) -> Schema:
    """A copy of a schema: rows, views and sequences, with the grants on them, but none on the schema itself."""
    schema = Schema(
        draft.new_id(), database, name, session.role, time.time(), source.comment, transient or source.transient
    )
    schema = _at_birth(draft, schema)
    draft.put(schema)
    draft.put(*(replace(future, within=schema.id) for future in draft.base.future_grants_in(source.id)))
    renamed: dict[str, str] = {}
    inside = sorted(draft.base.objects_in(source.id), key=lambda o: o.kind != "SEQUENCE")
    for thing in inside:
        if thing.kind == "STAGE" and not thing.detail.get("url"):
            continue  # Snowflake does not clone internal stages either
        twin = replace(thing, id=draft.new_id(), schema=schema.id, created=time.time())
        if thing.kind == "SEQUENCE":
            renamed[thing.physical] = twin.physical
            _copy_sequence(session, thing, twin)
        elif thing.kind == "TABLE":
            own = []
            for sequence in thing.detail.get("sequences") or ():
                fresh = f"t{draft.new_id()}"
                _copy_duckdb_sequence(session, sequence, fresh)
                renamed[sequence] = fresh
                own.append(fresh)
            copy_table(session, thing.physical, f'{DATA}."{twin.physical}"', renamed=renamed)
            twin = replace(twin, detail={**twin.detail, "sequences": own})
        draft.put(twin)
        draft.put(*(replace(grant, on=twin.id) for grant in draft.base.grants_on(thing.id)))
    return schema


def _copy_sequence(session: Session, thing: Object, twin: Object) -> None:
    _copy_duckdb_sequence(session, thing.physical, twin.physical)


def _copy_duckdb_sequence(session: Session, old: str, new: str) -> None:
    """A sequence that goes on where the old one is."""
    row = session.connection.execute(
        "SELECT start_value, increment_by, last_value FROM duckdb_sequences() "
        "WHERE schema_name = ? AND sequence_name = ?",
        [DATA, old],
    ).fetchone()
    assert row is not None, f"no sequence {old}"
    start, step, last = row
    start = start if last is None else last + step
    session.connection.execute(f'CREATE SEQUENCE {DATA}."{new}" INCREMENT {step} START {start}')


def alter_home(session: Session, words: Words, kind: str) -> Result:
    """ALTER SCHEMA or ALTER DATABASE."""
    words.take("IF EXISTS")
    path = words.path()
    if kind == "SCHEMA" and (managed := words.take_one("ENABLE MANAGED ACCESS", "DISABLE MANAGED ACCESS")):
        words.end()
        return _manage(session, path, managed.startswith("ENABLE"))
    action = words.take_one("SWAP WITH", "RENAME TO")
    if action is None or (action == "SWAP WITH" and kind == "DATABASE"):
        raise errors.unsupported(
            f"ALTER {kind} with anything but "
            + ("SWAP WITH, RENAME TO and ENABLE or DISABLE MANAGED ACCESS" if kind == "SCHEMA" else "RENAME TO")
        )
    other = words.path()
    words.end()
    if kind == "DATABASE":
        return rename_database(session, path[0], other[0])
    return alter_schema(session, path, action.split()[0], other)


def _manage(session: Session, path: Parts, managed: bool) -> Result:
    """Turn managed access on or off; grants that are there stay."""
    with session.changing() as draft:
        access = session.access(draft.base)
        schema = Names(session, draft.base, access).schema(path, entered=False)
        access.require("OWNERSHIP", schema)
        draft.put(replace(schema, managed=managed))
    return results.status()


def alter_schema(session: Session, name: Parts, action: str, other: Parts) -> Result:
    """``SWAP WITH`` exchanges the names of two schemas; whatever is in them, or granted on them, stays with them."""
    with session.changing() as draft:
        access = session.access(draft.base)
        names = Names(session, draft.base, access)
        schema = names.schema(name, entered=False)
        access.require("OWNERSHIP", schema)
        if action == "SWAP":
            twin = names.schema(other, entered=False)
            access.require("OWNERSHIP", twin)
            draft.put(
                replace(schema, name=twin.name, database=twin.database),
                replace(twin, name=schema.name, database=schema.database),
            )
        else:
            database_name, new_name = names.qualified_schema(other)
            database = names.database(database_name)
            access.require("CREATE SCHEMA", database)
            if draft.base.schema(database.id, new_name) is not None:
                raise errors.already_exists(new_name)
            draft.put(replace(schema, name=new_name, database=database.id))
    return results.status()


def rename_database(session: Session, name: str, new: str) -> Result:
    with session.changing() as draft:
        access = session.access(draft.base)
        database = Names(session, draft.base, access).database(name)
        access.require("OWNERSHIP", database)
        if draft.base.database(new) is not None:
            raise errors.already_exists(new)
        draft.put(replace(database, name=new))
    return results.status()


def drop(session: Session, tree: exp.Drop) -> Result:
    """DROP SCHEMA or DROP DATABASE, with everything inside."""
    kind = str(tree.args["kind"]).upper()
    with session.changing() as draft:
        binder = Binder(session, draft.base)
        parts = parts_of(binder.prepare(tree.copy()).args["tables"][0])
        try:
            found: Schema | Database = (
                binder.names.schema(parts, entered=False) if kind == "SCHEMA" else binder.names.database(parts[0])
            )
        except errors.SqlError as error:
            if tree.args.get("exists") and error.code == 2003:
                return results.already_gone(parts[-1])
            raise
        binder.access.require("OWNERSHIP", found)
        if isinstance(found, Schema):
            drop_schema(session, draft, found)
        else:
            _drop_database(session, draft, found)
        path = draft.base.path(found)
    here = f"{session.database}.{session.schema}"
    if session.database == path:
        session.database = session.schema = None
    elif here == path:
        session.schema = None
    return results.status(f"{found.name} successfully dropped.")


def _drop_database(session: Session, draft: Draft, database: Database) -> None:
    for schema in draft.base.schemas_in(database.id):
        drop_schema(session, draft, schema)
    forget(draft, database)
