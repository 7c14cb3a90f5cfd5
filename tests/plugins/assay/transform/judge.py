"""dbt itself, in its own environment: what it makes of a project, and what it would run for a command."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SELECT = Path(__file__).with_name("asked_of_dbt.py")
LOGIN = ("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER", "SNOWFLAKE_ROLE", "SNOWFLAKE_WAREHOUSE", "SNOWFLAKE_DATABASE")


@dataclass(frozen=True)
class Dbt:
    """dbt's Python on one project, with a scratch folder that is its target. Nothing connects anywhere."""

    python: Path
    project: Path
    profiles: Path
    scratch: Path

    def run(self, *command: str) -> None:
        environment = {
            **os.environ,
            "ASSAY_ENV": "local",
            "DBT_PROJECT_DIR": str(self.project),
            "DBT_PROFILES_DIR": str(self.profiles),
            "DBT_TARGET_PATH": str(self.scratch),
            "DBT_LOG_PATH": str(self.scratch),
            "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": "none: nothing connects",
            **dict.fromkeys(LOGIN, "x"),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        done = subprocess.run(
            [self.python, *command], env=environment, cwd=self.scratch, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def manifest(self) -> dict[str, Any]:
        self.run("-m", "dbt.cli.main", "parse", "--quiet")
        found: dict[str, Any] = json.loads((self.scratch / "manifest.json").read_text())
        return found

    def selected(self, commands: Sequence[Sequence[str]]) -> list[list[str]]:
        """The nodes and tests that dbt would run, for each command."""
        asked, answered = self.scratch / "commands.json", self.scratch / "selected.json"
        asked.write_text(json.dumps([list(command) for command in commands]))
        self.run(str(SELECT), str(asked), str(answered))
        found: list[list[str]] = json.loads(answered.read_text())
        return found


def to_run(manifest: dict[str, Any], zone: str) -> set[str]:
    """Every node and test of a zone that some task must run, smoke tests among them."""
    kinds = ("model", "seed", "snapshot")
    built = {
        key for key, node in manifest["nodes"].items() if node["resource_type"] in kinds and node["fqn"][1] == zone
    }
    tested = {
        key
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "test" and (built & set(node["depends_on"]["nodes"]) or node["fqn"][1] == zone)
    }
    unit = {key for key, test in manifest["unit_tests"].items() if built & set(test["depends_on"]["nodes"])}
    return (built - ephemeral(manifest)) | tested | unit


def ephemeral(manifest: dict[str, Any]) -> set[str]:
    """What `dbt build` takes in passing and makes nothing of."""
    return {key for key, node in manifest["nodes"].items() if node["config"].get("materialized") == "ephemeral"}
