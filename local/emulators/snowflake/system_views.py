"""INFORMATION_SCHEMA and SNOWFLAKE.ACCOUNT_USAGE: made from the catalog snapshot when a statement asks for them.

A role sees in them only what it may see, as in Snowflake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from . import columns as column_rows
from . import errors, results
from .access import Access
from .catalog import Catalog, Database, Object, Schema
from .session import Session
from .store import ALIAS, DATA

SCHEMAS = ("INFORMATION_SCHEMA", "ACCOUNT_USAGE")
TIME = "TIMESTAMP WITH TIME ZONE"
Columns = list[str | tuple[str, str]]
Rows = Iterator[list[Any]]


def time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class View:
    """What the makers of rows need to know of the one who asks."""

    def __init__(self, session: Session, catalog: Catalog, access: Access, database: Database) -> None:
        self.session, self.catalog, self.access, self.database = session, catalog, access, database

    def schemas(self) -> list[Schema]:
        return [s for s in self.catalog.schemas_in(self.database.id) if self.access.sees(s)]

    def objects(self, *kinds: str) -> Iterator[tuple[Schema, Object]]:
        for schema in self.catalog.schemas_in(self.database.id):
            for thing in self.catalog.objects_in(schema.id):
                if thing.kind in kinds and self.access.sees(thing):
                    yield schema, thing


def register(session: Session, catalog: Catalog, access: Access, database: str, schema: str, name: str) -> str:
    """Make the view's rows known to the session's DuckDB connection; returns the name it has there."""
    maker = _VIEWS.get((schema, name))
    if maker is None:
        raise errors.missing("object", f"{database}.{schema}.{name}")
    home = catalog.database(database)
    if schema == "ACCOUNT_USAGE":
        if database != "SNOWFLAKE" or not (access.admin or _reads_history(access, name)):
            raise errors.missing("object", f"{database}.{schema}.{name}")
        home = Database(0, "SNOWFLAKE", "", 0)
    elif home is None or not (access.may("USAGE", home) or access.sees(home)):
        raise errors.missing("database", database)
    assert home is not None
    names, make = maker
    relation = f"assay_{schema}_{name}_{home.id}".lower()
    session.connection.register(relation, results.rows(names, make(View(session, catalog, access, home))).table)
    return relation


def _reads_history(access: Access, name: str) -> bool:
    return name == "QUERY_HISTORY" and "SNOWFLAKE.GOVERNANCE_VIEWER" in access.roles


def row_counts(session: Session) -> dict[str, int]:
    """Rows per stored table, by its DuckDB name."""
    return dict(
        session.connection.execute(
            "SELECT table_name, estimated_size FROM duckdb_tables() WHERE database_name = ? AND schema_name = ?",
            [ALIAS, DATA],
        ).fetchall()
    )


def _schemata(view: View) -> Rows:
    for s in view.schemas():
        yield [
            view.database.name, s.name, s.owner, "YES" if s.transient else "NO", "YES" if s.managed else "NO", 1,
            time(s.created), time(s.created), s.comment or None, "ROLE",
        ]  # fmt: skip
    yield [view.database.name, "INFORMATION_SCHEMA", None, "NO", "NO", 1, time(0), time(0), None, None]


def _tables(view: View) -> Rows:
    counts = row_counts(view.session)
    for s, o in view.objects("TABLE", "VIEW"):
        base = o.kind == "TABLE"
        count = counts.get(o.physical) if base else None
        yield [
            view.database.name, s.name, o.name, o.owner, "BASE TABLE" if base else "VIEW",
            "YES" if o.transient else "NO", None, count, None if count is None else count * 100, 1,
            "YES" if base else "NO", "YES", time(o.created), time(o.altered), time(o.altered), o.owner, "NO",
            o.comment or None, "NO", "NO", "NO", "NO", "NO",
        ]  # fmt: skip


def _views(view: View) -> Rows:
    for s, o in view.objects("VIEW"):
        yield [
            view.database.name, s.name, o.name, o.owner, o.detail.get("definition"), "NONE", "NO", "NO", "NO",
            time(o.created), time(o.altered), o.comment or None,
        ]  # fmt: skip


def _columns(view: View) -> Rows:
    stored = column_rows.of_all_tables(view.session.connection)
    for s, o in view.objects("TABLE", "VIEW"):
        found = (
            column_rows.of_view(o.detail)
            if o.kind == "VIEW"
            else column_rows.from_rows(stored.get(o.physical, []), o.detail)
        )
        for c in found:
            text = c.type == "TEXT"
            precision, scale = c.precision or (None, None)
            yield [
                view.database.name, s.name, o.name, c.name, c.position, c.default, "YES" if c.nullable else "NO",
                c.type, c.length if text else None, min(c.length * 4, column_rows.LONGEST_TEXT) if text else None,
                precision, 10 if c.precision else None, scale,
                9 if c.type.startswith("TIME") else None, None, "NO", None, c.comment,
            ]  # fmt: skip


def _databases(view: View) -> Rows:
    for d in view.catalog.all(Database):
        if view.access.sees(d):
            yield [d.name, d.owner, "YES" if d.transient else "NO", d.comment or None, time(d.created), 1, "STANDARD"]


def _sequences(view: View) -> Rows:
    for s, o in view.objects("SEQUENCE"):
        yield [
            view.database.name, s.name, o.name, o.owner, "NUMBER", 38, str(o.detail.get("start", 1)),
            str(o.detail.get("increment", 1)), time(o.created), o.comment or None,
        ]  # fmt: skip


def _stages(view: View) -> Rows:
    for s, o in view.objects("STAGE"):
        url = o.detail.get("url", "")
        kind = "External Named" if url else "Internal Named"
        yield [view.database.name, s.name, o.name, url, kind, o.owner, time(o.created), o.comment or None]


def _load_history(view: View) -> Rows:
    tables = {o.id: (s, o) for s, o in view.objects("TABLE")}
    for table, path, at, state, count in view.session.connection.execute(
        'SELECT "table", path, loaded_at, status, rows FROM assay.load_history'
    ).fetchall():
        if table in tables:
            s, o = tables[table]
            yield [s.name, path, o.name, at.replace(tzinfo=UTC), state, count]


def _query_history(view: View) -> Rows:
    for query in view.session.store.history.ended():
        assert query.seconds is not None
        yield [
            query.id, query.text, query.database, query.schema, query.kind, str(query.session), query.user, query.role,
            query.warehouse, query.tag, "SUCCESS" if query.error is None else "FAIL", query.error,
            time(query.started), time(query.started + query.seconds), int(query.seconds * 1000), query.rows,
        ]  # fmt: skip


def _nothing(view: View) -> Rows:
    return iter(())


_VIEWS: dict[tuple[str, str], tuple[Columns, Callable[[View], Rows]]] = {
    ("INFORMATION_SCHEMA", "SCHEMATA"): (
        ["CATALOG_NAME", "SCHEMA_NAME", "SCHEMA_OWNER", "IS_TRANSIENT", "IS_MANAGED_ACCESS",
         ("RETENTION_TIME", "BIGINT"), ("CREATED", TIME), ("LAST_ALTERED", TIME), "COMMENT", "OWNER_ROLE_TYPE"],
        _schemata,
    ),
    ("INFORMATION_SCHEMA", "TABLES"): (
        ["TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_OWNER", "TABLE_TYPE", "IS_TRANSIENT", "CLUSTERING_KEY",
         ("ROW_COUNT", "BIGINT"), ("BYTES", "BIGINT"), ("RETENTION_TIME", "BIGINT"), "IS_INSERTABLE_INTO", "IS_TYPED",
         ("CREATED", TIME), ("LAST_ALTERED", TIME), ("LAST_DDL", TIME), "LAST_DDL_BY", "AUTO_CLUSTERING_ON", "COMMENT",
         "IS_TEMPORARY", "IS_ICEBERG", "IS_DYNAMIC", "IS_IMMUTABLE", "IS_HYBRID"],
        _tables,
    ),
    ("INFORMATION_SCHEMA", "VIEWS"): (
        ["TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_OWNER", "VIEW_DEFINITION", "CHECK_OPTION",
         "IS_UPDATABLE", "INSERTABLE_INTO", "IS_SECURE", ("CREATED", TIME), ("LAST_ALTERED", TIME), "COMMENT"],
        _views,
    ),
    ("INFORMATION_SCHEMA", "COLUMNS"): (
        ["TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME", ("ORDINAL_POSITION", "BIGINT"),
         "COLUMN_DEFAULT", "IS_NULLABLE", "DATA_TYPE", ("CHARACTER_MAXIMUM_LENGTH", "BIGINT"),
         ("CHARACTER_OCTET_LENGTH", "BIGINT"), ("NUMERIC_PRECISION", "BIGINT"), ("NUMERIC_PRECISION_RADIX", "BIGINT"),
         ("NUMERIC_SCALE", "BIGINT"), ("DATETIME_PRECISION", "BIGINT"), "COLLATION_NAME", "IS_IDENTITY",
         "IDENTITY_GENERATION", "COMMENT"],
        _columns,
    ),
    ("INFORMATION_SCHEMA", "DATABASES"): (
        ["DATABASE_NAME", "DATABASE_OWNER", "IS_TRANSIENT", "COMMENT", ("CREATED", TIME), ("RETENTION_TIME", "BIGINT"),
         "TYPE"],
        _databases,
    ),
    ("INFORMATION_SCHEMA", "SEQUENCES"): (
        ["SEQUENCE_CATALOG", "SEQUENCE_SCHEMA", "SEQUENCE_NAME", "SEQUENCE_OWNER", "DATA_TYPE",
         ("NUMERIC_PRECISION", "BIGINT"), "START_VALUE", "INCREMENT", ("CREATED", TIME), "COMMENT"],
        _sequences,
    ),
    ("INFORMATION_SCHEMA", "STAGES"): (
        ["STAGE_CATALOG", "STAGE_SCHEMA", "STAGE_NAME", "STAGE_URL", "STAGE_TYPE", "STAGE_OWNER", ("CREATED", TIME),
         "COMMENT"],
        _stages,
    ),
    ("INFORMATION_SCHEMA", "LOAD_HISTORY"): (
        ["SCHEMA_NAME", "FILE_NAME", "TABLE_NAME", ("LAST_LOAD_TIME", TIME), "STATUS", ("ROW_COUNT", "BIGINT")],
        _load_history,
    ),
    ("INFORMATION_SCHEMA", "FUNCTIONS"): (["FUNCTION_CATALOG", "FUNCTION_SCHEMA", "FUNCTION_NAME"], _nothing),
    ("INFORMATION_SCHEMA", "PROCEDURES"): (["PROCEDURE_CATALOG", "PROCEDURE_SCHEMA", "PROCEDURE_NAME"], _nothing),
    ("ACCOUNT_USAGE", "QUERY_HISTORY"): (
        ["QUERY_ID", "QUERY_TEXT", "DATABASE_NAME", "SCHEMA_NAME", "QUERY_TYPE", "SESSION_ID", "USER_NAME",
         "ROLE_NAME", "WAREHOUSE_NAME", "QUERY_TAG", "EXECUTION_STATUS", "ERROR_MESSAGE", ("START_TIME", TIME),
         ("END_TIME", TIME), ("TOTAL_ELAPSED_TIME", "BIGINT"), ("ROWS_PRODUCED", "BIGINT")],
        _query_history,
    ),
}  # fmt: skip
