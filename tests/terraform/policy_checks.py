"""Plans checked by the policies, as a job checks them: a copy of the rules, and a program that reads it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

TODAY = "2026-12-01"
Findings = dict[str, dict[str, list[dict[str, str]]]]
PolicyCheck = Callable[..., Findings]


def policy_check(
    root: Path, env_python: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> PolicyCheck:
    """Checks plans by name. `exceptions` is YAML that stands in for the repository's own; None means those."""

    def checked(plans: Mapping[str, Any], exceptions: str | None = "exceptions: []\n", today: str = TODAY) -> Findings:
        folder = tmp_path_factory.mktemp("checked")
        rules = shutil.copytree(root / "terraform" / "policy", folder / "policy")
        if exceptions is not None:
            (rules / "exceptions.yml").write_text(exceptions)
        paths = {name: folder / f"{number}.json" for number, name in enumerate(plans)}
        for name, path in paths.items():
            path.write_text(json.dumps(plans[name]))
        command = [
            env_python("delivery"),
            root / "terraform" / "policy" / "check.py",
            "--json",
            "--today",
            today,
            "--policy",
            rules,
        ]
        done = subprocess.run([*command, *paths.values()], cwd=root, capture_output=True, text=True, check=False)
        assert done.stdout, done.stderr
        findings: Findings = json.loads(done.stdout)
        refused = any(found["deny"] for found in findings.values())
        assert done.returncode == int(refused)
        return {name: findings[str(path)] for name, path in paths.items()}

    return checked


def ids(found: dict[str, list[dict[str, str]]], kind: str = "deny") -> set[str]:
    return {each["id"] for each in found[kind]}
