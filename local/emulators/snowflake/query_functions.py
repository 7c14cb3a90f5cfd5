"""QUERY_HISTORY_BY_WAREHOUSE and SYSTEM$CANCEL_QUERY: who sees the statements of others, and who ends them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlglot import exp

from . import errors, results, spelling
from .access import Access
from .history import Query
from .names import Names
from .session import Session
from .system_views import TIME

BY_WAREHOUSE = "QUERY_HISTORY_BY_WAREHOUSE"
CANCEL = "SYSTEM$CANCEL_QUERY"
MOST_ROWS, ROWS = 10_000, 100
_COLUMNS: list[str | tuple[str, str]] = [
    "QUERY_ID", "QUERY_TEXT", "DATABASE_NAME", "SCHEMA_NAME", "QUERY_TYPE", ("SESSION_ID", "BIGINT"), "USER_NAME",
    "ROLE_NAME", "WAREHOUSE_NAME", "QUERY_TAG", "EXECUTION_STATUS", "ERROR_MESSAGE", ("START_TIME", TIME),
    ("END_TIME", TIME), ("TOTAL_ELAPSED_TIME", "BIGINT"), ("ROWS_PRODUCED", "BIGINT"),
]  # fmt: skip


def evaluate(session: Session, names: Names, holder: exp.Expr) -> None:
    """Replace calls of the two by what they give. Raises for any use of them that is not certain."""
    for rows in list(holder.find_all(exp.TableFromRows)):
        call = rows.this.expression if isinstance(rows.this, exp.Dot) else rows.this
        if isinstance(call, exp.Anonymous) and call.name.upper() == BY_WAREHOUSE:
            _of_information_schema(names, rows.this)
            rows.replace(_by_warehouse(session, names.access, call, rows.alias))
    for call in list(holder.find_all(exp.Anonymous)):
        if call.name.upper() == CANCEL:
            call.replace(_cancelled(session, names.access, holder, call))


def refuse_in_view(query: exp.Expr) -> None:
    """Raise where a view would cancel a statement whenever it is read."""
    if any(call.name.upper() == CANCEL for call in query.find_all(exp.Anonymous)):
        raise errors.unsupported(f"{CANCEL} in a view")


def _of_information_schema(names: Names, function: exp.Expr) -> None:
    """Raise unless the function is asked of the INFORMATION_SCHEMA of a database that the role may use."""
    before = [spelling.decode(identifier.name) for identifier in function.find_all(exp.Identifier)]
    if "INFORMATION_SCHEMA" not in before[-1:]:
        raise errors.unknown_function(BY_WAREHOUSE)
    name = before[0] if len(before) == 2 else names.current_database()
    names.database(name)


def _by_warehouse(session: Session, access: Access, call: exp.Anonymous, alias: str) -> exp.Table:
    given = {argument.this.name.upper(): argument.expression for argument in call.expressions if _is_named(argument)}
    if len(given) != len(call.expressions):
        raise errors.unsupported(f"{BY_WAREHOUSE} with arguments that are no literals with names, each given once")
    if odd := set(given) - {"WAREHOUSE_NAME", "RESULT_LIMIT"}:
        raise errors.unsupported(f"{BY_WAREHOUSE} with {min(odd)}")
    warehouse = given["WAREHOUSE_NAME"].name.upper() if "WAREHOUSE_NAME" in given else session.warehouse
    asked = given.get("RESULT_LIMIT", exp.Literal.number(ROWS))
    if not asked.is_int or not 1 <= int(asked.name) <= MOST_ROWS:
        raise errors.invalid(f"Invalid value [{asked.name}] for parameter 'RESULT_LIMIT': it is from 1 to {MOST_ROWS}")
    limit = int(asked.name)
    seen = [q for q in session.store.history.all() if q.warehouse == warehouse and _may(session, access, q, "MONITOR")]
    session.connection.register("assay_query_history", results.rows(_COLUMNS, map(_row, seen[:limit])).table)
    table = exp.Table(this=exp.to_identifier("assay_query_history", quoted=True))
    if alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    table.meta["bound"] = True
    return table


def _is_named(argument: exp.Expr) -> bool:
    return isinstance(argument, exp.Kwarg) and isinstance(argument.expression, exp.Literal)


def _row(query: Query) -> list[object]:
    running = query.seconds is None
    ended = None if query.seconds is None else query.started + query.seconds
    elapsed = (datetime.now(UTC).timestamp() if ended is None else ended) - query.started
    return [
        query.id, query.text, query.database, query.schema, query.kind, query.session, query.user, query.role,
        query.warehouse, query.tag, "RUNNING" if running else "FAILED_WITH_ERROR" if query.error else "SUCCESS",
        query.error, datetime.fromtimestamp(query.started, UTC),
        None if ended is None else datetime.fromtimestamp(ended, UTC), int(elapsed * 1000), query.rows,
    ]  # fmt: skip


def _may(session: Session, access: Access, query: Query, *privileges: str) -> bool:
    """Whether the statement is the user's own, or ran on a warehouse on which the role has OPERATE or one of these."""
    if query.user == session.user or access.admin:
        return True
    warehouse = access.catalog.warehouse(query.warehouse or "")
    return warehouse is not None and any(access.may(privilege, warehouse) for privilege in ("OPERATE", *privileges))


def _cancelled(session: Session, access: Access, holder: exp.Expr, call: exp.Anonymous) -> exp.Expr:
    select = holder.this
    column = call.parent if isinstance(call.parent, exp.Alias) else call
    if not isinstance(select, exp.Select) or select.args.get("from_") or column.parent is not select:
        raise errors.unsupported(f"{CANCEL} but in a SELECT without FROM")
    if len(call.expressions) != 1 or not isinstance(call.expressions[0], exp.Literal):
        raise errors.invalid(f"Invalid argument for function {CANCEL}: the id of a query as a text")
    query_id = call.expressions[0].name
    running = session.store.history.running(query_id)
    if running is None:
        raise errors.SqlError("Identified SQL statement is not currently executing.", code=605, state="57014")
    if not _may(session, access, running.query):
        raise errors.denied("query", query_id)
    running.cancel()
    return exp.Literal.string(f"query [{query_id}] terminated.")
