"""`assay airbyte`: Airbyte as the files in `airbyte/` say."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from assay import settings
from assay.cli.common import ROOT, AsJson, environment, out, sentences
from assay.ingestion.airbyte.client import AirbyteClient
from assay.ingestion.airbyte.config import AirbyteConfig
from assay.ingestion.airbyte.plan import Change, differs
from assay.secrets import connection_key
from assay.secrets_manager import SecretsManager

app = typer.Typer(name="airbyte", help="Airbyte, as the files in airbyte/ say.", no_args_is_help=True)

Prune = Annotated[
    bool, typer.Option("--prune", help="Delete what is in no file, but for connections that have synced.")
]
Forget = Annotated[
    list[str] | None,
    typer.Option("--forget", metavar="CONNECTION", help="With --prune: delete this connection although it has synced."),
]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="End with 2 where there is something to change.")]
Folder = Annotated[Path, typer.Option("--folder", help="The files, if not the repository's own.", show_default=False)]
FILES = ROOT / "airbyte"


@app.command("plan")
def plan(
    prune: Prune = False,
    forget: Forget = None,
    exit_code: ExitCode = False,
    as_json: AsJson = False,
    folder: Folder = FILES,
) -> None:
    """Say what `apply` would do, drift and rotated secrets included. Changes nothing."""
    with sentences():
        changes = _config(folder).plan(prune, forget or ())
    _report(changes, prune, exit_code, as_json, done=False)


@app.command("apply")
def apply(
    prune: Prune = False,
    forget: Forget = None,
    exit_code: ExitCode = False,
    as_json: AsJson = False,
    folder: Folder = FILES,
) -> None:
    """Create and change in place what differs from the files, and send secrets that have changed."""
    with sentences():
        changes = _config(folder).apply(prune, forget or ())
    _report(changes, prune, exit_code, as_json, done=True)


def _config(folder: Path) -> AirbyteConfig:
    secrets_manager = SecretsManager()
    connection = settings.load(ROOT / "dags", environment()).airbyte.airbyte_connection_id
    login = secrets_manager.read(connection_key(connection))
    return AirbyteConfig(AirbyteClient(login["host"], login["login"], login["password"]), folder, secrets_manager)


def _report(changes: list[Change], prune: bool, exit_code: bool, as_json: bool, done: bool) -> None:
    different = differs(changes, prune)
    if as_json:
        print(json.dumps({"differs": different, "changes": [asdict(change) for change in changes]}, indent=2))
    else:
        for change in changes:
            if change.action != "keep":
                out.print(str(change))
        if different:
            out.print("That is done." if done else "`assay airbyte apply` does it.")
        else:
            out.print("Airbyte is as the files say: there is nothing to do.")
    if exit_code and different:
        raise typer.Exit(2)
