"""Binds a statement's names to what they mean: tables to DuckDB's, views to their text, functions to the session.

Every table read is a right that is checked here. A view is read with its owner's rights and by the names it was
written with, each time it is read, so that after a swap it reads whatever now has those names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from fakesnow import transforms as fs
from sqlglot import exp

from . import dialect, errors, functions, python_functions, query_functions, spelling, system_views
from .access import Access
from .catalog import Catalog, Object
from .columns import Column, of_table
from .functions import calls
from .names import At, Names, parts_of
from .session import Session, Temporary
from .store import DATA
from .translation import upper_case

DEEPEST_VIEW = 30
ACCOUNT = "ASSAY"


@lru_cache(maxsize=512)
def view_query(statement: str) -> exp.Expr:
    """The query of a CREATE VIEW statement. Copy it before changing it."""
    query: exp.Expr = dialect.parse_one(statement).expression
    return query


class Binder:
    """Binds the trees of one statement against one snapshot."""

    def __init__(
        self,
        session: Session,
        catalog: Catalog,
        access: Access | None = None,
        *,
        at: At | None = None,
        depth: int = 0,
    ) -> None:
        self.session = session
        self.catalog = catalog
        self.access = access or session.access(catalog)
        self.names = Names(session, catalog, self.access, at)
        self.depth = depth
        self.reads_tables = False
        self.advances_sequences = False

    def prepare(self, tree: exp.Expr) -> exp.Expr:
        """What comes before any name is looked up: variables, IDENTIFIER(…), upper case."""
        python_functions.name_stages(tree)
        for key in [prop.this for prop in tree.find_all(exp.PropertyEQ) if isinstance(prop.this, exp.Identifier)]:
            key.replace(exp.Literal.string(key.name))  # of an object's constant, where case counts
        for parameter in list(tree.find_all(exp.Parameter, exp.SessionParameter)):
            parameter.replace(self._variable(parameter))
        tree = upper_case(tree.transform(lambda node: fs.identifier(node, None), copy=False))
        for pivot in tree.find_all(exp.Pivot):
            _check_pivot(pivot)
        return tree

    def _variable(self, parameter: exp.Expr) -> exp.Expr:
        name = parameter.name.upper()
        if name.isdigit():
            return exp.column(f"COLUMN{name}", quoted=True)  # how VALUES names its columns
        value = self.session.variables.get(name)
        if value is None:
            raise errors.invalid(f"Session variable '${name}' does not exist")
        return dialect.parse_one(value)

    def bind(self, tree: exp.Expr) -> exp.Expr:
        """Bind everything the tree reads. A target that is written must have been bound with ``target`` before."""
        holder = exp.Paren(this=tree)  # so that the root itself can be replaced
        query_functions.evaluate(self.session, self.names, holder)
        python_functions.evaluate(self.session, self.names, holder)
        functions.check(holder)
        for call in list(holder.find_all(exp.Func)):
            self._function(call)
        for column in list(holder.find_all(exp.Column)):
            self._column(column)
        for rows in list(holder.find_all(exp.TableFromRows)):
            self._table_function(rows)
        for table in list(holder.find_all(exp.Table)):
            if not table.meta.get("bound"):
                self._source(table)
        bound: exp.Expr = holder.this
        bound.pop()
        return bound

    def target(self, table: exp.Expr, *privileges: str, alias: bool = True) -> Object | None:
        """Bind the table a statement writes, if the role has the privileges. None: a temporary table."""
        inner = table.this if isinstance(table, exp.Schema) else table
        parts = parts_of(inner)
        assert isinstance(inner, exp.Table)
        if temporary := self._temporary(parts):
            if temporary.kind == "VIEW":
                raise errors.invalid(f"'{parts[-1]}' is a view: it cannot be written to")
            _point(inner, temporary.physical, temporary=True, alias=alias)
            return None
        found = self.names.object(parts, "TABLE", exactly=True)
        for privilege in privileges:
            self.access.require(privilege, found)
        _point(inner, found.physical, alias=alias)
        return found

    def columns_of(self, table: exp.Expr, *privileges: str, alias: bool = False) -> list[Column]:
        """Bind the table a statement writes, as ``target`` does; returns its columns."""
        inner = table.this if isinstance(table, exp.Schema) else table
        temporary = self._temporary(parts_of(inner))
        found = self.target(table, *privileges, alias=alias)
        if found is not None:
            return of_table(self.session.connection, found.physical, found.detail)
        assert temporary is not None
        return of_table(self.session.connection, temporary.physical, temporary.detail, temporary=True)

    # -- tables ------------------------------------------------------------------------------------------------

    def _temporary(self, parts: tuple[str, ...]) -> Temporary | None:
        if not self.session.temporary:
            return None
        database, schema, name = self.names.qualified(parts)
        if (home := self.catalog.database(database)) and (inner := self.catalog.schema(home.id, schema)):
            return self.session.temporary.get((inner.id, name))
        return None

    def _source(self, table: exp.Table) -> None:
        if isinstance(table.this, exp.Func):
            raise errors.SqlError(
                f"{errors.COMPILATION}Unknown table function {table.this.sql(dialect='snowflake')[:100]}",
                code=2141,
                state="42601",
            )
        if isinstance(table.this, exp.Var | exp.Parameter) or table.this.sql().startswith("@"):
            raise errors.unsupported("queries over staged files (load them with COPY INTO)")
        if table.args.get("when") or table.args.get("changes"):
            raise errors.unsupported("time travel (AT, BEFORE, CHANGES)")
        parts = parts_of(table)
        if len(parts) == 1 and _is_cte(table, parts[0]):
            return
        self.reads_tables = True
        schema_name = parts[-2] if len(parts) > 1 else self.names.current_schema()
        if schema_name in system_views.SCHEMAS:
            database = parts[0] if len(parts) == 3 else self.names.current_database()
            relation = system_views.register(self.session, self.catalog, self.access, database, schema_name, parts[-1])
            _point(table, relation, schema=None)
            return
        if temporary := self._temporary(parts):
            if temporary.kind == "VIEW":
                self._expand(table, parts[-1], temporary.detail, self.access)
            else:
                _point(table, temporary.physical, temporary=True)
            return
        found = self.names.object(parts, "TABLE")
        self.access.require("SELECT", found)
        if found.kind == "VIEW":
            self._expand(table, found.name, found.detail, Access(self.catalog, found.owner))
        else:
            _point(table, found.physical)

    def _expand(self, table: exp.Table, name: str, detail: Mapping[str, Any], access: Access) -> None:
        if self.depth >= DEEPEST_VIEW:
            raise errors.invalid(f"View '{name}' reads itself, or views more than {DEEPEST_VIEW} deep")
        at = (detail["database"], detail["schema"])
        inner = Binder(self.session, self.catalog, access, at=at, depth=self.depth + 1)
        query = inner.bind(inner.prepare(view_query(detail["text"]).copy()))
        self.advances_sequences |= inner.advances_sequences
        alias = table.args.get("alias") or exp.TableAlias(
            this=exp.to_identifier(spelling.encode(name, of_table=True), quoted=True)
        )
        columns = detail.get("names")
        if isinstance(columns, list | tuple) and columns and not alias.args.get("columns"):
            alias.set("columns", [exp.to_identifier(spelling.encode(str(c)), quoted=True) for c in columns])
        if isinstance(query, exp.Subquery) and not query.alias:
            query = query.this
        kept = {k: v for k, v in table.args.items() if k in ("joins", "laterals", "pivots", "sample") and v}
        table.replace(exp.Subquery(this=query, alias=alias, **kept))

    # -- everything else that has a name -----------------------------------------------------------------------

    def _column(self, column: exp.Column) -> None:
        if column.name.upper() == "NEXTVAL" and column.table:
            names = [spelling.decode(p.name) for p in column.parts[:-1]]
            sequence = self.names.object(tuple(names), "SEQUENCE")
            self.access.require("USAGE", sequence)
            self.advances_sequences = True
            call = calls.call("nextval", exp.Literal.string(f"{DATA}.{sequence.physical}"))
            if isinstance(column.parent, exp.Select):
                call = exp.alias_(call, "NEXTVAL", quoted=True)
            column.replace(call)
            return
        column.set("db", None)
        column.set("catalog", None)

    def _function(self, call: exp.Func) -> None:
        name = call.name.upper() if isinstance(call, exp.Anonymous) else call.sql_name()
        if make := _SESSION_FUNCTIONS.get(name):
            value = make(self.session)
            literal = exp.null() if value is None else exp.Literal.string(value)
            if isinstance(call.parent, exp.Select):
                call.replace(exp.alias_(literal, f"{name}()", quoted=True))
            else:
                call.replace(literal)

    def _table_function(self, rows: exp.TableFromRows) -> None:
        """TABLE(RESULT_SCAN(…)) and TABLE(INFER_SCHEMA(…)); the others are functions of DuckDB's own."""
        call = rows.this
        name = call.name.upper() if isinstance(call, exp.Anonymous) else ""
        if name == "RESULT_SCAN":
            query_id = call.expressions[0].name if call.expressions else ""
            table = self.session.results.get(query_id)
            if table is None:
                raise errors.SqlError(f"Statement {query_id} not found", code=709, state="02000")
        elif name == "INFER_SCHEMA":
            from .staged_columns import infer_schema  # stages are statements, and statements bind

            table = infer_schema(self.session, self.names, call)
        elif isinstance(call, exp.Explode | exp.Generator) or name == "GENERATOR":
            return
        else:
            raise errors.unsupported(f"the table function {call.sql(dialect='snowflake')[:100]}")
        relation = f"assay_{name}".lower()
        self.session.connection.register(relation, table.rename_columns(list(map(spelling.encode, table.column_names))))
        scanned = exp.Table(this=exp.to_identifier(relation, quoted=True))
        if rows.alias:
            scanned.set("alias", exp.TableAlias(this=exp.to_identifier(rows.alias, quoted=True)))
        scanned.meta["bound"] = True
        rows.replace(scanned)


_SESSION_FUNCTIONS: dict[str, Callable[[Session], str | None]] = {
    "CURRENT_USER": lambda s: s.user,
    "CURRENT_ROLE": lambda s: s.role,
    "CURRENT_DATABASE": lambda s: s.database,
    "CURRENT_SCHEMA": lambda s: s.schema,
    "CURRENT_WAREHOUSE": lambda s: s.warehouse,
    "CURRENT_ACCOUNT": lambda s: ACCOUNT,
    "CURRENT_ACCOUNT_NAME": lambda s: ACCOUNT,
    "CURRENT_ORGANIZATION_NAME": lambda s: ACCOUNT,
    "CURRENT_REGION": lambda s: "LOCAL",
    "CURRENT_SESSION": lambda s: str(s.number),
    "CURRENT_VERSION": lambda s: fs.SERVER_VERSION,
    "CURRENT_CLIENT": lambda s: None,
    "CURRENT_SECONDARY_ROLES": lambda s: s.secondary_roles_text(),
    "CURRENT_TRANSACTION": lambda s: str(s.number) if s.in_transaction else None,
    "LAST_QUERY_ID": lambda s: s.last_query_id,
}


def _point(
    table: exp.Table, physical: str, *, schema: str | None = DATA, temporary: bool = False, alias: bool = True
) -> None:
    """Turn a table node into the DuckDB table, under the name by which the statement knows it."""
    if alias and not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
    table.set("this", exp.to_identifier(physical, quoted=True))
    if temporary:
        table.set("db", exp.to_identifier("main"))
        table.set("catalog", exp.to_identifier("temp"))
    else:
        table.set("db", exp.to_identifier(schema) if schema else None)
        table.set("catalog", None)
    table.meta["bound"] = True


def _check_pivot(pivot: exp.Pivot) -> None:
    """Raise where the names that come out are not Snowflake's: ``'x'`` with its quotes, and names in lower case."""
    if not pivot.args.get("unpivot"):
        raise errors.unsupported("PIVOT (aggregate CASE expressions instead)")
    if any(spelling.LOWER in identifier.name for identifier in pivot.find_all(exp.Identifier)):
        raise errors.unsupported("UNPIVOT of columns whose names are not in upper case")


def _is_cte(table: exp.Table, name: str) -> bool:
    """Whether a bare name means a common table expression that is in scope where it stands."""
    inside: exp.Expr = table
    ancestor = table.parent
    while ancestor is not None:
        with_ = ancestor.args.get("with_")
        if isinstance(with_, exp.With) and inside is not with_:
            if any(spelling.decode(cte.alias) == name for cte in with_.expressions):
                return True
        elif isinstance(ancestor, exp.With):
            ctes = ancestor.expressions
            position = next(i for i, cte in enumerate(ctes) if cte is inside)
            visible = ctes[: position + 1] if ancestor.args.get("recursive") else ctes[:position]
            if any(spelling.decode(cte.alias) == name for cte in visible):
                return True
        inside, ancestor = ancestor, ancestor.parent
    return False
