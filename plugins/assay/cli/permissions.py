"""`assay permissions`: who may do what in the warehouse, as roles.yml says."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from assay import settings
from assay.cli.common import ROOT, AsJson, environment, out, sentences, zone_names
from assay.connect import connect_by
from assay.permissions import Plan, Spec, guard, load, read
from assay.permissions import apply as carry_out
from assay.permissions import plan as planned
from assay.permissions.apply import MAX_REVOKES
from assay.permissions.look import Authors, authors, look, spec_of
from assay.warehouse import ConnectionWarehouse

app = typer.Typer(name="permissions", help="Who may do what in the warehouse, as roles.yml says.", no_args_is_help=True)
DAGS = ROOT / "dags"
MaxRevokes = Annotated[int, typer.Option("--max-revokes", min=0, help="How many grants may be taken away at once.")]
File = Annotated[Path | None, typer.Option("--file", help="Instead of dags/config/<environment>/roles.yml.")]


@app.command("plan")
def plan(as_json: AsJson = False, max_revokes: MaxRevokes = MAX_REVOKES, file: File = None) -> None:
    """Say who would gain and lose what. Ends with 0 for nothing, 2 for something, 1 for an error."""
    with sentences():
        with _warehouse(file) as (warehouse, spec):
            found = planned(spec, read(warehouse, spec))
        _report(found, as_json)
        guard(found, max_revokes)
    raise typer.Exit(2 if found else 0)


@app.command("apply")
def apply(as_json: AsJson = False, max_revokes: MaxRevokes = MAX_REVOKES, file: File = None) -> None:
    """Give and take what the file and the warehouse differ in; a second time there is nothing to do."""
    with sentences():
        with _warehouse(file) as (warehouse, spec):
            found = carry_out(warehouse, spec, max_revokes)
        _report(found, as_json)


@app.command("drift")
def drift(as_json: AsJson = False) -> None:
    """Say how the account differs from Terraform's rights and roles.yml, and who made it so. Ends with 0, 2 or 1."""
    with sentences():
        found = settings.load(DAGS, environment())
        spec = spec_of(found)
        with connect_by(found.permissions.warehouse_connection_id) as warehouse:
            differences = look(warehouse, found, spec)
            by = authors(warehouse) if differences else Authors()
        lines = [by.line(each) for each in differences]
        if as_json:
            shown = {"kind": "drift", "file": spec.file, "differences": lines, "problem": by.problem}
            print(json.dumps(shown, indent=2))
        for line in [] if as_json else [*lines, *([by.problem] if by.problem else [])]:
            out.print(line)
    raise typer.Exit(2 if differences else 0)


@contextmanager
def _warehouse(file: Path | None) -> Iterator[tuple[ConnectionWarehouse, Spec]]:
    """The login that manages grants, and the file, which is read first."""
    found = settings.load(DAGS, environment())
    spec = load(file or found.roles_file, zone_names(None), found.environment)
    with connect_by(found.permissions.warehouse_connection_id) as warehouse:
        yield warehouse, spec


def _report(found: Plan, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found.plain(), indent=2))
        return
    for line in found.lines():
        out.print(line)
    if not found:
        out.print(f"The warehouse is as {found.file} says: there is nothing to do.")
