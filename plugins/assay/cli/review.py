"""`assay review`: a merge request's changes to the dbt project, built beside what is live."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from assay.ci_build import Built, Review, build, changed, deployed, drop
from assay.cli.common import ROOT, AsJson, DbtProgram, environment, err, out, sentences, zone_names
from assay.cli.tables import aligned
from assay.connect import connect, connector_arguments
from assay.dbt import Dbt
from assay.secrets import connection_key
from assay.secrets_manager import SecretsManager
from assay.zones import ServiceRole, ZoneNames

app = typer.Typer(name="review", help="Build what a merge request changes in the dbt project.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What its schemas begin with, such as MR_42.", metavar="NAME")]


@app.command("build")
def build_changed(
    name: Name,
    against: Annotated[str, typer.Option(help="The commit that is deployed, that changes are compared with.")],
    keep: Annotated[bool, typer.Option("--keep", help="Leave the schemas, to look at what was built.")] = False,
    program: DbtProgram = Path("dbt"),
    as_json: AsJson = False,
) -> None:
    """Build changed models and what follows from them, in schemas of their own, and drop these again.

    Everything else is read where it is deployed. Ends with 1 when a model or a test fails.
    """
    with sentences(), tempfile.TemporaryDirectory(prefix="assay-review-") as folder:
        review = Review(name, environment())
        dbt = Dbt(program, ROOT / "images" / "dbt", environment())
        state = deployed(dbt, ROOT, against, Path(folder) / "deployed")
        built: list[Built] = []
        for zone in changed(dbt, review, ROOT / "dbt", state, Path(folder) / "changed"):
            key = connection_key(ZoneNames(environment(), zone).connection(ServiceRole.PUBLISHER))
            try:
                target = Path(folder) / zone
                built += build(
                    dbt, review, zone, connector_arguments(SecretsManager().read(key)), ROOT / "dbt", state, target
                )
            finally:
                if not keep:
                    _drop(review, zone)
    if as_json:
        print(json.dumps([asdict(each) for each in built], indent=2))
    elif not built:
        out.print(f"Nothing in the dbt project differs from {against}.")
    else:
        print(aligned(("zone", "node", "status", "said"), [(e.zone, e.node, e.status, e.said) for e in built]))
    raise typer.Exit(1 if any(each.failed for each in built) else 0)


@app.command("drop")
def drop_changed(name: Name) -> None:
    """Drop what `build` left: after `--keep`, or when it was killed."""
    with sentences():
        review = Review(name, environment())
        for zone in zone_names(None):
            _drop(review, zone)
    err.print(f"Nothing of {name} is left.")


def _drop(review: Review, zone: str) -> None:
    with connect(review.environment, zone, ServiceRole.PUBLISHER) as warehouse:
        drop(warehouse, review, zone)
