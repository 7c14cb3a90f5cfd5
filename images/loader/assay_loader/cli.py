"""The programs `export-postgres` and `sql-job`, as pods call them."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from assay_loader.errors import TRY_AGAIN, LoaderError

POSTGRES = ("PGHOST", "PGUSER", "PGPASSWORD", "PGDATABASE")
LANDING = ("ASSAY_LANDING_URL",)


def export_postgres(arguments: Sequence[str] | None = None) -> int:
    """All rows of one table."""
    parser = argparse.ArgumentParser(
        prog="export-postgres",
        description="Copies all rows of a table into ASSAY_LANDING_URL, as compressed CSV files. The server is "
        "found by PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE, S3 by the AWS_* environment.",
    )
    parser.add_argument("table", help="a table, or schema.table")
    table = parser.parse_args(arguments).table

    def query(_: Mapping[str, str]) -> str:
        from assay_loader.source import table_query

        return table_query(table)

    return _run(parser.prog, table, query)


def sql_job(arguments: Sequence[str] | None = None) -> int:
    """The rows of a query."""
    parser = argparse.ArgumentParser(
        prog="sql-job",
        description="Copies the rows of the query in ASSAY_JOB_SQL into ASSAY_LANDING_URL, as compressed CSV files, "
        "in a transaction that cannot write. The server is found by PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE, "
        "S3 by the AWS_* environment.",
    )
    parser.parse_args(arguments)
    return _run(parser.prog, "the query", lambda environment: environment["ASSAY_JOB_SQL"], ("ASSAY_JOB_SQL",))


def _run(program: str, what: str, query: Callable[[Mapping[str, str]], str], needs: Sequence[str] = ()) -> int:
    began = time.monotonic()
    try:
        _require(os.environ, (*POSTGRES, *LANDING, *needs))
        # Half a second of imports, which a wrong argument should not pay.
        from assay_loader.source import csv_lines
        from assay_loader.target import LoadFolder

        url = os.environ["ASSAY_LANDING_URL"]
        folder = LoadFolder(url)
        print(f"{program}: copying {what} from {os.environ['PGHOST']} to {url}", flush=True)
        with csv_lines(query(os.environ)) as lines:
            written = folder.write(lines, lambda text: print(f"{program}: {text}", flush=True))
    except LoaderError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return TRY_AGAIN if error.again else 1
    parts = f"{written.parts} part{'' if written.parts == 1 else 's'}"
    print(f"{program}: {written.rows:,} rows in {parts} written in {time.monotonic() - began:.1f} s", flush=True)
    return 0


def _require(environment: Mapping[str, str], names: Sequence[str]) -> None:
    if missing := [name for name in names if not environment.get(name)]:
        raise LoaderError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set; "
            f"give the pod the secrets with the logins of Postgres and of the landing bucket"
        )
