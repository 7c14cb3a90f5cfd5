"""Rows out of Postgres, as the lines of a CSV file, without ever holding more than one."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from assay_loader.errors import LoaderError

CONNECT_SECONDS = 15
BOOLEAN = 16  # its number in pg_type
# How values are written, whatever the server or the user is set to: each text means one value, with all its digits.
SPELLING = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "3",
}


def table_query(name: str) -> str:
    """All rows of a table, `planes` or `fleet.planes`."""
    return sql.SQL("select * from {}").format(sql.Identifier(*name.split("."))).as_string(None)


@contextmanager
def csv_lines(query: str) -> Iterator[Iterator[bytes]]:
    """The query's header and then its rows, each as one line of CSV; what is null is an empty field without quotes.

    The server is found by libpq's own environment (PGHOST, PGUSER, …). The query runs in a transaction that cannot
    write, and COPY streams it as the server finds the rows. Raises LoaderError.
    """
    try:
        with psycopg.connect(connect_timeout=CONNECT_SECONDS, application_name="assay-loader") as connection:
            connection.read_only = True
            for setting, value in SPELLING.items():
                connection.execute(sql.SQL("set local {} to {}").format(sql.Identifier(setting), sql.Literal(value)))
            with connection.cursor() as cursor, cursor.copy(_copy(_with_words(cursor, query))) as copy:
                yield _checked(bytes(line) for line in copy)
    except psycopg.OperationalError as error:
        raise LoaderError(f"The Postgres server does not answer, or went away: {_said(error)}", again=True) from error
    except psycopg.Error as error:
        raise LoaderError(f"Postgres rejects the query: {_said(error)}") from error


def _checked(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines, unless one is blank: in a file of one column a null would be a blank line, which is no record."""
    for row, line in enumerate(lines):
        if not line.strip(b"\r\n"):
            what = "The query has no columns" if row == 0 else f"Row {row:,} of the only column is null"
            raise LoaderError(f"{what}, which a CSV file cannot say; select the key beside it, or coalesce it")
        yield line


def _with_words(cursor: psycopg.Cursor, query: str) -> sql.Composable:
    """The query, with `true` and `false` for booleans, as contracts have them; COPY writes t and f."""
    # The query comes from the repository, and the line break ends a comment in its last line.
    body = sql.SQL(query.strip().rstrip(";") + "\n")
    cursor.execute(sql.SQL("select * from ({}) as query limit 0").format(body))
    columns = cursor.description or []
    if not any(column.type_code == BOOLEAN for column in columns):
        return body
    picked = sql.SQL(", ").join(
        sql.SQL("{0}::text as {0}" if column.type_code == BOOLEAN else "{0}").format(sql.Identifier(column.name))
        for column in columns
    )
    return sql.SQL("select {} from ({}) as query").format(picked, body)


def _copy(query: sql.Composable) -> sql.Composed:
    return sql.SQL("copy ({}) to stdout with (format csv, header true, encoding 'UTF8')").format(query)


def _said(error: psycopg.Error) -> str:
    return " ".join(str(error).split()) or type(error).__name__
