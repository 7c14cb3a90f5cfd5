"""`assay company`: the company's side of the demo, by hand. Days pass and files break; nothing is run."""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import Annotated, Literal

import typer
from rich.console import Console

from assay.cli.tables import aligned
from assay.secrets.names import pod_key
from assay.secrets_manager import SecretsManager
from local.company import inputs, issued
from local.company.breakages import WEATHER, How
from local.company.demo_company import LAST_DAY, DemoCompany, weather_file, weather_key
from local.emulators.common.files import StateError
from local.platform import readiness
from local.state.endpoints import Endpoints
from tools.runtime.layout import Layout

app = typer.Typer(
    name="company", help="The company around the platform: days that pass and files that break.", no_args_is_help=True
)
out = Console(highlight=False, markup=False, soft_wrap=True)

FileName = Annotated[Literal["weather"], typer.Argument(metavar="weather", help="Whose newest file.")]

System = Annotated[
    str, typer.Argument(metavar="SYSTEM", help="flights_api, or chat_<channel>, such as chat_weather or chat_platform.")
]


@app.command()
def day() -> None:
    """Show the last day that is over."""
    today = _company().today
    print(today.isoformat() if today else "No day is over yet: `make demo` lives the first three.")


@app.command("next")
def next_days(
    days: Annotated[int, typer.Option("--days", min=1, max=60, help="How many.")] = 1,
) -> None:
    """Let days pass: their weather is dropped, and their flights can be asked for. Nothing is run."""
    company = _company()
    passing = company.next_days(days)
    if not passing:
        raise StateError(f"The data ends with {LAST_DAY}; `make clean` starts again.")
    company.live(passing)
    for each in passing:
        print(f"{each} is over.")


@app.command("break")
def break_file(
    file: FileName,
    how: Annotated[
        How, typer.Option(metavar="HOW", help=f"What goes wrong with it: {', '.join(WEATHER)}.")
    ] = "wrong-type",
) -> None:
    """Replace the newest day's file in the landing bucket by a broken one."""
    company, newest = _newest()
    breakage = WEATHER[how]
    company.drop_weather(newest, breakage.apply(weather_file(newest)))
    out.print(f"{weather_key(newest)} is broken now: {breakage.words}.")


@app.command()
def fix(file: FileName) -> None:
    """Put the newest day's file back as it should be."""
    company, newest = _newest()
    company.drop_weather(newest, weather_file(newest))
    out.print(f"{weather_key(newest)} is whole again.")


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(help="One SQL statement; `-` reads it from standard input.")],
) -> None:
    """Run one statement in the company's Postgres, which SQL jobs and loaders read."""
    layout = Layout.here()
    readiness.require(layout, "postgres")
    text = sys.stdin.read() if statement == "-" else statement
    print(aligned(*inputs.company_sql(Endpoints(layout), text)))


@app.command()
def login() -> None:
    """Print the login of the company's Postgres as JSON, in the form of a pod secret for SQL jobs."""
    layout = Layout.here()
    readiness.require(layout, "aws")  # which has the present password: the login may have been rotated
    print(json.dumps(SecretsManager(Endpoints(layout).aws("secretsmanager")).read(pod_key("postgres-company"))))


@app.command()
def issue(system: System) -> None:
    """Print another token of the flights API, or another webhook of a chat channel. Those before it stay valid."""
    layout = Layout.here()
    readiness.require(layout, issued.service(system))
    print(issued.issue(Endpoints(layout), system))


@app.command()
def revoke(system: System) -> None:
    """Revoke every token or webhook of it but the newest."""
    layout = Layout.here()
    readiness.require(layout, issued.service(system))
    count = issued.revoke_others(Endpoints(layout), system)
    out.print(f"Revoked {count} of {system}." if count else f"{system} has the newest only.")


def _company() -> DemoCompany:
    return DemoCompany(Endpoints(Layout.here()))


def _newest() -> tuple[DemoCompany, date]:
    company = _company()
    if company.today is None:
        raise StateError("No day is over yet, so no file has come: run `make demo` first.")
    return company, company.today
