"""The program dbt, started beside the platform: for merge requests, the slim manifest and the documentation site."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.errors import AssayError, ConfigurationError

NO_LOGIN = dict.fromkeys(
    ("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER", "SNOWFLAKE_ROLE", "SNOWFLAKE_WAREHOUSE", "SNOWFLAKE_DATABASE"), "NO_LOGIN"
) | {"DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": "not needed to parse"}
SETTINGS = {
    "DBT_PROFILE": "assay",
    "DBT_TARGET": "zone",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_LOG_LEVEL_FILE": "none",
    "DBT_USE_COLORS": "false",
}
STANDARD_ERROR = 2


class DbtError(AssayError):
    """dbt could not do what it was asked for; its own words are in the text, or were printed."""


@dataclass(frozen=True)
class Dbt:
    """The program, the folder of profiles.yml, and the environment (`local`, `dev`, `prod`) whose names it makes."""

    program: Path
    profiles: Path
    environment: str

    def run(self, command: Sequence[str], project: Path, target: Path, variables: Mapping[str, str] = NO_LOGIN) -> int:
        """dbt's exit code; 0 and 1 say how nodes went. Its words go to standard error. Raises DbtError otherwise."""
        done = self.start(command, project, target, variables, stdout=STANDARD_ERROR)
        if done.returncode not in (0, 1):
            raise DbtError(f"dbt ended with {done.returncode}; the reason is above.")
        return done.returncode

    def parse(self, project: Path, target: Path) -> Path:
        """The manifest of a project, written below `target`. Nothing is connected to. Raises DbtError."""
        if self.run(["--quiet", "parse", "--no-partial-parse"], project, target):
            raise DbtError(f"dbt cannot parse {project}; the reason is above.")
        return target / "manifest.json"

    def names(self, command: Sequence[str], project: Path, target: Path, variables: Mapping[str, str]) -> list[str]:
        """The lines that `dbt ls` prints. Raises DbtError where it cannot say."""
        done = self.start(["--quiet", "ls", *command], project, target, variables, stdout=subprocess.PIPE)
        if done.returncode:
            raise DbtError(f"dbt cannot read the project: {done.stdout.strip()}")
        return [line for line in done.stdout.splitlines() if line]

    def start(
        self,
        command: Sequence[str],
        project: Path,
        target: Path,
        variables: Mapping[str, str],
        stdout: int,
        stderr: int | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run dbt and return the finished process, whatever its exit code.

        `DBT_*` and `SNOWFLAKE_*` of the caller's shell are dropped, so that it does the same wherever it runs. Raises
        ConfigurationError where there is no such program.
        """
        ours = {key: value for key, value in os.environ.items() if not key.startswith(("DBT_", "SNOWFLAKE_"))}
        ours |= {**SETTINGS, **variables, "ASSAY_ENV": self.environment}
        folders = {"project-dir": project, "profiles-dir": self.profiles, "target-path": target, "log-path": target}
        words = [word for option, folder in folders.items() for word in (f"--{option}", str(folder))]
        try:
            return subprocess.run(
                [self.program, *command, *words], env=ours, stdout=stdout, stderr=stderr, text=True, check=False
            )
        except OSError as problem:
            raise ConfigurationError(
                f"{self.program} cannot be started ({problem.strerror}): say with --dbt where dbt is."
            ) from problem
