"""Statements over rows: queries, INSERT, UPDATE, DELETE, MERGE, TRUNCATE."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from fakesnow import statement_type
from sqlglot import exp

from .. import errors, results, storing
from ..binding import Binder
from ..columns import Column
from ..names import parts_of
from ..results import Result
from ..session import Session
from ..spelling import decode
from ..translation import name_columns, to_duckdb

Params = Sequence[Any] | None


def require_warehouse(session: Session) -> None:
    if session.warehouse is None:
        raise errors.no_warehouse()


def query(session: Session, tree: exp.Expr, params: Params = None) -> Result:
    """A SELECT. Read again, if what its names meant was dropped between the binding and the reading."""
    while True:
        catalog = session.catalog
        binder = Binder(session, catalog)
        bound = binder.bind(name_columns(binder.prepare(tree.copy())))
        if binder.reads_tables:
            require_warehouse(session)
        sql = to_duckdb(bound, session.connection)
        try:
            if binder.advances_sequences:
                with session.writing():
                    session.connection.execute(sql, params)
                    return results.fetched(session.connection)
            session.connection.execute(sql, params)
            return results.fetched(session.connection)
        except (duckdb.CatalogException, duckdb.TransactionException):
            if not session.store.outdated(catalog):
                raise


def _run(session: Session, bound: exp.Expr, params: Params) -> int:
    row = session.connection.execute(to_duckdb(bound, session.connection), params).fetchone()
    return int(row[0]) if row else 0


def insert(session: Session, tree: exp.Expr, params: Params = None, batch: Sequence[Params] = ()) -> Result:
    _refuse(tree, "INSERT", "with_", "returning", "conflict", "alternative", "by_name", "default", "where", "partition")
    require_warehouse(session)
    with session.writing():
        binder = Binder(session, session.catalog)
        bound = binder.prepare(tree.copy())
        overwrite = bool(bound.args.get("overwrite"))
        columns = binder.columns_of(bound.this, "INSERT", *(["DELETE"] if overwrite else []))
        if isinstance(bound.this, exp.Schema):
            for column in bound.this.expressions:
                if isinstance(column, exp.Column):
                    column.replace(column.this)
            columns = _named(columns, [decode(column.name) for column in bound.this.expressions])
        bound.set("overwrite", None)
        bound = binder.bind(bound)
        if overwrite:
            session.connection.execute(to_duckdb(exp.Delete(this=_bare(bound.this)), session.connection))
        if isinstance(bound.expression, exp.Values):
            storing.store_values(bound.expression, columns)
            sql = to_duckdb(bound, session.connection)
        else:
            source = storing.query(bound.expression.copy(), columns, session.connection, params)
            sql = f"INSERT INTO {to_duckdb(bound.this.copy(), session.connection)} {source}"
        inserted = 0
        for one in batch or [params]:
            row = session.connection.execute(sql, one).fetchone()
            inserted += int(row[0]) if row else 0
        return results.counts(statement_type.INSERT, rows_inserted=inserted)


def _named(columns: Sequence[Column], names: Sequence[str]) -> list[Column]:
    by_name = {column.name: column for column in columns}
    if absent := [name for name in names if name not in by_name]:
        raise errors.SqlError(f"{errors.COMPILATION}invalid identifier '{absent[0]}'", code=904)
    return [by_name[name] for name in names]


def _refuse(tree: exp.Expr, statement: str, *clauses: str) -> None:
    """Raise for what other dialects have in such a statement, and Snowflake has not."""
    if odd := [clause for clause in clauses if tree.args.get(clause)]:
        raise errors.syntax(f"unexpected {odd[0].strip('_').replace('_', ' ').upper()} in {statement}")


def update(session: Session, tree: exp.Expr, params: Params = None) -> Result:
    _refuse(tree, "UPDATE", "with_", "returning", "order", "limit")
    require_warehouse(session)
    with session.writing():
        binder = Binder(session, session.catalog)
        bound = binder.prepare(tree.copy())
        columns = binder.columns_of(bound.this, "UPDATE", alias=True)
        _unqualify(bound.expressions)
        storing.assign(bound.expressions, {column.name: column for column in columns})
        changed = _run(session, binder.bind(bound), params)
        return results.counts(statement_type.UPDATE, rows_updated=changed, **{"multi-joined_rows_updated": 0})


def delete(session: Session, tree: exp.Expr, params: Params = None) -> Result:
    _refuse(tree, "DELETE", "with_", "returning", "order", "limit", "tables")
    require_warehouse(session)
    with session.writing():
        binder = Binder(session, session.catalog)
        bound = binder.prepare(tree.copy())
        binder.target(bound.this, "DELETE")
        return results.counts(statement_type.DELETE, rows_deleted=_run(session, binder.bind(bound), params))


def merge(session: Session, tree: exp.Expr, params: Params = None) -> Result:
    """DuckDB's own MERGE, which rejects two source rows for one target row as Snowflake does."""
    _refuse(tree, "MERGE", "with_", "returning")
    require_warehouse(session)
    with session.writing():
        binder = Binder(session, session.catalog)
        bound = binder.prepare(tree.copy())
        needed: dict[str, str] = {}  # privilege → the count it yields
        for when in bound.args["whens"].expressions:
            then = when.args["then"]
            if isinstance(then, exp.Insert):
                needed["INSERT"] = "rows_inserted"
                columns = then.this.expressions if isinstance(then.this, exp.Tuple | exp.Schema) else []
                for column in columns:
                    if isinstance(column, exp.Column):
                        column.replace(column.this.copy())
            elif isinstance(then, exp.Update):
                needed["UPDATE"] = "rows_updated"
                _unqualify(then.expressions)
            else:
                needed["DELETE"] = "rows_deleted"
        known = {column.name: column for column in binder.columns_of(bound.this, *needed, alias=True)}
        for when in bound.args["whens"].expressions:
            _store_merged(when.args["then"], known)
        bound = binder.bind(bound)
        sql = to_duckdb(bound, session.connection)
        done: pa.Table = session.connection.execute(f"{sql} RETURNING merge_action", params).to_arrow_table()
        tally = {item["values"]: item["counts"] for item in pc.value_counts(done.column(0)).to_pylist()}
        order = [p for p in ("INSERT", "UPDATE", "DELETE") if p in needed]
        return results.counts(statement_type.MERGE, **{needed[p]: tally.get(p, 0) for p in order})


def _store_merged(then: exp.Expr, columns: Mapping[str, Column]) -> None:
    if isinstance(then, exp.Update):
        storing.assign(then.expressions, columns)
    elif isinstance(then, exp.Insert) and isinstance(then.expression, exp.Tuple):
        listed = then.this.expressions if isinstance(then.this, exp.Tuple | exp.Schema) else []
        known = list(columns.values())
        storing.store_row(
            then.expression, _named(known, [decode(column.name) for column in listed]) if listed else known
        )


def truncate(session: Session, tree: exp.Expr) -> Result:
    with session.changing() as draft:
        binder = Binder(session, draft.base)
        table = binder.prepare(tree.copy()).expressions[0]
        if tree.args.get("exists") and binder.names.find(parts_of(table), "TABLE") is None:
            return results.status()
        target = binder.target(table, "TRUNCATE", alias=False)
        session.connection.execute(f"TRUNCATE {table.sql(dialect='duckdb')}")
        if target is not None:
            session.connection.execute('DELETE FROM assay.load_history WHERE "table" = ?', [target.id])
    return results.status()


def explain(session: Session, tree: exp.Expr) -> Result:
    """DuckDB's plan, as text."""
    binder = Binder(session, session.catalog)
    sql = to_duckdb(binder.bind(binder.prepare(tree.copy())), session.connection)
    found = session.connection.execute(f"EXPLAIN {sql}").fetchall()
    return results.rows(["step", "operation"], [[decode(str(text)) for text in row] for row in found])


def _unqualify(assignments: Sequence[exp.Expr]) -> None:
    """``SET t.a = …`` → ``SET a = …``: DuckDB knows which table is meant."""
    for assignment in assignments:
        if isinstance(assignment.this, exp.Column):
            assignment.this.set("table", None)


def _bare(target: exp.Expr) -> exp.Expr:
    table = target.this if isinstance(target, exp.Schema) else target
    copied: exp.Expr = table.copy()
    return copied
