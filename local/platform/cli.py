"""Commands for the platform on this machine: start it, stop it, look at it, work with it."""

from __future__ import annotations

import json
import os
import webbrowser
from importlib import import_module
from typing import Annotated, Any

import typer
from rich.console import Console

from local.emulators.common import files
from local.platform import company_cli, render, secret_cli, work_cli
from local.platform.setup import forget
from local.platform.start import progress, start
from local.platform.supervisor import client, control
from local.platform.supervisor.logs import follow, tail
from local.platform.supervisor.services import Pods
from local.state.endpoints import Endpoints
from local.state.tls import trust_bundle
from tools.runtime import interrupts
from tools.runtime.layout import Layout

app = typer.Typer(
    name="assay", help="A data platform in one repository.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip
app.add_typer(company_cli.app)
app.add_typer(secret_cli.app)
app.registered_commands += work_cli.app.registered_commands
out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


@app.command()
def up(
    services: Annotated[list[str] | None, typer.Argument(help="Services to start; all by default.")] = None,
    pods: Annotated[
        Pods | None, typer.Option(envvar="ASSAY_PODS", help="What pods are: processes (the default), or containers.")
    ] = None,
    follow_: Annotated[
        str | None,
        typer.Option(
            "--follow",
            envvar="ASSAY_GITSYNC",
            metavar="REPOSITORY[#BRANCH]",
            help="DAGs from this branch (release/local), as git-sync serves them, instead of from the checkout.",
        ),
    ] = None,
) -> None:
    """Start the platform (or some services and what they need) and wait until it is ready."""
    if pods:
        os.environ["ASSAY_PODS"] = pods
    if follow_:
        os.environ["ASSAY_GITSYNC"] = follow_
    with interrupts.goes_on(STARTED):
        _print_services(start(Layout.here(), services or [], err))


@app.command()
def down() -> None:
    """Stop the platform. No process and no port is left."""
    stopped = client.down(Layout.here())
    out.print("Stopped " + ", ".join(stopped) + "." if stopped else "Nothing was running.")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say of each service and zone how it is. Ends with 0 when every service is up, with 1 otherwise."""
    layout = Layout.here()
    try:
        rows = client.status(layout)
    except control.NotRunning as problem:
        if as_json:
            print(json.dumps({"running": False, "services": [], "zones": [], "zones_note": ""}, indent=2))
        raise problem
    zones, note = _zones(layout, rows)
    if as_json:
        answer = {"running": True, "services": rows, "zones": zones, "zones_note": note}
        print(json.dumps(answer, indent=2, default=str))
    else:
        _print_services(rows)
        print()
        print(render.zones(zones) if zones else note)
    raise typer.Exit(0 if all(client.is_ready(row) for row in rows) else 1)


@app.command()
def logs(
    service: Annotated[str, typer.Argument(help="A service's name, `supervisor` or `bootstrap`.")],
    follow_: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written next.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many lines from the end.")] = 100,
) -> None:
    """Print the end of a service's log."""
    folder = Layout.here().logs
    path = folder / f"{service}.log"
    if not path.exists():
        known = ", ".join(sorted(each.stem for each in folder.glob("*.log"))) or "none yet"
        raise files.StateError(f"There is no log of “{service}”: there are logs of {known}.")
    print("\n".join(tail(path, lines)))
    if follow_:
        for text in follow(path):
            print(text, end="", flush=True)


@app.command()
def restart(service: Annotated[str, typer.Argument(help="The service to stop and start again.")]) -> None:
    """Restart one service. What depends on it keeps running."""
    layout = Layout.here()
    before = next((row["restarts"] for row in client.status(layout) if row["service"] == service), None)
    client.restart(layout, service)
    client.await_restart(layout, service, before or 0, progress(err))


@app.command()
def connect(as_json: AsJson = False) -> None:
    """Print how an administrator reaches the embedded warehouse with any Snowflake client."""
    endpoints = Endpoints(Layout.here())
    login = endpoints.warehouse_administrator()
    database, bundle = work_cli.default_database(endpoints.layout), str(endpoints.layout.ca_bundle)
    answer = login | {"database": database, "ca_bundle": bundle}
    if as_json:
        print(json.dumps(answer, indent=2))
        return
    for key, value in answer.items():
        out.print(f"{key:10} {value}")
    err.print("Clients trust it with REQUESTS_CA_BUNDLE and SSL_CERT_FILE set to the ca_bundle.", style="dim")


@app.command()
def url() -> None:
    """Print the address of the Airflow UI."""
    print(Endpoints(Layout.here()).airflow)


@app.command()
def login(
    as_json: AsJson = False,
    browser: Annotated[bool, typer.Option("--browser", help="Open the UI in the default browser.")] = False,
    header: Annotated[bool, typer.Option("--header", help="Print the HTTP header of a request to its API.")] = False,
) -> None:
    """Print the addresses of the Airflow UI and the chat inbox, and their user and password."""
    endpoints = Endpoints(Layout.here())
    if header:
        print(import_module("local.platform.airflow_client").Airflow(endpoints).header)
        return
    account = endpoints.credentials["airflow"]
    answer = {"url": endpoints.airflow, "inbox": endpoints.url("inbox"), "user": account["user"]}
    answer["password"] = account["password"]
    if as_json:
        print(json.dumps(answer, indent=2))
    else:
        print(f"{answer['url']}   user {answer['user']}   password {answer['password']}")
        print(f"{answer['inbox']}   the chat inbox, with the same login")
    if browser:
        webbrowser.open(answer["url"])


@app.command()
def clean() -> None:
    """Forget the stopped platform's data, logs, credentials and ports. Environments stay."""
    layout = Layout.here()
    try:
        client.status(layout)
    except control.NotRunning:
        removed = forget(layout)
        out.print("Removed " + ", ".join(removed) + "." if removed else "There was nothing to remove.")
    else:
        raise files.StateError("The platform is running: stop it with `./assay down` first.")


STARTED = "The platform goes on without this command: see it with `./assay status`, stop it with `./assay down`."


@app.command()
def demo() -> None:
    """Start everything, live days of real data (one more each time), and show where the Airflow UI is."""
    layout = Layout.here()
    with interrupts.goes_on(STARTED):
        start(layout, [], err)
        import_module("local.platform.demo").run(Endpoints(layout), out)


def _zones(layout: Layout, rows: list[client.Row]) -> tuple[list[dict[str, Any]], str]:
    """What the ledgers say of each zone, and a sentence where they could not be read: that is no reason to keep
    quiet about the services."""
    warehouse = next((row for row in rows if row["service"] == "warehouse"), None)
    if warehouse is None or not client.is_ready(warehouse):
        return [], "Zones are not known while the warehouse is not up."
    trust_bundle(layout)
    try:
        zones: list[dict[str, Any]] = import_module("local.platform.zones_status").zones_status(Endpoints(layout))
    except Exception as problem:
        return [], f"Zones could not be read: {' '.join(str(problem).split())}"
    return zones, ""


def _print_services(rows: list[dict[str, Any]]) -> None:
    out.print(render.services(rows))
    print(render.service_notes(rows))
