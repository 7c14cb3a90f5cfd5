"""Commands that work against any environment: the one that ASSAY_ENV names, with the AWS login of whoever calls."""

import getpass
import json
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from assay.connect import connect
from assay.contracts import load_contract
from assay.errors import AssayError, ConfigurationError
from assay.releases import Release, Releases
from assay.zones import Duty, Zone, ZoneNames, load_zone
from assay.zones.readers import check_reads

ZONES = Path(__file__).resolve().parents[2] / "dags" / "zones"

app = typer.Typer(name="assay", no_args_is_help=True, add_completion=False)
release = typer.Typer(
    name="release", help="Releases of a zone: what is live, what was, and back.", no_args_is_help=True
)
zone = typer.Typer(name="zone", help="Zone files.", no_args_is_help=True)
app.add_typer(release)
app.add_typer(zone)

WIDE = 200  # where nobody's terminal says how wide it is, as in a file or a pipe
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
ZoneName = Annotated[str, typer.Argument(help="The zone, such as flights.", metavar="ZONE")]
ZoneNameOrAll = Annotated[str | None, typer.Argument(help="The zone; all of them by default.", metavar="[ZONE]")]


@release.command("list")
def release_list(name: ZoneNameOrAll = None, as_json: AsJson = False) -> None:
    """Show the register of releases, newest first."""
    with _sentences():
        found = [each for zone_name in _names(name) for each in _history(zone_name)]
    if as_json:
        print(json.dumps([_plain(each) for each in found], indent=2, default=str))
        return
    table = Table("Zone", "Release", "Status", "Run", "Created (UTC)", "By", "Reason", box=None)
    for each in found:
        created = f"{each.created_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(
            each.zone, each.release_id, each.status.value, each.run_id, created, each.actor or "", each.reason or ""
        )
    out.print(table if found else "No release has been made yet.")


@release.command("show")
def release_show(name: ZoneName, as_json: AsJson = False) -> None:
    """Show what is live, and how its tables differ from the release before."""
    with _sentences():
        with _releases(name) as releases:
            live = releases.live()
            history = releases.history()
        found = next((each for each in history if each.release_id == live), None)
    if as_json:
        print(json.dumps(_plain(found) if found else None, indent=2, default=str))
        return
    if found is None:
        out.print(f"Zone {name} has published nothing yet.")
        return
    out.print(
        f"{name}: release {found.release_id} is live, from run {found.run_id}, commit {found.commit_sha or 'unknown'}."
    )
    table = Table("Table", "Rows", "Rows before", box=None)
    for title, counts in sorted(found.row_counts.items()):
        table.add_row(title.lower(), _number(counts.candidate), _number(counts.live))
    out.print(table)


@release.command("rollback")
def release_rollback(
    name: ZoneName,
    reason: Annotated[
        str, typer.Option("--reason", "-r", help="Why; it is kept in the register.")
    ] = "rolled back by hand",
    as_json: AsJson = False,
) -> None:
    """Make the previous release live again; called again, roll forward to the one that was rolled back."""
    with _sentences(), _releases(name) as releases:
        before = releases.live()
        restored = releases.rollback(reason, getpass.getuser(), operation=f"cli {uuid.uuid4()}")
    if as_json:
        print(json.dumps(_plain(restored), indent=2, default=str))
    else:
        out.print(f"{name}: release {restored.release_id} is live again, instead of {before}.")


@zone.command("check")
def zone_check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Zone folders or files; all zones by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check zone files, their contracts, and that their queries are there. Ends with 1 when something is wrong."""
    folders = [_folder(path) for path in paths] if paths else sorted(file.parent for file in ZONES.glob("*/zone.yml"))
    found = {folder.name: _wrong_with(folder) for folder in folders}
    if as_json:
        print(json.dumps({name: {"ok": not wrong, "errors": wrong} for name, wrong in found.items()}, indent=2))
    else:
        for name, wrong in found.items():
            out.print("\n".join(wrong) if wrong else f"{name}: ok", markup=False)
    if any(found.values()):
        raise typer.Exit(1)


def _wrong_with(folder: Path) -> list[str]:
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


def _names(name: str | None) -> list[str]:
    return [name] if name else sorted(file.parent.name for file in ZONES.glob("*/zone.yml"))


def _environment() -> str:
    return os.environ.get("ASSAY_ENV", "local")


@contextmanager
def _releases(name: str) -> Iterator[Releases]:
    if not (ZONES / name / "zone.yml").is_file():
        raise ConfigurationError(f'There is no zone "{name}"; there are {", ".join(_names(None))}.')
    with connect(_environment(), name, Duty.PUBLISHER) as warehouse:
        yield Releases(warehouse, ZoneNames(_environment(), name))


def _history(name: str) -> list[Release]:
    with _releases(name) as releases:
        return releases.history()


@contextmanager
def _sentences() -> Iterator[None]:
    """What goes wrong on purpose ends the command with its sentence and 1."""
    try:
        yield
    except AssayError as error:
        err.print(str(error), markup=False)
        raise typer.Exit(1) from error


def _plain(found: Release) -> dict[str, Any]:
    return asdict(found)


def _number(rows: int | None) -> str:
    return "-" if rows is None else f"{rows:,}"


if __name__ == "__main__":
    app()
