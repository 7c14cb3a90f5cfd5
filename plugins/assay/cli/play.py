"""`assay play`: Ansible's plays."""

import os
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.common import ROOT, Surroundings, sentences
from assay.deploy import ansible

Program = Annotated[
    Path, typer.Option("--ansible", envvar="ASSAY_ANSIBLE", hidden=True, help="The ansible-playbook to run.")
]


def play(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="PLAY", help="bootstrap, platform, teardown.")],
    environment: Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="local, dev, prod.")],
    program: Program = Path("ansible-playbook"),
) -> None:
    """Run one of Ansible's plays on an environment. What follows is handed to ansible-playbook."""
    here = context.find_object(Surroundings)
    with sentences():
        variables = dict(here.login()) if here and environment == "local" else {}
        status = ansible.run(ROOT, program, name, environment, context.args, {**os.environ, **variables})
    raise typer.Exit(status)
