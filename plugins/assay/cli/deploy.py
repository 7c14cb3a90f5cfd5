"""`assay deploy`: one commit that git-sync serves, and the one that takes it back."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from assay.checks import wrong_with_zone
from assay.cli.common import ZONES, AsJson, out, sentences
from assay.deploy import Images, Order, Outcome, Repository
from assay.deploy import deploy as make
from assay.deploy import revert as take_back
from assay.errors import ConfigurationError

MANIFEST = ZONES.parent / "manifest.json"


def deploy(
    environment: Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="local, dev or prod.")],
    tag: Annotated[str | None, typer.Option(help="Tag of all our images (default: the tags deployed now).")] = None,
    image: Annotated[list[str] | None, typer.Option(metavar="NAME=TAG", help="The tag of one image.")] = None,
    revert: Annotated[
        bool, typer.Option("--revert", help="Take the newest deploy back; again: bring it back.")
    ] = False,
    push: Annotated[bool, typer.Option("--push", help="Push it, after what is live in the remote.")] = False,
    remote: Annotated[str, typer.Option(help="Where --push goes.")] = "origin",
    by: Annotated[
        str | None, typer.Option(envvar="GITLAB_USER_EMAIL", help="Who deploys; otherwise whom git commits as.")
    ] = None,
    manifest: Annotated[Path, typer.Option(help="dbt's manifest of this commit.", show_default=False)] = MANIFEST,
    keep_images: Annotated[
        bool, typer.Option("--keep-images", help="The dbt project has changed, and its image was built again.")
    ] = False,
    allow_dirty: Annotated[bool, typer.Option("--allow-dirty", help="Deploy what is not committed, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and show, and move nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make one commit on the branch release/ENVIRONMENT: DAGs, zones, settings, manifest and image tags together."""
    with sentences():
        repository = Repository(ZONES.parents[1])
        order = Order(environment, by, remote if push else None, dry_run)
        if revert:
            if tag or image:
                raise ConfigurationError(
                    "--revert brings back the images of the deploy before: leave --tag and --image out."
                )
            made = take_back(repository, order)
        else:
            made = make(
                repository, order, Images(tag, _named(image or [])), manifest, wrong_with_zone,
                allow_dirty=allow_dirty, keep_images=keep_images,
            )  # fmt: skip
    if as_json:
        print(json.dumps(asdict(made), indent=2))
    else:
        _tell(made)


def _named(words: list[str]) -> dict[str, str]:
    found = {}
    for word in words:
        name, _, tag = word.partition("=")
        if not name or not tag:
            raise ConfigurationError(f'--image "{word}" must be NAME=TAG, such as assay/dbt=1.4.0.')
        found[name] = tag
    return found


def _tell(made: Outcome) -> None:
    for line in made.changes:
        out.print(f"  {line}")
    images = ", ".join(f"{name}:{tag}" for name, tag in made.images.items())
    content = f"commit {(made.source or 'unknown')[:12]} with {images}"
    where = "pushed" if made.pushed else "not pushed; --push does"
    sentence = {
        "nothing": f"There is nothing to deploy: {made.branch} serves this already ({where}).",
        "dry run": f"{made.branch} would serve {content}. Nothing was moved.",
        "deployed": f"{made.branch} serves {content} ({where}).",
        "reverted": f"{made.branch} is back at {content} ({where}).",
    }
    out.print(sentence[made.status])
