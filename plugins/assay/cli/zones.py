"""`assay zone`: zone files."""

import json
from pathlib import Path
from typing import Annotated

import typer

from assay.checks import wrong_with_platform, wrong_with_zone
from assay.cli.common import ZONES, AsJson, out, sentences, zone_names
from assay.errors import ConfigurationError

app = typer.Typer(name="zone", help="Zone files.", no_args_is_help=True)


@app.command("check")
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Zones, by name, folder or file; all by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check what is declared: zones with all that they name, and `platform`: settings, roles, secrets and Airbyte's
    files, which are checked when no zone is named. Ends with 1 when something is wrong."""
    with sentences():
        asked = [_folder(path) for path in paths or []]
    folders = asked or sorted(path for path in ZONES.iterdir() if path.is_dir())
    found = {folder.name: wrong_with_zone(folder) for folder in folders}
    if not paths:
        found["platform"] = wrong_with_platform(ZONES.parent)
    if as_json:
        print(json.dumps({name: {"ok": not wrong, "errors": wrong} for name, wrong in found.items()}, indent=2))
    else:
        for name, wrong in found.items():
            out.print("\n".join(wrong) if wrong else f"{name}: ok")
    if any(found.values()):
        raise typer.Exit(1)


def _folder(path: Path) -> Path:
    """Return the folder of a zone that is named, or whose folder or file is given. Raises ConfigurationError for a name
    that no zone has."""
    if path.name == "zone.yml":
        return path.resolve().parent
    if path.is_dir():
        return path.resolve()
    named = ZONES / path.name
    if path.name != str(path) or not named.is_dir():
        known = ", ".join(zone_names(None))
        raise ConfigurationError(f'There is no zone "{path}"; there are {known}. Give a name, a folder or a zone.yml.')
    return named
