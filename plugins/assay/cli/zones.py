"""`assay zone`: zone files."""

import json
from pathlib import Path
from typing import Annotated

import typer

from assay.checks import wrong_with_platform, wrong_with_zone
from assay.cli.common import ZONES, AsJson, out

app = typer.Typer(name="zone", help="Zone files.", no_args_is_help=True)


@app.command("check")
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Zone folders or files; all zones by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check what is declared: zones with all that they name, and `platform`: settings, roles, secrets and Airbyte's
    files, which are checked when no zone is named. Ends with 1 when something is wrong."""
    folders = [_folder(path) for path in paths] if paths else sorted(path for path in ZONES.iterdir() if path.is_dir())
    found = {folder.name: wrong_with_zone(folder) for folder in folders}
    if not paths:
        found["platform"] = wrong_with_platform(ZONES.parent)
    if as_json:
        print(json.dumps({name: {"ok": not wrong, "errors": wrong} for name, wrong in found.items()}, indent=2))
    else:
        for name, wrong in found.items():
            out.print("\n".join(wrong) if wrong else f"{name}: ok", markup=False)
    if any(found.values()):
        raise typer.Exit(1)


def _folder(path: Path) -> Path:
    return path.resolve().parent if path.name == "zone.yml" else path.resolve()
