"""What is deployed, as dbt knows it: the project of a commit, parsed by the dbt that will compare with it."""

import json
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

from assay.dbt import Dbt
from assay.errors import ConfigurationError
from assay.zones.names import CANDIDATE, GOLD

PROFILES = "images/dbt/profiles.yml"


def deployed(dbt: Dbt, repository: Path, commit: str, folder: Path) -> Path:
    """The folder with the manifest of a commit's project, as `--state` reads it. Raises ConfigurationError, DbtError.

    Gold is built in the candidate but lives in GOLD, so that is where it says gold is: a model that did not change is
    read from the live release.
    """
    archive = subprocess.run(
        ["git", "archive", "--format=tar", commit, "dbt", PROFILES], cwd=repository, capture_output=True, check=False
    )
    if archive.returncode:
        said = archive.stderr.decode().strip()
        raise ConfigurationError(f'git has no dbt project at "{commit}" ({said}): fetch it, or name another commit.')
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
    manifest = dbt.parse(folder / "dbt", folder / "state")
    manifest.write_text(json.dumps(live(json.loads(manifest.read_text()))))
    return manifest.parent


def live(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest with gold where readers find it instead of where it is built."""
    nodes = manifest["nodes"].items()
    return manifest | {
        "nodes": {name: _published(node) if node["schema"] == CANDIDATE else node for name, node in nodes}
    }


def _published(node: dict[str, Any]) -> dict[str, Any]:
    return node | {"schema": GOLD, "relation_name": f"{node['database']}.{GOLD}.{node['alias']}"}
