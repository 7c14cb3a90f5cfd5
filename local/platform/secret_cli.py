"""`assay secret`: values in the embedded Secrets Manager, set by hand. None is ever an argument or printed.

Rotation is beside these: it works in any environment, and comes from `assay.cli.secret`.
"""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer
from rich.console import Console

from local.company import inputs
from local.platform import readiness
from local.state.endpoints import Endpoints
from tools.runtime.layout import Layout

app = typer.Typer(name="secret", help="Set and rotate secrets in Secrets Manager.", no_args_is_help=True)
out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


@app.command("set")
def set_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as assay/pods/crm; docs/secrets.md has the forms.")],
) -> None:
    """Keep a value under a name; it is read from standard input, or asked for without being shown."""
    layout = Layout.here()
    readers = inputs.secret_readers(layout.root)
    inputs.secret_folder(name, readers)  # before the prompt asks for a value
    text = getpass.getpass(f"Value of {name}: ") if sys.stdin.isatty() else sys.stdin.read().rstrip("\n")
    value = inputs.checked_secret(name, text, readers)
    readiness.require(layout, "aws")
    created = inputs.set_secret(Endpoints(layout), name, value)
    out.print(f"{'Created' if created else 'Changed'} {name}.")


@app.command("list")
def list_() -> None:
    """Print the names of all secrets, never a value; and of those that something reads and that have none."""
    layout = Layout.here()
    readiness.require(layout, "aws")
    names = inputs.secret_names(Endpoints(layout))
    print("\n".join(names))
    for name in sorted(inputs.secret_readers(layout.root).keys() - set(names)):
        err.print(f"{name} has no value: set it with `./assay secret set {name}`.")
