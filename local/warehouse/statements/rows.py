"""Statements over rows: queries, INSERT, UPDATE, DELETE, MERGE, TRUNCATE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from fakesnow import statement_type
from sqlglot import exp

from .. import errors, results
from ..binding import Binder
from ..names import parts_of
from ..results import Result
from ..session import Session
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
    require_warehouse(session)
    with session.writing():
        binder = Binder(session, session.catalog)
        bound = binder.prepare(tree.copy())
        overwrite = bool(bound.args.get("overwrite"))
        target = binder.target(bound.this, "INSERT", *(["DELETE"] if overwrite else []), alias=False)
        del target
        if isinstance(bound.this, exp.Schema):
            for column in bound.this.expressions:
                if isinstance(column, exp.Column):
                    column.replace(column.this)
        bound.set("overwrite", None)
        bound = binder.bind(bound)
        if overwrite:
            session.connection.execute(to_duckdb(exp.Delete(this=_bare(bound.this)), session.connection))
        if batch:
            sql = to_duckdb(bound, session.connection)
            for one in batch:
                session.connection.execute(sql, one)
            return results.counts(statement_type.INSERT, rows_inserted=len(batch))
        return results.counts(statement_type.INSERT, rows_inserted=_run(session, bound, params))


def update(session: Session, tree: exp.Expr, params: Params = None) -> Result:
    require_warehouse(session)
    with session.writing():
        binder = Binder(session, session.catalog)
        bound = binder.prepare(tree.copy())
        binder.target(bound.this, "UPDATE")
        _unqualify(bound.expressions)
        changed = _run(session, binder.bind(bound), params)
        return results.counts(statement_type.UPDATE, rows_updated=changed, **{"multi-joined_rows_updated": 0})


def delete(session: Session, tree: exp.Expr, params: Params = None) -> Result:
    require_warehouse(session)
    with session.writing():
        binder = Binder(session, session.catalog)
        bound = binder.prepare(tree.copy())
        binder.target(bound.this, "DELETE")
        return results.counts(statement_type.DELETE, rows_deleted=_run(session, binder.bind(bound), params))


def merge(session: Session, tree: exp.Expr, params: Params = None) -> Result:
    """DuckDB's own MERGE, which refuses two source rows for one target row as Snowflake does."""
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
        binder.target(bound.this, *needed)
        bound = binder.bind(bound)
        sql = to_duckdb(bound, session.connection)
        done: pa.Table = session.connection.execute(f"{sql} RETURNING merge_action", params).to_arrow_table()
        tally = {item["values"]: item["counts"] for item in pc.value_counts(done.column(0)).to_pylist()}
        order = [p for p in ("INSERT", "UPDATE", "DELETE") if p in needed]
        return results.counts(statement_type.MERGE, **{needed[p]: tally.get(p, 0) for p in order})


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
    return results.rows(["step", "operation"], found)


def _unqualify(assignments: Sequence[exp.Expr]) -> None:
    """``SET t.a = …`` → ``SET a = …``: DuckDB knows which table is meant."""
    for assignment in assignments:
        if isinstance(assignment.this, exp.Column):
            assignment.this.set("table", None)


def _bare(target: exp.Expr) -> exp.Expr:
    table = target.this if isinstance(target, exp.Schema) else target
    copied: exp.Expr = table.copy()
    return copied
