"""`assay images`: the container images, built and pushed."""

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.common import Surroundings, err, sentences
from assay.deploy import images as maker


def images(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="airflow, dbt, loader; all by default.")] = None,
    tag: Annotated[str, typer.Option(help="The images' tag.")] = "local",
    registry: Annotated[str | None, typer.Option(help="Goes before the images' names.")] = None,
    push: Annotated[bool, typer.Option("--push/--no-push", help="Push them to the registry.")] = False,
    builder: Annotated[str | None, typer.Option(help="docker, podman or buildah; the first that is there.")] = None,
    base: Annotated[
        str | None,
        typer.Option(envvar="ASSAY_BASE_IMAGE", help="Instead of the pinned base; `stand-in` makes one from Debian."),
    ] = None,
    environment: Annotated[str, typer.Option(help="The environment whose pods the dbt image is for.")] = "local",
    zones: Annotated[
        Path | None, typer.Option(help="JSON: zone to its pods' SNOWFLAKE_* environment, without secrets.")
    ] = None,
) -> None:
    """Build the container images with the builder that is there."""
    here = context.find_object(Surroundings)
    with sentences():
        order = maker.Order(tag, registry, base, environment, maker.read_zones(zones, environment) if zones else {})
        settings = here.pip_settings() if here else {}
        for reference in maker.build(names or [], order, err.print, settings, builder, push):
            print(reference)
