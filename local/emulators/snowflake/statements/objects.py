"""Views, sequences, file formats and stages: CREATE; and DROP, COMMENT and DESCRIBE for every kind of object."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlglot import exp

from .. import columns as column_rows
from .. import errors, query_functions, results
from ..binding import Binder
from ..catalog import Object
from ..creating import comment_in, create_object, drop_object, properties_of
from ..names import parts_of
from ..results import Result
from ..session import Session, Temporary
from ..spelling import decode
from ..store import DATA
from ..translation import name_columns, require_names, to_duckdb
from ..words import Words
from .tables import drop_temporary


def create_view(session: Session, tree: exp.Create, text: str) -> Result:
    """A view is kept as its text, and bound again by each statement that reads it; its columns are those it has now."""
    flags, options = properties_of(tree)
    allowed = (exp.TemporaryProperty, exp.CopyGrantsProperty, exp.SecureProperty, exp.TransientProperty)
    if odd := [flag.__name__ for flag in flags if not issubclass(flag, allowed)]:
        raise errors.unsupported(f"CREATE VIEW with {odd[0]}")
    with session.changing() as draft:
        binder = Binder(session, draft.base)
        made = binder.prepare(tree.copy())
        target = made.this.this if isinstance(made.this, exp.Schema) else made.this
        schema, name = binder.names.home(parts_of(target))
        existing = draft.base.object(schema.id, "VIEW", name)
        if existing is not None and made.args.get("exists"):
            return results.already_there(name)
        database, schema_name, _ = binder.names.qualified(parts_of(target))
        inner = Binder(session, draft.base, at=(database, schema_name))
        query = made.expression
        if isinstance(query, exp.Subquery) and not query.alias:
            query = query.this
        query_functions.refuse_in_view(query)
        if not isinstance(made.this, exp.Schema):
            require_names(query)
        sql = to_duckdb(inner.bind(name_columns(query)), session.connection)
        described = session.connection.execute(f"DESCRIBE {sql}").fetchall()
        given = made.this.expressions if isinstance(made.this, exp.Schema) else []
        names = [decode(column.name) for column in given]
        if names and len(names) != len(described):
            raise errors.invalid("Invalid column definition list: the view's query has another number of columns")
        comments = {decode(c.name): rule.this.name for c in given for rule in c.find_all(exp.CommentColumnConstraint)}
        detail: dict[str, Any] = {
            "text": text,
            "definition": text,
            "database": database,
            "schema": schema_name,
            "names": names,
            "columns": [[names[i] if names else decode(row[0]), row[1]] for i, row in enumerate(described)],
            "comments": comments,
        }
        if exp.TemporaryProperty in flags:
            drop_temporary(session, schema.id, name)
            session.temporary[schema.id, name] = Temporary("VIEW", "", detail)
        else:
            create_object(
                session,
                draft,
                schema,
                "VIEW",
                name,
                or_replace=bool(made.args.get("replace")),
                comment=comment_in(options),
                copy_grants=exp.CopyGrantsProperty in flags,
                detail=detail,
            )
    return results.status(f"View {name} successfully created.")


def create_sequence(session: Session, tree: exp.Create) -> Result:
    with session.changing() as draft:
        binder = Binder(session, draft.base)
        made = binder.prepare(tree.copy())
        schema, name = binder.names.home(parts_of(made.this))
        if made.args.get("exists") and draft.base.object(schema.id, "SEQUENCE", name):
            return results.already_there(name)
        options = made.find(exp.SequenceProperties)
        values = options.args if options is not None else {}
        start = int(values["start"].name) if values.get("start") is not None else 1
        step = int(values["increment"].sql()) if values.get("increment") is not None else 1
        sequence = create_object(
            session,
            draft,
            schema,
            "SEQUENCE",
            name,
            or_replace=bool(made.args.get("replace")),
            comment=comment_in(properties_of(tree)[1]),
            detail={"start": start, "increment": step},
        )
        bounds = f" MINVALUE {start} MAXVALUE -1" if step < 0 and start < 0 else ""
        session.connection.execute(
            f'CREATE SEQUENCE {DATA}."{sequence.physical}" INCREMENT {step}{bounds} START {start}'
        )
    return results.status(f"Sequence {name} successfully created.")


def drop(session: Session, tree: exp.Drop) -> Result:
    """DROP TABLE, VIEW, SEQUENCE, STAGE or FILE FORMAT."""
    kind = str(tree.args["kind"]).upper()
    with session.changing() as draft:
        binder = Binder(session, draft.base)
        table = binder.prepare(tree.copy()).args["tables"][0]
        parts = parts_of(table)
        exists = bool(tree.args.get("exists"))
        try:
            schema, name = binder.names.home(parts)
        except errors.SqlError:
            if exists:
                return results.already_gone(parts[-1])
            raise
        if kind in ("TABLE", "VIEW") and drop_temporary(session, schema.id, name):
            return results.status(f"{name} successfully dropped.")
        found = draft.base.object(schema.id, kind, name)
        if found is None and exists:
            return results.already_gone(name)
        found = binder.names.object(parts, kind, exactly=True)
        binder.access.require("OWNERSHIP", found)
        if kind == "SEQUENCE" and (user := _user_of(session, found)):
            raise errors.invalid(f"Sequence '{name}' is the default of a column of table '{user}'")
        drop_object(session, draft, found)
    return results.status(f"{name} successfully dropped.")


def _user_of(session: Session, sequence: Object) -> str | None:
    """The table with a column that draws its default from the sequence."""
    row = session.connection.execute(
        "SELECT table_name FROM duckdb_columns() WHERE contains(column_default, ?)", [f"'{DATA}.{sequence.physical}'"]
    ).fetchone()
    if row is None:
        return None
    tables = [o for o in session.catalog.all(Object) if o.physical == row[0]]
    return tables[0].name if tables else str(row[0])


def comment(session: Session, tree: exp.Comment) -> Result:
    kind = str(tree.args["kind"]).upper()
    text = tree.args["expression"].name
    with session.changing() as draft:
        binder = Binder(session, draft.base)
        made = binder.prepare(tree.copy())
        if kind == "COLUMN":
            names = tuple(decode(part.name) for part in made.this.parts)
            found = binder.names.object(names[:-1], "TABLE")
            binder.access.require("OWNERSHIP", found)
            comments = {**(found.detail.get("comments") or {}), names[-1]: text}
            draft.put(replace(found, detail={**found.detail, "comments": comments}))
        elif kind in ("TABLE", "VIEW", "SEQUENCE", "STAGE", "FILE FORMAT"):
            thing = binder.names.object(parts_of(made.this), kind, exactly=True)
            binder.access.require("OWNERSHIP", thing)
            draft.put(replace(thing, comment=text))
        elif kind == "SCHEMA":
            schema = binder.names.schema(parts_of(made.this), entered=False)
            binder.access.require("OWNERSHIP", schema)
            draft.put(replace(schema, comment=text))
        elif kind == "DATABASE":
            database = binder.names.database(parts_of(made.this)[0])
            binder.access.require("OWNERSHIP", database)
            draft.put(replace(database, comment=text))
        else:
            raise errors.unsupported(f"COMMENT ON {kind}")
    return results.status()


def comment_columns(session: Session, words: Words, kind: str) -> Result:
    """``ALTER TABLE t ALTER a COMMENT 'x', b COMMENT 'y'``, for which sqlglot has no grammar."""
    path = words.path()
    if words.take_one("ALTER", "MODIFY") is None:
        raise errors.unsupported(f"ALTER {kind} … {words.word()}")
    comments: dict[str, str] = {}
    while not words.done:
        words.take("COLUMN")
        name = words.name()
        words.expect("COMMENT")
        comments[name] = words.string()
        words.take(",")
    with session.changing() as draft:
        binder = Binder(session, draft.base)
        found = binder.names.object(path, kind, exactly=True)
        binder.access.require("OWNERSHIP", found)
        draft.put(
            replace(found, detail={**found.detail, "comments": {**(found.detail.get("comments") or {}), **comments}})
        )
    return results.status()


def describe(session: Session, tree: exp.Describe) -> Result:
    """DESCRIBE TABLE or VIEW: a row per column."""
    kind = str(tree.args.get("kind") or "TABLE").upper()
    if kind not in ("TABLE", "VIEW"):
        raise errors.unsupported(f"DESCRIBE {kind}")
    binder = Binder(session, session.catalog)
    parts = parts_of(binder.prepare(tree.copy()).this)
    schema, name = None, parts[-1]
    if session.temporary:
        schema, name = binder.names.home(parts)
    if schema is not None and (temporary := session.temporary.get((schema.id, name))):
        found = (
            column_rows.of_view(temporary.detail)
            if temporary.kind == "VIEW"
            else column_rows.of_table(session.connection, temporary.physical, temporary.detail, temporary=True)
        )
    else:
        relation = binder.names.object(parts, "TABLE")
        found = (
            column_rows.of_view(relation.detail)
            if relation.kind == "VIEW"
            else column_rows.of_table(session.connection, relation.physical, relation.detail)
        )
    columns = [
        "name", "type", "kind", "null?", "default", "primary key", "unique key", "check", "expression", "comment",
        "policy name", "privacy domain",
    ]  # fmt: skip
    nothing = [None, None]
    return results.rows(
        columns,
        [
            [
                c.name,
                c.full_type,
                "COLUMN",
                "Y" if c.nullable else "N",
                c.default,
                "N",
                "N",
                None,
                None,
                c.comment,
                *nothing,
            ]
            for c in found
        ],
    )
