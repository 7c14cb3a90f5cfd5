"""What a deploy's commit holds, and what its message says. Data in, data out: no git, no files."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from assay import yaml_scalars
from assay.errors import ConfigurationError
from assay.settings import BASE
from assay.settings_files import DeployFile

DAGS = "dags/"
CONFIG = f"{DAGS}config/"
MANIFEST = f"{DAGS}manifest.json"
PROJECT = "dbt/"
NOT_SERVED = (".md",)
MOVING = ("latest",)
_TAG = re.compile(r"^\w[\w.-]{0,127}$", re.ASCII)


@dataclass(frozen=True)
class Blob:
    """A file in git: its mode (`100644`) and the id of its content."""

    mode: str
    id: str


Files = Mapping[str, Blob]
"""Files by their paths from the repository's root, as git names them."""


@dataclass(frozen=True)
class Images:
    """Tags that a deploy asks for: one for `every` image of ours, and those that are named."""

    every: str | None = None
    named: Mapping[str, str] = field(default_factory=dict)


def branch_of(environment: str) -> str:
    return f"release/{environment}"


def deploy_path(environment: str) -> str:
    return f"{CONFIG}{environment}/deploy.yml"


def served(files: Files, environment: str) -> dict[str, Blob]:
    """Those that git-sync is to serve: all of dags/ but other environments' settings and texts for people.

    Raises ConfigurationError for an environment that has no settings.
    """
    known = sorted({path.split("/")[2] for path in files if path.startswith(CONFIG)} - {BASE})
    if environment not in known:
        raise ConfigurationError(f'There is no environment "{environment}": dags/config has {", ".join(known)}.')
    others = tuple(f"{CONFIG}{name}/" for name in known if name != environment)
    return {
        path: blob
        for path, blob in files.items()
        if path.startswith(DAGS) and not path.startswith(others) and not path.endswith(NOT_SERVED)
    }


def project_of(files: Files) -> str:
    """A digest of the dbt project: another one needs another image."""
    held = {path: blob for path, blob in files.items() if path.startswith(PROJECT) and not path.endswith(NOT_SERVED)}
    return sha256("\n".join(f"{path} {blob.id}" for path, blob in sorted(held.items())).encode()).hexdigest()[:16]


def deploy_file(source: DeployFile, live: DeployFile | None, images: Images, commit: str, project: str) -> DeployFile:
    """What deploy.yml says after the deploy: the tags that are asked for, and of other images those that are live.

    `source` is the file on the main branch: it knows the registry and which images there are. Raises ConfigurationError
    for an image that it does not name, and for a tag that no image may have or that moves.
    """
    for name in images.named:
        if name not in source.tags:
            raise ConfigurationError(f'There is no image "{name}" to tag: deploy.yml has {", ".join(source.tags)}.')
    for tag in [images.every, *images.named.values()]:
        if tag in MOVING:
            raise ConfigurationError(f'The tag "{tag}" moves, so a deploy of it cannot be rolled back; name another.')
        if tag is not None and not _TAG.match(tag):
            raise ConfigurationError(f'"{tag}" is no tag of an image: letters, digits, "_", "." and "-" make one.')
    tags = {}
    for name, default in source.tags.items():
        held = live.tags.get(name, default) if live else default
        tags[name] = images.named.get(name, images.every or held)
    return DeployFile(registry=source.registry, tags=tags, commit=commit, project=project)


def as_yaml(deploy: DeployFile) -> bytes:
    body = yaml_scalars.written(deploy.model_dump(exclude_none=True))
    return f"# Written by `assay deploy`: DAGs, manifest and images move together, in one commit.\n{body}".encode()


def check_image_follows(live: DeployFile | None, deploy: DeployFile, dbt_image: str, branch: str) -> None:
    """A model that is changed in git and not in the dbt image would run as it was, or fail in its pod.

    Raises ConfigurationError when the dbt project has changed and the tag of its image has not.
    """
    tag = deploy.tags.get(dbt_image)
    if live and live.project not in (None, deploy.project) and live.tags.get(dbt_image) == tag:
        raise ConfigurationError(
            f'The dbt project has changed since what is live on {branch}, and the image {dbt_image} stays at "{tag}", '
            f"which does not hold the change: build one and name it with --tag or --image, or say --keep-images if "
            f"that tag was built again."
        )


def changes(before: Files, after: Files) -> list[str]:
    """`added`, `changed` or `removed` and the path, by path."""
    found = dict.fromkeys(after.keys() - before.keys(), "added")
    found |= dict.fromkeys(before.keys() - after.keys(), "removed")
    found |= {path: "changed" for path in before.keys() & after.keys() if before[path] != after[path]}
    return [f"{what} {path}" for path, what in sorted(found.items())]


def message(title: str, lines: Sequence[str], trailers: Mapping[str, str]) -> str:
    """A commit message whose last paragraph git reads as trailers: who, from which commit, with which images."""
    body = [title, "", *lines] if lines else [title]
    return "\n".join([*body, "", *(f"{key}: {value}" for key, value in trailers.items()), ""])
