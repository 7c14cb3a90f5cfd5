"""Commands that work against any environment: the one that ASSAY_ENV names, with the AWS login of the caller.

A module per group of commands, each thin: it fetches, calls the verb's own package, and reports.
"""

import typer

from assay.cli import (
    airbyte,
    dbt,
    deploy,
    images,
    permissions,
    play,
    releases,
    review,
    secret,
    zones,
)

app = typer.Typer(name="assay", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
"""A traceback without the values of variables, which may be secret."""

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": ["-h", "--help"]}
"""Of commands that hand what follows to another program."""

for group in (
    airbyte,
    dbt,
    permissions,
    releases,
    review,
    secret,
    zones,
):
    app.add_typer(group.app)
app.command("deploy")(deploy.deploy)
app.command("images")(images.images)
app.command("play", context_settings=PASS_ON)(play.play)
