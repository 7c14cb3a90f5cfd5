"""What is deployed, as dbt knows it: the project of a commit, parsed by the dbt that will compare with it."""

import json
import os
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from assay.errors import AssayError, ConfigurationError
from assay.zones.names import CANDIDATE, GOLD

PROFILES = "images/dbt/profiles.yml"
NOBODY = dict.fromkeys(
    ("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER", "SNOWFLAKE_ROLE", "SNOWFLAKE_WAREHOUSE", "SNOWFLAKE_DATABASE"), "NOBODY"
) | {"DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": "not needed to parse"}
SETTINGS = {
    "DBT_PROFILE": "assay",
    "DBT_TARGET": "zone",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_LOG_LEVEL_FILE": "none",
    "DBT_USE_COLORS": "false",
}


class DbtError(AssayError):
    """dbt could not do what it was asked for; its own words were printed."""


@dataclass(frozen=True)
class Dbt:
    """The dbt that is run: its program, the folder of profiles.yml, and the environment whose names it makes."""

    program: Path
    profiles: Path
    environment: str

    def run(self, command: Sequence[str], project: Path, target: Path, variables: Mapping[str, str] = NOBODY) -> int:
        """dbt's exit code; 0 and 1 say how nodes went. Its words go to standard error. Raises DbtError otherwise."""
        return self._start(command, project, target, variables, stdout=2).returncode

    def parse(self, project: Path, target: Path) -> Path:
        """The manifest of a project, written below `target`. Nothing is connected to. Raises DbtError."""
        if self.run(["--quiet", "parse", "--no-partial-parse"], project, target):
            raise DbtError(f"dbt cannot parse {project}; the reason is above.")
        return target / "manifest.json"

    def names(self, command: Sequence[str], project: Path, target: Path, variables: Mapping[str, str]) -> list[str]:
        """The lines that dbt prints. Raises DbtError where it cannot say."""
        done = self._start(["--quiet", "ls", *command], project, target, variables, stdout=subprocess.PIPE)
        if done.returncode:
            raise DbtError(f"dbt cannot read the project: {done.stdout.strip()}")
        return [line for line in done.stdout.splitlines() if line]

    def _start(
        self, command: Sequence[str], project: Path, target: Path, variables: Mapping[str, str], stdout: int
    ) -> "subprocess.CompletedProcess[str]":
        ours = {key: value for key, value in os.environ.items() if not key.startswith(("DBT_", "SNOWFLAKE_"))}
        ours |= {**SETTINGS, **variables, "ASSAY_ENV": self.environment}
        folders = {"project-dir": project, "profiles-dir": self.profiles, "target-path": target, "log-path": target}
        words = [word for option, folder in folders.items() for word in (f"--{option}", str(folder))]
        try:
            done = subprocess.run([self.program, *command, *words], env=ours, stdout=stdout, text=True, check=False)
        except OSError as problem:
            raise ConfigurationError(
                f"{self.program} cannot be started ({problem.strerror}): say with --dbt where dbt is."
            ) from problem
        if done.returncode not in (0, 1):
            raise DbtError(f"dbt ended with {done.returncode}; the reason is above.")
        return done


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
