"""The `assay` command of a checkout, from three sets of commands.

Those of `assay.cli` work in any environment, those here are for developing, those of `local.platform.cli` are for the
platform on this machine. The last are loaded only where they are asked for: no job of the pipeline needs them.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Annotated

import typer
from rich.console import Console

from assay.cli import app as anywhere
from assay.cli.common import Surroundings
from tools.runtime import interrupts
from tools.runtime.bootstrap import pip_settings, python_path
from tools.runtime.layout import Layout

app = typer.Typer()
out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

OURS = ("local.", "assay.", "tools.")
"""Where errors come from whose text is a sentence for people."""

SHARED = frozenset(("secret",))
"""Groups that have commands for any environment and commands for this machine."""

NO_PLATFORM = frozenset(("up", "down", "clean", "test", "lint", "generate", "images", "setup", "audit", "deploy-check",
                         "logs"))  # fmt: skip
"""Commands that use no running platform, or start it themselves."""

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command(context_settings=PASS_ON)
def test(context: typer.Context) -> None:
    """Run the tests, the end-to-end run included. What follows is handed to pytest."""
    raise typer.Exit(import_module("tools.testing").run(Layout.here(), context.args, out.print))


@app.command("deploy-check")
def deploy_check() -> None:
    """Check what delivers the platform: images, charts, plans, policies, the pipeline. `test` does so too."""
    raise typer.Exit(import_module("tools.testing").deploy_check(Layout.here(), out.print))


@app.command(context_settings=PASS_ON)
def lint(context: typer.Context) -> None:
    """Check style, types, SQL and YAML."""
    raise typer.Exit(import_module("tools.linting").run(Layout.here(), context.args, out.print))


@app.command()
def generate(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; end with 1 if a file is out of date.")] = False,
) -> None:
    """Write every generated file that is out of date: the tables in docs/, READMEs, the list of refusals."""
    layout = Layout.here()
    command = [str(layout.python("tests")), "-m", "tools.generate", *(["--check"] if check else [])]
    status, _ = interrupts.call(command, layout.root, {**os.environ, "PYTHONPATH": python_path(layout)})
    raise typer.Exit(status)


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
    layout, measure = Layout.here(), import_module("tools.bench")
    with interrupts.leaves_nothing():  # a platform that ran before is not of it, and goes on
        if part:
            measure.run_part(layout, part, out)
        else:
            measure.run(layout, out)


@app.command()
def audit() -> None:
    """Compare every locked package with published advisories. Ends with 1 if there are any, 3 if it could not run."""
    raise typer.Exit(import_module("tools.audit").run(Layout.here().root, print))


@app.command()
def setup() -> None:
    """Make every environment ahead of time (the launcher has done so when this runs)."""
    out.print("Every environment is ready.")


def main() -> None:
    """Run the command line. An error is one sentence and a status that is not zero."""
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(
        filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1", "localhost"])
    )
    layout = Layout.here()
    interrupts.listen()
    try:
        command = commands(sys.argv[1:])
        _prepare(layout, sys.argv[1:])
        command(prog_name="assay", obj=Surroundings(lambda: _login(layout), lambda: pip_settings(layout)))
    except interrupts.Interrupted as interrupted:
        err.print(f"assay: {interrupted.sentence()}")
        sys.exit(interrupted.status)
    except Exception as problem:
        err.print(f"assay: {error_text(problem, layout)}")
        sys.exit(1)


def commands(words: Sequence[str]) -> typer.Typer:
    """Return the commands that a command line may mean: all of them, unless its first word is known without `local`."""
    whole = typer.Typer(
        name="assay", help="A data platform in one repository.", no_args_is_help=True, add_completion=False,
        pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]},
    )  # fmt: skip
    known = _names(app) | _names(anywhere) - SHARED
    if known.isdisjoint(words[:1]):
        mount(whole, import_module("local.platform.cli").app)
    mount(whole, app)
    mount(whole, anywhere)
    return whole


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


def _names(commands: typer.Typer) -> frozenset[str | None]:
    named = {each.name or (each.callback.__name__ if each.callback else None) for each in commands.registered_commands}
    return frozenset(named | _groups(commands))


def _groups(commands: typer.Typer) -> frozenset[str | None]:
    return frozenset(group.typer_instance.info.name for group in commands.registered_groups if group.typer_instance)


def _prepare(layout: Layout, words: Sequence[str]) -> None:
    """Set what commands for any environment read from the caller's: its name, programs, and the login to AWS.

    Unless ASSAY_ENV says otherwise that is this machine's, whose login they get as they would get a cloud's. Our own
    commands get none: what they start, tests above all, has the caller's environment.
    """
    local = os.environ.setdefault("ASSAY_ENV", "local") == "local"
    os.environ.setdefault("ASSAY_ANSIBLE", str(layout.python("ansible").with_name("ansible-playbook")))
    if _groups(anywhere).isdisjoint(words[:1]):
        return
    os.environ.setdefault("ASSAY_DBT", str(layout.python("dbt").with_name("dbt")))
    if local and layout.ports.exists() and layout.credentials.exists():
        os.environ.update(_login(layout))


def _login(layout: Layout) -> Mapping[str, str]:
    """Return the environment of a client of the platform on this machine. Raises StateError if it was never started."""
    return dict(import_module("local.state.endpoints").Endpoints(layout).client_environment())


def error_text(problem: Exception, layout: Layout) -> str:
    """Return the problem in words. An unexpected one leaves its traceback in a log, which the sentence names."""
    if type(problem).__module__.startswith(OURS):
        return str(problem)
    log = layout.logs / "cli.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        traceback.print_exception(problem, file=file)
    words = " ".join(str(problem).split()).rstrip(".") or "no message"
    return f"{type(problem).__name__}: {words}. {_cause(layout)} The traceback is in {log}."


def _cause(layout: Layout) -> str:
    """Return why the platform on this machine cannot be used right now, which may be the cause of an error."""
    found = ""
    asked = NO_PLATFORM.isdisjoint(sys.argv[1:2])
    if asked and ("local.platform.cli" in sys.modules or layout.ports.exists()):
        found = str(import_module("local.platform.readiness").obstacle(layout))
    return found or "This is unexpected: please report it."


if __name__ == "__main__":
    main()
