"""Plans judged by the policies, as a job judges them: a copy of the rules, and a program that reads it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

TODAY = "2026-12-01"
Verdicts = dict[str, dict[str, list[dict[str, str]]]]
Judge = Callable[..., Verdicts]


def judging(root: Path, env_python: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """Judges plans by name. `exceptions` is YAML that stands in for the repository's own; None means those."""

    def judged(plans: Mapping[str, Any], exceptions: str | None = "exceptions: []\n", today: str = TODAY) -> Verdicts:
        folder = tmp_path_factory.mktemp("judged")
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
        verdicts: Verdicts = json.loads(done.stdout)
        refused = any(verdict["deny"] for verdict in verdicts.values())
        assert done.returncode == int(refused)
        return {name: verdicts[str(path)] for name, path in paths.items()}

    return judged


def ids(verdict: dict[str, list[dict[str, str]]], kind: str = "deny") -> set[str]:
    return {each["id"] for each in verdict[kind]}
