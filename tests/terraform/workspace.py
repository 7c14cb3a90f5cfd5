"""A copy of the infrastructure's code, and Terraform run in it with the stand-in providers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ENVIRONMENTS = ("dev", "prod")
COPIED = (
    "terraform",
    "airbyte",
    "dags/zones",
    "plugins/assay/load_ledger/sql",
    "plugins/assay/releases/sql",
    "plugins/assay/secrets",
    "plugins/assay/grants/sql",
    "helm/assay",
)
LOCAL_STATE = 'terraform {\n  backend "local" {}\n}\n'
"""The state is in S3; here it stays in the copy."""


@dataclass(frozen=True)
class Workspace:
    """`providers` is what tells Terraform of the stand-ins."""

    folder: Path
    providers: str

    def environment(self, name: str) -> Path:
        return self.folder / "terraform" / "environments" / name

    def module(self, name: str) -> Path:
        return self.folder / "terraform" / "modules" / name

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Terraform's output and exit code; nothing outside the copy is written, no setting of this machine is read."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("TF_", "AWS_", "SNOWFLAKE_"))}
        environment = {
            **kept,
            "TF_REATTACH_PROVIDERS": self.providers,
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
        }
        return subprocess.run(
            ["terraform", *arguments, "-no-color"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def must(self, folder: Path, *arguments: str) -> str:
        done = self.run(folder, *arguments)
        assert done.returncode == 0, f"terraform {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def plan(self, environment: str) -> dict[str, Any]:
        """The plan of an environment, as `terraform show -json` prints it."""
        folder = self.environment(environment)
        if not (folder / ".terraform").exists():
            self.must(folder, "init", "-input=false")
        self.must(folder, "plan", "-input=false", "-lock=false", "-out=plan.bin")
        plan: dict[str, Any] = json.loads(self.must(folder, "show", "-json", "plan.bin"))
        return plan


def copy(root: Path, folder: Path, providers: str) -> Workspace:
    for part in COPIED:
        shutil.copytree(root / part, folder / part, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    for environment in ENVIRONMENTS:
        (folder / "terraform" / "environments" / environment / "state_override.tf").write_text(LOCAL_STATE)
    return Workspace(folder, providers)


def changes(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What the plan does, by address."""
    return {each["address"]: each for each in plan["resource_changes"]}
