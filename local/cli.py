"""The `assay` command: the platform on this machine, and the platform-agnostic commands of plugins/assay beside it."""

from __future__ import annotations

import json
import os
import sys
import traceback
import webbrowser
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from local import files, interrupts, render, secret_cli, work_cli, world_cli
from local.endpoints import Endpoints
from local.layout import Layout
from local.setup import forget
from local.setup import zones as zone_names
from local.supervisor import client, control
from local.supervisor.logs import follow, tail
from local.supervisor.parts import BEFORE_DAGS, Pods
from local.tls import trust_bundle

app = typer.Typer(
    name="assay", help="A data platform in one repository.", no_args_is_help=True, add_completion=False,
    pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip
app.add_typer(world_cli.app)
app.add_typer(secret_cli.app)
app.registered_commands += work_cli.app.registered_commands
out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


@app.command()
def up(
    parts: Annotated[list[str] | None, typer.Argument(help="Parts to start; all by default.")] = None,
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
    """Start the platform (or some parts and what they need) and wait until it is ready."""
    if pods:
        os.environ["ASSAY_PODS"] = pods
    if follow_:
        os.environ["ASSAY_GITSYNC"] = follow_
    with interrupts.goes_on(STARTED):
        _print_parts(_start(Layout.here(), parts or []))


@app.command()
def down() -> None:
    """Stop the platform. No process and no port is left."""
    stopped = client.down(Layout.here())
    out.print("Stopped " + ", ".join(stopped) + "." if stopped else "Nothing was running.")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say of each part and zone how it is. Ends with 0 when every part is up, with 1 otherwise."""
    layout = Layout.here()
    try:
        rows = client.status(layout)
    except control.NotRunning as problem:
        if as_json:
            print(json.dumps({"running": False, "parts": [], "zones": [], "zones_note": ""}, indent=2))
        raise problem
    zones, note = _zones(layout, rows)
    if as_json:
        answer = {"running": True, "parts": rows, "zones": zones, "zones_note": note}
        print(json.dumps(answer, indent=2, default=str))
    else:
        _print_parts(rows)
        print()
        print(render.zones(zones) if zones else note)
    raise typer.Exit(0 if all(client.is_ready(row) for row in rows) else 1)


@app.command()
def logs(
    part: Annotated[str, typer.Argument(help="A part's name, `supervisor` or `bootstrap`.")],
    follow_: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written next.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many lines from the end.")] = 100,
) -> None:
    """Print the end of a part's log."""
    folder = Layout.here().logs
    path = folder / f"{part}.log"
    if not path.exists():
        known = ", ".join(sorted(each.stem for each in folder.glob("*.log"))) or "none yet"
        raise files.StateError(f"There is no log of “{part}”: there are logs of {known}.")
    print("\n".join(tail(path, lines)))
    if follow_:
        for text in follow(path):
            print(text, end="", flush=True)


@app.command()
def restart(part: Annotated[str, typer.Argument(help="The part to stop and start again.")]) -> None:
    """Restart one part. What depends on it keeps running."""
    layout = Layout.here()
    before = next((row["restarts"] for row in client.status(layout) if row["part"] == part), None)
    client.restart(layout, part)
    client.await_restart(layout, part, before or 0, _progress)


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
        print(import_module("local.airflow_client").Airflow(endpoints).header)
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

LOCAL_COMMANDS = frozenset(("up", "down", "clean", "test", "lint", "docs", "images", "setup", "audit",
                            "deploy-check", "logs"))  # fmt: skip
"""Commands that use no running platform, or start it themselves."""

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command()
def demo() -> None:
    """Start everything, live days of real data (one more each time), and show where the Airflow UI is."""
    layout = Layout.here()
    with interrupts.goes_on(STARTED):
        _start(layout, [])
        import_module("local.demo").run(Endpoints(layout), out)


@app.command(context_settings=PASS_ON)
def test(context: typer.Context) -> None:
    """Run the tests, the end-to-end run included. What follows is handed to pytest."""
    raise typer.Exit(import_module("local.testing").run(Layout.here(), context.args, out.print))


@app.command("deploy-check")
def deploy_check() -> None:
    """Check what delivers the platform: images, charts, plans, policies, the pipeline. `test` does so too."""
    raise typer.Exit(import_module("local.testing").deploy_check(Layout.here(), out.print))


@app.command(context_settings=PASS_ON)
def lint(context: typer.Context) -> None:
    """Check style, types, SQL and YAML."""
    raise typer.Exit(import_module("local.linting").run(Layout.here(), context.args, out.print))


@app.command(context_settings=PASS_ON | {"help_option_names": ["-h", "--help"]})
def play(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="PLAY", help="bootstrap, platform, teardown.")],
    environment: Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="local, dev, prod.")],
) -> None:
    """Run one of Ansible's plays on an environment. What follows is handed to ansible-playbook."""
    raise typer.Exit(import_module("local.plays").run(Layout.here(), name, environment, context.args))


@app.command()
def docs() -> None:
    """Write the generated tables in docs/ and dags/README.md again."""
    changed = import_module("local.reference").write(Layout.here().root)
    out.print("Written: " + ", ".join(changed) + "." if changed else "They are up to date.")


@app.command()
def bench(
    part: Annotated[
        str | None,
        typer.Argument(
            help="Only `dbt_pod`, what one model's pod costs; `expand`, what making tasks costs; or `granularity`, "
            "what a pod for a whole layer saves."
        ),
    ] = None,
) -> None:
    """Measure a run's cost against plain dbt, and other costs against their floors; write build/bench.json."""
    layout, measure = Layout.here(), import_module("local.bench")
    with interrupts.leaves_nothing():  # a platform that ran before is not of it, and goes on
        if part:
            measure.run_part(layout, part, out)
            return
        _start(layout, [])
        measure.run(Endpoints(layout), out)


@app.command()
def images(
    names: Annotated[list[str] | None, typer.Argument(help="airflow, dbt, loader; all by default.")] = None,
    tag: Annotated[str, typer.Option(help="The images' tag.")] = "local",
    registry: Annotated[str | None, typer.Option(help="Goes before the images' names.")] = None,
    push: Annotated[bool, typer.Option("--push/--no-push", help="Push them to the registry.")] = False,
    builder: Annotated[str | None, typer.Option(help="docker, podman or buildah; the first that is there.")] = None,
    base: Annotated[
        str | None,
        typer.Option(envvar="ASSAY_BASE_IMAGE", help="Instead of the pinned base; `stand-in` makes one from Debian."),
    ] = None,
    environment: Annotated[str, typer.Option(help="The environment whose pods the dbt image is for.")] = "local",
    zones: Annotated[
        Path | None, typer.Option(help="JSON: zone to its pods' SNOWFLAKE_* environment, without secrets.")
    ] = None,
) -> None:
    """Build the container images with the builder that is there."""
    maker = import_module("local.images")
    order = maker.Order(tag, registry, base, environment, maker.read_zones(zones, environment) if zones else {})
    for reference in maker.build(names or [], order, err.print, builder, push):
        print(reference)


@app.command()
def audit() -> None:
    """Compare every locked package with published advisories. Ends with 1 if there are any, 3 if it could not run."""
    raise typer.Exit(import_module("local.audit").run(Layout.here().root, print))


@app.command()
def setup() -> None:
    """Make every environment ahead of time (the launcher has done so when this runs)."""
    out.print("Every environment is ready.")


def main() -> None:
    """Runs the command line. Whatever goes wrong is one sentence and a status that is not zero."""
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(
        filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1", "localhost"])
    )
    layout = Layout.here()
    interrupts.listen()
    try:
        _mount_platform_commands(layout)
        app(prog_name="assay")
    except interrupts.Interrupted as interrupted:
        err.print(f"assay: {interrupted.sentence()}")
        sys.exit(interrupted.status)
    except Exception as problem:
        err.print(f"assay: {_sentence(problem, layout)}")
        sys.exit(1)


def _sentence(problem: Exception, layout: Layout) -> str:
    """Return the problem in words. An unexpected one leaves its traceback in a log, which the sentence names."""
    if type(problem).__module__.startswith(("local.", "assay.")):
        return str(problem)
    log = layout.logs / "cli.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        traceback.print_exception(problem, file=file)
    words = " ".join(str(problem).split()).rstrip(".") or "no message"
    cause = _unready(layout) or "This is unexpected: please report it."
    return f"{type(problem).__name__}: {words}. {cause} The traceback is in {log}."


def _unready(layout: Layout) -> str:
    """Return why the platform cannot be used right now, which may be the cause of an error; else an empty text."""
    if not LOCAL_COMMANDS.isdisjoint(sys.argv[1:2]):
        return ""
    try:
        rows = client.status(layout)
    except control.NotRunning as stopped:
        return str(stopped)
    except (OSError, ValueError):  # the supervisor is just ending; the error itself says more
        return ""
    late = [row["part"] for row in rows if not client.is_ready(row) and row["state"] != "stopped"]
    return f"Not ready: {', '.join(late)}. `./assay up` waits until every part is." if late else ""


def _mount_platform_commands(layout: Layout) -> None:
    """Adds the commands of plugins/assay/cli: those that work against any environment.

    Unless ASSAY_ENV says otherwise that is this machine's, whose login they get as they would get a cloud's. Our own
    commands get none: what they start, tests above all, has the caller's environment.
    """
    commands: typer.Typer = import_module("assay.cli").app
    groups = {group.typer_instance.info.name for group in commands.registered_groups if group.typer_instance}
    local = os.environ.setdefault("ASSAY_ENV", "local") == "local"
    if groups.intersection(sys.argv[1:2]):
        os.environ.setdefault("ASSAY_DBT", str(layout.python("dbt").with_name("dbt")))
    if local and groups.intersection(sys.argv[1:2]) and layout.ports.exists() and layout.credentials.exists():
        trust_bundle(layout)
        os.environ.update(Endpoints(layout).aws_environment())
    mount(app, commands)


def mount(whole: typer.Typer, commands: typer.Typer) -> None:
    """Add commands and groups. Commands of a group that is there already, such as `secret`, join it."""
    there = {group.typer_instance.info.name: group.typer_instance for group in whole.registered_groups
             if group.typer_instance}  # fmt: skip
    whole.registered_commands += commands.registered_commands
    for group in commands.registered_groups:
        made = group.typer_instance
        if made and (old := there.get(made.info.name)):
            old.registered_commands += [
                each for each in made.registered_commands if each not in old.registered_commands
            ]
        else:
            whole.registered_groups.append(group)


def _start(layout: Layout, names: list[str]) -> list[client.Row]:
    """Start parts and wait until they are ready. When that means all, provision the platform as well (secrets, bucket,
    databases, images), before the parts that act on DAGs: a DAG file that is read before there is a manifest is broken
    for as long, which `platform_alerts` would post, and a scheduled run would find no database."""
    if names:
        return client.up(layout, names, _progress)
    client.up(layout, BEFORE_DAGS, _progress)
    if new := set(zone_names(layout)) - set(Endpoints(layout).credentials["inbox"]):
        raise files.StateError(
            f"New since the platform was started: {', '.join(sorted(new))}. "
            f"Run `./assay down`, then `./assay up`, and they get their users and channels."
        )
    trust_bundle(layout)
    provision = import_module("local.provision")
    provision.Provision(Endpoints(layout), lambda step: err.print(f"provisioning: {step}")).run()
    return client.up(layout, [], _progress)


def _zones(layout: Layout, rows: list[client.Row]) -> tuple[list[dict[str, Any]], str]:
    """What the registers say of each zone, and a sentence where they could not be read: that is no reason to keep
    quiet about the parts."""
    warehouse = next((row for row in rows if row["part"] == "warehouse"), None)
    if warehouse is None or not client.is_ready(warehouse):
        return [], "Zones are not known while the warehouse is not up."
    trust_bundle(layout)
    try:
        zones: list[dict[str, Any]] = import_module("local.zones_status").zones_status(Endpoints(layout))
    except Exception as problem:
        return [], f"Zones could not be read: {' '.join(str(problem).split())}"
    return zones, ""


def _print_parts(rows: list[dict[str, Any]]) -> None:
    out.print(render.parts(rows))
    print(render.part_notes(rows))


def _progress(row: dict[str, Any]) -> None:
    note = f" {row['note']}" if row["note"] else ""
    err.print(f"{row['part']:24}{row['state']}{note}")


if __name__ == "__main__":
    main()
