"""`assay zone`: zone files."""

import json
from pathlib import Path
from typing import Annotated

import typer

from assay.cli.common import ZONES, AsJson, out
from assay.contracts import load_contract
from assay.errors import ConfigurationError
from assay.zones import Zone, load_zone
from assay.zones.readers import check_reads

app = typer.Typer(name="zone", help="Zone files.", no_args_is_help=True)


@app.command("check")
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Zone folders or files; all zones by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check zone files, their contracts, and that their queries are there. Ends with 1 when something is wrong."""
    folders = [_folder(path) for path in paths] if paths else sorted(file.parent for file in ZONES.glob("*/zone.yml"))
    found = {folder.name: wrong_with(folder) for folder in folders}
    if as_json:
        print(json.dumps({name: {"ok": not wrong, "errors": wrong} for name, wrong in found.items()}, indent=2))
    else:
        for name, wrong in found.items():
            out.print("\n".join(wrong) if wrong else f"{name}: ok", markup=False)
    if any(found.values()):
        raise typer.Exit(1)


def wrong_with(folder: Path) -> list[str]:
    """What is wrong with the zone in this folder, in sentences."""
    try:
        own = load_zone(folder)
        for source in own.sources:
            load_contract(folder, source.table)
        check_reads([own], _others(folder))
    except ConfigurationError as error:
        return str(error).splitlines()
    return []


def _others(folder: Path) -> list[Zone]:
    """The zones beside this one whose own files are right; a wrong one has sentences of its own."""
    found = []
    for file in sorted(folder.parent.glob("*/zone.yml")):
        try:
            found.append(load_zone(file.parent))
        except ConfigurationError:
            continue
    return found


def _folder(path: Path) -> Path:
    return path.resolve().parent if path.name == "zone.yml" else path.resolve()
