"""CREATE TABLE (columns, AS, LIKE, CLONE, TEMPORARY, TRANSIENT) and ALTER TABLE."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from .. import errors, results, spelling, storing
from ..binding import Binder
from ..catalog import Draft, Object
from ..columns import of_table
from ..creating import comment_in, create_object, properties_of
from ..names import parts_of
from ..results import Result
from ..session import Session, Temporary
from ..spelling import decode
from ..store import ALIAS, DATA
from ..translation import require_names, to_duckdb
from .rows import require_warehouse

_HARMLESS_OPTIONS = {
    "COMMENT", "DATA_RETENTION_TIME_IN_DAYS", "MAX_DATA_EXTENSION_TIME_IN_DAYS", "CHANGE_TRACKING",
    "ENABLE_SCHEMA_EVOLUTION", "DEFAULT_DDL_COLLATION",
}  # fmt: skip
_FLAGS = (exp.TransientProperty, exp.TemporaryProperty, exp.CopyGrantsProperty, exp.LikeProperty, exp.Cluster)

_NOT_BESIDE_IF_NOT_EXISTS = (
    exp.DefaultColumnConstraint, exp.AutoIncrementColumnConstraint, exp.GeneratedAsIdentityColumnConstraint,
    exp.UniqueColumnConstraint, exp.PrimaryKeyColumnConstraint, exp.Reference,
)  # fmt: skip
"""What Snowflake does not take in `ADD COLUMN IF NOT EXISTS`."""


def create_table(session: Session, tree: exp.Create, params: Sequence[Any] | None = None) -> Result:
    flags, options = properties_of(tree)
    if unknown := set(options) - _HARMLESS_OPTIONS:
        raise errors.unsupported(f"the table option {sorted(unknown)[0]}")
    if odd := [flag.__name__ for flag in flags if not issubclass(flag, _FLAGS)]:
        raise errors.unsupported(f"CREATE TABLE with {odd[0]}")
    if tree.expression is not None:
        require_warehouse(session)
    with session.changing() as draft:
        binder = Binder(session, draft.base)
        made = binder.prepare(tree.copy())
        assert isinstance(made, exp.Create)
        target = made.this.this if isinstance(made.this, exp.Schema) else made.this
        parts = parts_of(target)
        if exp.TemporaryProperty in flags:
            return _create_temporary(session, binder, made, parts, params)
        schema, name = binder.names.home(parts)
        existing = draft.base.object(schema.id, "TABLE", name)
        if existing is not None and made.args.get("exists"):
            return results.already_there(name)
        source = _bind_source(binder, made)
        builder = _Columns(session, draft, binder)
        definitions = builder.definitions(made.this)
        table = create_object(
            session,
            draft,
            schema,
            "TABLE",
            name,
            or_replace=bool(made.args.get("replace")),
            transient=exp.TransientProperty in flags or schema.transient,
            comment=comment_in(options),
            copy_grants=exp.CopyGrantsProperty in flags,
            copied=source if isinstance(source, Object) else None,
            detail=builder.detail,
        )
        filled = _fill(session, f'{DATA}."{table.physical}"', definitions, source, params, builder.detail)
        if isinstance(source, Object):
            draft.put(replace(table, detail={**source.detail, "sequences": []}))
    return results.status(f"Table {name} successfully created.", inserted=filled)


def _bind_source(binder: Binder, made: exp.Create) -> exp.Expr | Object | None:
    """Where the rows come from: a bound query, a table to clone or imitate, or nowhere."""
    clone, like = made.args.get("clone"), made.find(exp.LikeProperty)
    if clone is not None or like is not None:
        if clone is not None and (clone.args.get("at_before") or clone.find(exp.HistoricalData)):
            raise errors.unsupported("time travel (CLONE … AT or BEFORE)")
        source = clone.this if clone is not None else like.this  # type: ignore[union-attr]
        found = binder.names.object(parts_of(source), "TABLE", exactly=True)
        binder.access.require("SELECT", found)
        if like is not None:
            return replace(found, comment="like")
        return replace(found, comment="clone")
    if made.expression is None:
        return None
    query = made.expression
    if isinstance(query, exp.Subquery) and not query.alias:
        query = query.this
    if not isinstance(made.this, exp.Schema):
        require_names(query)
    return binder.bind(query)


def _fill(
    session: Session,
    table: str,
    definitions: str,
    source: exp.Expr | Object | None,
    params: Sequence[Any] | None,
    detail: Mapping[str, Any],
) -> int | None:
    """Make the table; returns how many rows a query has put into it."""
    if isinstance(source, Object):
        copy_table(session, source.physical, table, with_rows=source.comment == "clone")
        return None
    if source is None:
        session.connection.execute(f"{_create(table)} ({definitions})")
        return None
    if definitions:
        session.connection.execute(f"{_create(table)} ({definitions})")
        physical = table.rpartition(".")[2].strip('"')
        columns = of_table(session.connection, physical, detail, temporary=table.startswith("temp."))
        query = storing.query(source, columns, session.connection, params)
        return _count(session, f"INSERT INTO {table} {query}", params)
    return _count(session, f"{_create(table)} AS {to_duckdb(source, session.connection)}", params)


def _count(session: Session, sql: str, params: Sequence[Any] | None) -> int:
    row = session.connection.execute(sql, params).fetchone()
    return int(row[0]) if row else 0


def _create(table: str) -> str:
    return f"CREATE {'TEMPORARY ' if table.startswith('temp.') else ''}TABLE {table}"


def copy_table(
    session: Session, physical: str, to: str, *, with_rows: bool = True, renamed: dict[str, str] | None = None
) -> None:
    """Make the DuckDB table ``to`` like another; ``renamed`` maps sequences that its defaults should use instead."""
    columns = session.connection.execute(
        "SELECT column_name, data_type, is_nullable, column_default FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index",
        [ALIAS, DATA, physical],
    ).fetchall()
    parts = []
    for name, type_, nullable, default in columns:
        for old, new in (renamed or {}).items():
            default = default.replace(f"'{DATA}.{old}'", f"'{DATA}.{new}'") if default else default
        quoted = exp.to_identifier(name, quoted=True).sql(dialect="duckdb")
        parts.append(f"{quoted} {type_}{'' if nullable else ' NOT NULL'}{f' DEFAULT {default}' if default else ''}")
    session.connection.execute(f"{_create(to)} ({', '.join(parts)})")
    if with_rows:
        session.connection.execute(f'INSERT INTO {to} SELECT * FROM {DATA}."{physical}"')


def _create_temporary(
    session: Session, binder: Binder, made: exp.Create, parts: tuple[str, ...], params: Sequence[Any] | None
) -> Result:
    schema, name = binder.names.home(parts)
    existing = session.temporary.get((schema.id, name))
    if existing is not None and made.args.get("exists"):
        return results.already_there(name)
    if existing is not None and not made.args.get("replace"):
        raise errors.already_exists(name)
    source = _bind_source(binder, made)
    builder = _Columns(session, None, binder)
    definitions = builder.definitions(made.this)
    physical = f"tmp{schema.id}_{time.monotonic_ns()}"
    filled = _fill(session, f'temp.main."{physical}"', definitions, source, params, builder.detail)
    drop_temporary(session, schema.id, name)
    session.temporary[schema.id, name] = Temporary("TABLE", physical, dict(builder.detail))
    return results.status(f"Table {name} successfully created.", inserted=filled)


def drop_temporary(session: Session, schema: int, name: str) -> bool:
    """Drop the session's temporary table or view of that name, if it has one."""
    found = session.temporary.pop((schema, name), None)
    if found is not None and found.kind == "TABLE":
        session.connection.execute(f'DROP TABLE temp.main."{found.physical}"')
    return found is not None


class _Columns:
    """Turns column definitions into DuckDB's, and keeps what DuckDB has no place for in ``detail``."""

    def __init__(self, session: Session, draft: Draft | None, binder: Binder) -> None:
        self._session, self._draft, self._binder = session, draft, binder
        self.detail: dict[str, Any] = {"lengths": {}, "comments": {}, "sequences": []}

    def definitions(self, schema: exp.Expr) -> str:
        if not isinstance(schema, exp.Schema):
            return ""
        parts = []
        for item in schema.expressions:
            if isinstance(item, exp.ColumnDef):
                parts.append(self.column(item))
            elif isinstance(item, exp.Identifier):
                raise errors.syntax(f"near '{item.name}': a column needs a type")
            elif not isinstance(item, exp.Constraint | exp.PrimaryKey | exp.ForeignKey | exp.UniqueColumnConstraint):
                raise errors.unsupported(f"'{item.sql(dialect='snowflake')}' in CREATE TABLE")
        return ", ".join(parts)

    def column(self, item: exp.ColumnDef) -> str:
        name = decode(item.name)
        kind = item.args.get("kind")
        if kind is None:
            raise errors.syntax(f"near '{name}': a column needs a type")
        if kind.this in exp.DataType.TEXT_TYPES and kind.expressions:
            self.detail["lengths"][name] = int(kind.expressions[0].name)
            kind = exp.DataType.build("VARCHAR")
        text = f"{_quoted(name)} {to_duckdb(kind.copy(), self._session.connection)}"
        for constraint in item.args.get("constraints") or []:
            text += self._constraint(name, constraint.kind if constraint.kind is not None else constraint)
        return text

    def _constraint(self, column: str, rule: exp.Expr) -> str:
        if isinstance(rule, exp.NotNullColumnConstraint):
            return "" if rule.args.get("allow_null") else " NOT NULL"
        if isinstance(rule, exp.DefaultColumnConstraint):
            bound = self._binder.bind(exp.Paren(this=rule.this.copy()))
            return f" DEFAULT {to_duckdb(bound, self._session.connection)}"
        if isinstance(rule, exp.AutoIncrementColumnConstraint | exp.GeneratedAsIdentityColumnConstraint):
            return f" DEFAULT nextval('{DATA}.{self._identity(rule)}')"
        if isinstance(rule, exp.CommentColumnConstraint):
            self.detail["comments"][column] = rule.this.name
            return ""
        if isinstance(
            rule,
            exp.PrimaryKeyColumnConstraint | exp.UniqueColumnConstraint | exp.Reference | exp.CollateColumnConstraint,
        ):
            return ""  # Snowflake records these and does not enforce them
        raise errors.unsupported(f"the column rule '{rule.sql(dialect='snowflake')}'")

    def _identity(self, rule: exp.Expr) -> str:
        if self._draft is None:
            raise errors.unsupported("AUTOINCREMENT in a temporary table")
        sequence = f"t{self._draft.new_id()}"
        start, step = rule.args.get("start"), rule.args.get("increment")
        self._session.connection.execute(
            f'CREATE SEQUENCE {DATA}."{sequence}" START {start.name if start else 1} '
            f"INCREMENT {step.name if step else 1}"
        )
        self.detail["sequences"].append(sequence)
        return sequence


def _quoted(name: str) -> str:
    """A column's name in DuckDB's SQL, of any spelling of it."""
    return spelling.quoted(spelling.stored(name))


# -- ALTER -----------------------------------------------------------------------------------------------------------


def alter_relation(session: Session, tree: exp.Alter) -> Result:
    """ALTER TABLE or ALTER VIEW."""
    kind = str(tree.args["kind"]).upper()
    with session.changing() as draft:
        binder = Binder(session, draft.base)
        made = binder.prepare(tree.copy())
        parts = parts_of(made.this)
        if made.args.get("exists") and binder.names.find(parts, kind) is None:
            return results.status()
        found = binder.names.object(parts, kind, exactly=True)
        binder.access.require("OWNERSHIP", found)
        for action in made.args["actions"]:
            found = _alter(session, draft, binder, found, action)
        draft.put(replace(found, altered=time.time()))
    return results.status()


def _alter(session: Session, draft: Draft, binder: Binder, found: Object, action: exp.Expr) -> Object:
    table = f'{DATA}."{found.physical}"'
    run = session.connection.execute
    detail: dict[str, Any] = {key: dict(found.detail.get(key) or {}) for key in ("lengths", "comments")}
    if isinstance(action, exp.AlterRename):
        schema, name = binder.names.home(parts_of(action.this))
        binder.access.require(f"CREATE {found.kind}", schema)
        if draft.catalog().object(schema.id, found.kind, name) is not None:
            raise errors.already_exists(name)
        return replace(found, schema=schema.id, name=name)
    if isinstance(action, exp.SwapTable):
        other = binder.names.object(parts_of(action.this), found.kind, exactly=True)
        binder.access.require("OWNERSHIP", other)
        draft.put(replace(other, schema=found.schema, name=found.name, altered=time.time()))
        return replace(found, schema=other.schema, name=other.name)
    if isinstance(action, exp.AlterColumn) and action.args.get("comment") is not None:
        detail["comments"][decode(action.name)] = action.args["comment"].name
        return replace(found, detail={**found.detail, **detail})
    if isinstance(action, exp.AlterSet):
        _, options = properties_of(exp.Create(properties=exp.Properties(expressions=action.expressions)))
        if unknown := set(options) - _HARMLESS_OPTIONS:
            raise errors.unsupported(f"ALTER {found.kind} … SET {sorted(unknown)[0]}")
        return replace(found, comment=comment_in(options)) if "COMMENT" in options else found
    if found.kind == "VIEW":
        raise errors.unsupported(f"ALTER VIEW … {action.sql(dialect='snowflake')}")
    if isinstance(action, exp.ColumnDef):
        if action.args.get("exists"):
            if unsettled := [rule for rule in _NOT_BESIDE_IF_NOT_EXISTS if action.find(rule)]:
                raise errors.syntax(f"near '{action.name}': IF NOT EXISTS beside {unsettled[0].__name__}")
            described = run(f"DESCRIBE {table}").fetchall()
            if action.name in {row[0] for row in described}:
                return found
        builder = _Columns(session, draft, binder)
        definition = builder.column(action).replace(" NOT NULL", "")
        run(f"ALTER TABLE {table} ADD COLUMN {definition}")
        if action.find(exp.NotNullColumnConstraint):
            run(f"ALTER TABLE {table} ALTER COLUMN {_quoted(action.name)} SET NOT NULL")
        kept = {key: {**detail[key], **builder.detail[key]} for key in ("lengths", "comments")}
        sequences = [*(found.detail.get("sequences") or ()), *builder.detail["sequences"]]
        return replace(found, detail={**found.detail, **kept, "sequences": sequences})
    if isinstance(action, exp.Drop):
        exists = "IF EXISTS " if action.args.get("exists") else ""
        for column in action.args.get("tables") or [action.this]:
            run(f"ALTER TABLE {table} DROP COLUMN {exists}{_quoted(column.name)}")
        return found
    if isinstance(action, exp.RenameColumn):
        old, new = decode(action.this.name), decode(action.args["to"].name)
        run(f"ALTER TABLE {table} RENAME COLUMN {_quoted(old)} TO {_quoted(new)}")
        for values in detail.values():
            if old in values:
                values[new] = values.pop(old)
        return replace(found, detail={**found.detail, **detail})
    if isinstance(action, exp.AlterColumn):
        return _alter_column(session, found, action, table, detail)
    if isinstance(action, exp.AddConstraint | exp.Cluster | exp.ClusterProperty):
        return found  # recorded and not enforced, or about storage only
    raise errors.unsupported(f"ALTER TABLE … {action.sql(dialect='snowflake')}")


def _alter_column(
    session: Session, found: Object, action: exp.AlterColumn, table: str, detail: dict[str, Any]
) -> Object:
    column = f"ALTER TABLE {table} ALTER COLUMN {_quoted(action.name)}"
    run = session.connection.execute
    if (kind := action.args.get("dtype")) is not None:
        if kind.this in exp.DataType.TEXT_TYPES and kind.expressions:
            detail["lengths"][decode(action.name)] = int(kind.expressions[0].name)
            kind = exp.DataType.build("VARCHAR")
        run(f"{column} SET DATA TYPE {to_duckdb(kind.copy(), session.connection)}")
    elif action.args.get("allow_null") is not None:
        run(f"{column} {'DROP' if action.args['allow_null'] else 'SET'} NOT NULL")
    elif action.args.get("default") is not None:
        run(f"{column} SET DEFAULT {to_duckdb(action.args['default'].copy(), session.connection)}")
    elif action.args.get("drop"):
        run(f"{column} DROP DEFAULT")
    else:
        raise errors.unsupported(f"ALTER COLUMN in '{action.sql(dialect='snowflake')}'")
    return replace(found, detail={**found.detail, **detail})
