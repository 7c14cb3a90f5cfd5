"""From the names in a statement to the things they mean, for one role in one snapshot."""

from __future__ import annotations

from sqlglot import exp

from . import errors, spelling
from .access import Access
from .catalog import Catalog, Database, Object, Schema
from .session import Session

Parts = tuple[str, ...]
At = tuple[str | None, str | None]


def parts_of(table: exp.Expr) -> Parts:
    """``db.schema.name`` as its one to three parts, unquoted names in upper case."""
    if isinstance(table, exp.Schema):
        table = table.this
    if not isinstance(table, exp.Table):
        raise errors.syntax(f"near '{table.sql(dialect='snowflake')}': a name was expected")
    found = []
    for part in table.parts:
        if not isinstance(part, exp.Identifier):
            raise errors.syntax(f"near '{table.sql(dialect='snowflake')}': a name was expected")
        found.append(spelling.decode(part.this if part.quoted else part.this.upper()))
    return tuple(found)


class Names:
    """Resolves names, and rejects those the role may not reach as if they were not there."""

    def __init__(self, session: Session, catalog: Catalog, access: Access, at: At | None = None) -> None:
        self.catalog = catalog
        self.access = access
        self._database, self._schema = at or (session.database, session.schema)

    def database(self, name: str) -> Database:
        found = self.catalog.database(name)
        if found is None or not (self.access.may("USAGE", found) or self.access.sees(found)):
            raise errors.missing("database", name)
        return found

    def current_database(self) -> str:
        if self._database is None:
            raise errors.SqlError(
                "Cannot perform this operation. This session does not have a current database. "
                "Call 'USE DATABASE', or use a qualified name.",
                code=90105,
                state="22000",
            )
        return self._database

    def current_schema(self) -> str:
        if self._schema is None:
            self.current_database()
            raise errors.SqlError(
                "Cannot perform this operation. This session does not have a current schema. "
                "Call 'USE SCHEMA', or use a qualified name.",
                code=90106,
                state="22000",
            )
        return self._schema

    def qualified_schema(self, parts: Parts) -> tuple[str, str]:
        """Database and schema name of a schema written with one or two parts."""
        if len(parts) > 2:
            raise errors.syntax(f"unexpected '{'.'.join(parts)}': a schema's name has at most two parts")
        return (parts[0], parts[1]) if len(parts) == 2 else (self.current_database(), parts[0])

    def schema(self, parts: Parts, *, entered: bool = True) -> Schema:
        """The schema, if the role sees it; if ``entered``, only if it may use what is inside."""
        database_name, name = self.qualified_schema(parts)
        database = self.database(database_name)
        found = self.catalog.schema(database.id, name)
        if found is not None:
            allowed = self.access.enters(found) if entered else self.access.sees(found)
            if allowed:
                return found
        raise errors.missing("schema", f"{database_name}.{name}")

    def qualified(self, parts: Parts) -> tuple[str, str, str]:
        if len(parts) == 3:
            return parts[0], parts[1], parts[2]
        if len(parts) == 2:
            return self.current_database(), parts[0], parts[1]
        return self.current_database(), self.current_schema(), parts[0]

    def home(self, parts: Parts, *, entered: bool = True) -> tuple[Schema, str]:
        """The schema a (perhaps new) object's name points into, and its name there."""
        database, schema, name = self.qualified(parts)
        return self.schema((database, schema), entered=entered), name

    def find(self, parts: Parts, kind: str, *, entered: bool = True) -> Object | None:
        """The object, or None where its schema holds none of that name."""
        schema, name = self.home(parts, entered=entered)
        return self.catalog.object(schema.id, kind, name)

    def object(self, parts: Parts, kind: str, *, exactly: bool = False, entered: bool = True) -> Object:
        """The object; ``exactly`` rejects a view where a table is asked for. See `schema` for ``entered``."""
        label = "object" if kind in ("TABLE", "VIEW") else kind
        try:
            found = self.find(parts, kind, entered=entered)
        except errors.SqlError as error:
            if error.code != 2003:
                raise
            raise errors.missing(label, ".".join(self.qualified(parts))) from None
        if found is None or not self.access.sees(found):
            raise errors.missing(label, ".".join(self.qualified(parts)))
        if exactly and found.kind != kind:
            raise errors.invalid(f"Object '{found.name}' is a {found.kind}, not a {kind}.")
        return found
