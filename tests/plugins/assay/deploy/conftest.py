"""A repository as a team has it: the DAGs of this one, two models, and a manifest that dbt could have made of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from assay.checks import wrong_with_zone
from assay.deploy import Images, Order, Outcome, Repository, deploy, revert
from tests.plugins.assay.transform.manifests import Project

SECONDS = "2026-01-02T03:04:05Z"


@dataclass
class Team:
    """A checkout, and what people do in it."""

    root: Path
    manifest: Path

    def git(self, *words: str) -> str:
        return subprocess.run(["git", *words], cwd=self.root, capture_output=True, text=True, check=True).stdout.strip()

    def edit(self, path: str, before: str, after: str) -> None:
        text = (self.root / path).read_text()
        assert before in text
        (self.root / path).write_text(text.replace(before, after))

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a change")
        return self.git("rev-parse", "HEAD")

    def parse(self, when: str = SECONDS) -> None:
        """What `dbt parse` does: writes the manifest of the models that there are."""
        project = Project()
        for path in sorted((self.root / "dbt" / "models").rglob("*.sql")):
            folder = path.parent.relative_to(self.root / "dbt" / "models").as_posix()
            node = project.model(path.stem, folder)
            digest = sha256(" ".join(path.read_text().split()).encode()).hexdigest()
            project.nodes[node] |= {"checksum": {"name": "sha256", "checksum": digest}, "created_at": when}
        content = {**project.manifest, "metadata": {"project_name": "assay", "generated_at": when}}
        self.manifest.write_text(json.dumps(content))

    def write_model(self, path: str, text: str) -> None:
        file = self.root / "dbt" / "models" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.parse()

    def deploy(self, environment: str = "dev", images: Images | None = None, **options: Any) -> Outcome:
        switches = {name: options.pop(name) for name in ("allow_dirty", "keep_images") if name in options}
        order = Order(environment, **options)
        return deploy(Repository(self.root), order, images or Images(), self.manifest, wrong_with_zone, **switches)

    def revert(self, environment: str = "dev", **options: Any) -> Outcome:
        return revert(Repository(self.root), Order(environment, **options))

    def served(self, path: str, environment: str = "dev") -> str:
        return self.git("show", f"release/{environment}:{path}")

    def tree(self, environment: str = "dev") -> str:
        return self.git("rev-parse", f"release/{environment}^{{tree}}")


@pytest.fixture
def team(root: Path, tmp_path: Path) -> Team:
    found = Team(tmp_path / "checkout", tmp_path / "manifest.json")
    shutil.copytree(root / "dags", found.root / "dags", ignore=shutil.ignore_patterns("manifest.json", "__pycache__"))
    found.git("init", "--quiet", "--initial-branch", "main")
    found.git("config", "user.name", "Ada")
    found.git("config", "user.email", "ada@example.com")
    found.write_model("flights/bronze/legs.sql", "select 1 as leg\n")
    found.write_model("weather/bronze/readings.sql", "select 1 as reading\n")
    found.commit()
    return found


@pytest.fixture
def remote(team: Team, tmp_path: Path) -> Path:
    """A bare repository called origin, as GitLab has it."""
    found = tmp_path / "origin.git"
    team.git("init", "--quiet", "--bare", str(found))
    team.git("remote", "add", "origin", str(found))
    return found
