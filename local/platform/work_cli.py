"""Commands for daily work with the running platform: run a zone, ask the warehouse, bring files, make services fail."""

from __future__ import annotations

import csv
import json
import re
import sys
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assay.cli.tables import aligned
from local.emulators.common.files import StateError
from local.platform import readiness
from local.platform.setup import zones as zone_names
from local.state.endpoints import Endpoints
from tools.runtime.layout import Layout

app = typer.Typer()
out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

ZoneName = Annotated[str, typer.Argument(metavar="ZONE", help="The zone, such as flights.")]
Day = date | None


def day(text: str) -> date:
    """Return the day that is written as 2013-01-31. Raises StateError."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise StateError(f'"{text}" is no day; write it as year, month and day, such as 2013-01-31') from None


@app.command("run")
def run_zone(
    zone: ZoneName,
    first: Annotated[
        Day, typer.Option("--from", parser=day, metavar="DAY", help="Take days again, from this one on.")
    ] = None,
    last: Annotated[Day, typer.Option("--to", parser=day, metavar="DAY", help="The last day to take again.")] = None,
    models: Annotated[
        list[str] | None, typer.Option("--models", help="Build these models only; repeat it, or separate by commas.")
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build incremental models from nothing.")
    ] = False,
) -> None:
    """Run a zone's DAG now and wait for its end. Ends with 1 when the run fails, and says which task and why."""
    layout, zone_run = Layout.here(), import_module("local.platform.zone_run")
    names = [name for each in models or [] for name in each.replace(",", " ").split()]
    asked = zone_run.asked(first, last, names, full_refresh)
    readiness.require(layout, *readiness.RUN)
    problem = zone_run.run(Endpoints(layout), zone, out, asked)
    if problem:
        err.print(problem)
        raise typer.Exit(1)


@app.command()
def cancel(zone: ZoneName) -> None:
    """End a zone's running and queued runs as failed. What was published stays."""
    layout = Layout.here()
    readiness.require(layout, "airflow-api-server")
    ended = import_module("local.platform.zone_run").cancel(Endpoints(layout), zone)
    out.print("Cancelled " + ", ".join(ended) + "." if ended else f"{zone}: nothing was running.")


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(help="One SQL statement; `-` reads it from standard input.")],
    role: Annotated[str | None, typer.Option(help="Run it as this role.")] = None,
    database: Annotated[str | None, typer.Option(help="The current database.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV for scripts.")] = False,
) -> None:
    """Run one statement on the embedded warehouse."""
    from local.platform.query import run  # the connector takes a second to import

    if as_json and as_csv:
        raise StateError("Give --json or --csv, not both.")
    layout = Layout.here()
    readiness.require(layout, "warehouse")
    text = sys.stdin.read() if statement == "-" else statement
    columns, rows = run(Endpoints(layout), text, role=role, database=database or default_database(layout))
    if as_json:
        print(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=2, default=str))
    elif as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([columns, *rows])
    else:
        print(aligned(columns, rows))


def default_database(layout: Layout) -> str:
    names = zone_names(layout)
    return f"LOCAL_{names[0].upper()}" if names else "LOCAL_PLATFORM"


@app.command()
def drop(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file to drop.")],
    zone: Annotated[str, typer.Option("--zone", metavar="ZONE", help="The zone whose source reads it.")],
    source: Annotated[str | None, typer.Option(help="The source, where the zone has several of files.")] = None,
    name: Annotated[str | None, typer.Option("--as", metavar="NAME", help="Its name there; the file's own.")] = None,
) -> None:
    """Put a file into a zone's folder of the landing bucket, as its supplier would. Nothing is run."""
    layout = Layout.here()
    company = import_module("local.company.inputs")
    key = company.key_of(company.zone_of(layout.root, zone), source, name or file.name)
    readiness.require(layout, "aws")
    replaced = company.drop(Endpoints(layout), key, file.read_bytes())
    out.print(f"{'Replaced' if replaced else 'Dropped'} {key}; `./assay run {zone}` loads it.")


@app.command()
def fault(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="airbyte, flights_api or inbox.")],
    body: Annotated[str, typer.Argument(metavar="JSON", help='What goes wrong, such as \'{"job": "stall"}\'.')] = "{}",
) -> None:
    """Make an embedded service fail on purpose; without JSON, make it work again."""
    layout = Layout.here()
    company = import_module("local.company.inputs")
    asked = company.parsed_fault(service, body)
    readiness.require(layout, service)
    print(json.dumps(company.fault(Endpoints(layout), service, asked)))
