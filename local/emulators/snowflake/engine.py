"""Executes one statement for a session: recognises it, runs its handler, and turns every failure into a SQL error."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fakesnow import statement_type
from sqlglot import exp

from . import dialect, errors, grammar, results
from .history import Query
from .results import Result
from .session import Session
from .statements import by_words, databases, objects, rows, settings, tables
from .words import Words

_COMMENTS = re.compile(r"\s*(?:(?:--|//)[^\n]*(?:\n|$)|/\*.*?\*/|;)\s*|\s+", re.DOTALL)
_SECRET = re.compile(r"(\bPASSWORD\s*=\s*)'(?:[^']|'')*'", re.IGNORECASE)
_CLONE_WITH_GRANTS = re.compile(r"\bCLONE\s+(\S+)\s+COPY\s+GRANTS\s*;?\s*\Z", re.IGNORECASE)
"""The end of CREATE TABLE … CLONE … COPY GRANTS, which sqlglot reads only in another order."""

_WORDS_ONLY = {
    "GRANT", "REVOKE", "SHOW", "LIST", "LS", "REMOVE", "RM", "GET", "PUT", "CALL", "UNDROP", "UNSET", "COPY",
}  # fmt: skip
_SECURITY = ("USER", "ROLE", "WAREHOUSE", "STORAGE", "INTEGRATION")


@dataclass(frozen=True)
class Parsed:
    """A statement sqlglot understands (``tree``, never to be changed), or the words of one of ours."""

    text: str
    tree: exp.Expr | None


def _head(sql: str) -> tuple[int, list[str]]:
    """Where the statement begins, after comments, and its first words in upper case."""
    start = 0
    while found := _COMMENTS.match(sql, start):
        if found.end() == start:
            break
        start = found.end()
    return start, sql[start : start + 200].upper().split(None, 6)


def _is_ours(head: list[str]) -> bool:
    if not head:
        return False
    if head[0].rstrip("(") in _WORDS_ONLY:
        return True
    if head[0] not in ("CREATE", "ALTER", "DROP", "DESC", "DESCRIBE"):
        return False
    rest = head[3:] if head[1:3] == ["OR", "REPLACE"] else head[1:]
    kinds: tuple[str, ...] = _SECURITY
    if head[0] == "ALTER":
        kinds = (*_SECURITY, "SCHEMA", "DATABASE", "SESSION", "STAGE", "SEQUENCE", "FILE")
    if head[0] in ("DESC", "DESCRIBE"):
        kinds = (*_SECURITY, "STAGE", "FILE", "SCHEMA", "DATABASE")
    if head[0] == "CREATE" and rest[:1] == ["TEMPORARY"] and rest[1:2] in (["STAGE"], ["FILE"]):
        return True
    if head[0] == "CREATE":
        kinds = (*_SECURITY, "STAGE", "FILE", "FUNCTION", "SCHEMA")
        rest = rest[1:] if rest[:2] == ["TRANSIENT", "SCHEMA"] else rest
    if head[0] == "DROP":
        kinds = (*_SECURITY, "FUNCTION")
    return bool(rest) and rest[0] in kinds


@lru_cache(maxsize=1024)
def parse(sql: str) -> Parsed:
    start, head = _head(sql)
    if not head:
        raise errors.SqlError("Empty SQL statement.", code=900, state="42601")
    if _is_ours(head):
        return Parsed(sql[start:], None)
    trees = dialect.parse(_CLONE_WITH_GRANTS.sub(r"COPY GRANTS CLONE \1", sql[start:]))
    if len(trees) != 1:
        raise errors.SqlError(
            f"Actual statement count {len(trees)} did not match the desired statement count 1.", code=8, state="0A000"
        )
    if head[0] == "FROM":
        raise errors.syntax("unexpected 'FROM'")
    grammar.check(trees[0])
    return Parsed(sql[start:], trees[0])


def execute(
    session: Session, sql: str, params: Sequence[Any] | None = None, batch: Sequence[Sequence[Any]] = ()
) -> tuple[str, Result]:
    """Run a statement; returns its query id and its result. Every failure is a ``SqlError``."""
    query_id = str(uuid.uuid4())
    started, clock = time.time(), time.monotonic()
    failure: errors.SqlError | None = None
    result: Result | None = None
    with session.busy:
        running = session.store.history.begin(_query(session, query_id, sql, started), session.connection)
        session.statement = running
        try:
            try:
                parsed = parse(sql)
                _require_login(session, parsed)
                session.touch(rolling_back=isinstance(parsed.tree, exp.Rollback))
                result = _dispatch(session, parsed, list(params) if params is not None else None, batch)
            except Exception as error:
                session.failed()
                failure = errors.from_exception(error)
                raise failure from error
            session.remember(query_id, result.table)
            return query_id, result
        finally:
            session.rest()
            session.statement = None
            session.store.history.end(
                running,
                seconds=time.monotonic() - clock,
                error=failure.message if failure else None,
                rows=result.table.num_rows if result else 0,
            )


def _require_login(session: Session, parsed: Parsed) -> None:
    """Raise in the session of a user who is gone or disabled, and for a role that was taken from its user."""
    user = session.catalog.user(session.user)
    if user is None or user.disabled:
        raise errors.SqlError(
            "User no longer exists or is disabled.  New login required to access the service.",
            code=390111,
            state="08001",
        )
    if isinstance(parsed.tree, exp.Use) or settings.holds(session, session.role):
        return
    raise errors.SqlError(
        f"Requested role '{session.role}' is not assigned to the executing user. Specify another role to activate.",
        code=3013,
        state="42501",
    )


def _query(session: Session, query_id: str, sql: str, started: float) -> Query:
    """The line of the query history; passwords stay out of it."""
    return Query(
        id=query_id,
        text=_SECRET.sub(r"\1'****'", sql[:100_000]),
        kind=(_head(sql)[1] or [""])[0],
        session=session.number,
        user=session.user,
        role=session.role,
        database=session.database,
        schema=session.schema,
        warehouse=session.warehouse,
        tag=str(session.parameters.get("QUERY_TAG", "")),
        started=started,
    )


def _dispatch(session: Session, parsed: Parsed, params: list[Any] | None, batch: Sequence[Sequence[Any]]) -> Result:
    tree = parsed.tree
    if tree is None:
        return by_words.run(session, Words(parsed.text))
    if batch:
        if not isinstance(tree, exp.Insert):
            raise errors.unsupported("array binding for anything but INSERT")
        return rows.insert(session, tree, batch=batch)
    if isinstance(tree, exp.Select | exp.SetOperation | exp.Subquery | exp.Values):
        return rows.query(session, tree, params)
    if handler := _WITH_PARAMS.get(type(tree)):
        return handler(session, tree, params)
    if handler2 := _PLAIN.get(type(tree)):
        return handler2(session, tree)
    if isinstance(tree, exp.Create):
        return _create(session, tree, parsed.text, params)
    if isinstance(tree, exp.Drop):
        kind = str(tree.args.get("kind")).upper()
        if kind in ("TABLE", "VIEW", "SEQUENCE", "STAGE", "FILE FORMAT"):
            return objects.drop(session, tree)
        if kind in ("SCHEMA", "DATABASE"):
            return databases.drop(session, tree)
        raise errors.unsupported(f"DROP {kind}")
    if isinstance(tree, exp.Alter):
        kind = str(tree.args.get("kind")).upper()
        if kind in ("TABLE", "VIEW"):
            return tables.alter_relation(session, tree)
        raise errors.unsupported(f"ALTER {kind}")
    if isinstance(tree, exp.Alias) and tree.this.name.upper() == "UNSET":
        return settings.unset_variable(session, Words(parsed.text.split(None, 1)[1]))
    if isinstance(tree, exp.Command) and str(tree.this).upper() == "EXPLAIN":
        inner = re.sub(r"^(\s*USING\s+(TEXT|TABULAR|JSON))?\s*", "", tree.expression.name, flags=re.I)
        return rows.explain(session, dialect.parse_one(inner))
    if isinstance(tree, exp.Command) and str(tree.this).upper() == "ALTER":
        altered = Words(parsed.text)
        altered.expect("ALTER")
        if relation := altered.take_one("TABLE", "VIEW"):
            return objects.comment_columns(session, altered, relation)
    words = " ".join(parsed.text.split()[:3])
    raise errors.unsupported(f"this statement: '{words} …'")


def _create(session: Session, tree: exp.Create, text: str, params: list[Any] | None) -> Result:
    kind = str(tree.args.get("kind")).upper()
    if kind == "TABLE":
        return tables.create_table(session, tree, params)
    if kind == "VIEW":
        return objects.create_view(session, tree, text)
    if kind == "SEQUENCE":
        return objects.create_sequence(session, tree)
    if kind == "DATABASE":
        return databases.create_database(session, tree)
    raise errors.unsupported(f"CREATE {kind}")


def _transaction(session: Session, what: str) -> Result:
    if what == "BEGIN":
        session.begin()
    elif what == "COMMIT":
        session.commit()
    else:
        session.rollback()
    return results.status(type_id=statement_type.TCL)


_WITH_PARAMS: dict[type[exp.Expr], Callable[..., Result]] = {
    exp.Insert: rows.insert,
    exp.Update: rows.update,
    exp.Delete: rows.delete,
    exp.Merge: rows.merge,
}
_PLAIN: dict[type[exp.Expr], Callable[..., Result]] = {
    exp.TruncateTable: rows.truncate,
    exp.Describe: objects.describe,
    exp.Comment: objects.comment,
    exp.Use: settings.use,
    exp.Set: settings.set_variable,
    exp.Transaction: lambda session, tree: _transaction(session, "BEGIN"),
    exp.Commit: lambda session, tree: _transaction(session, "COMMIT"),
    exp.Rollback: lambda session, tree: _transaction(session, "ROLLBACK"),
}
