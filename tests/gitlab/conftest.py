"""The pipeline as written, and a checkout of its own in which its jobs run for real, by gitlab-ci-local."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.checkout import copy_checkout
from tests.gitlab.pipeline import Job, Loader, resolved
from tools.runtime.layout import Layout

SOURCES: Mapping[str, Mapping[str, str]] = {
    "merge request": {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "7"},
    "main": {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"},
    "drift": {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main", "SCHEDULE": "drift"},
    "dependencies": {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main", "SCHEDULE": "dependencies"},
}
"""What GitLab sets, by what started a pipeline. A merge request's has no branch; a schedule says what it is for."""


@pytest.fixture(scope="session")
def written(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((root / ".gitlab-ci.yml").read_text(), Loader)
    return found


@pytest.fixture(scope="session")
def jobs(written: dict[str, Any]) -> dict[str, Job]:
    return resolved(written)


@dataclass(frozen=True)
class Runner:
    """gitlab-ci-local in a checkout: each job's script in a shell of this machine, as a runner would start it."""

    program: Path
    folder: Path
    before: tuple[str, ...] = ()

    def __call__(self, source: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs what `arguments` say in a pipeline of this source; `environment` is the runner's own."""
        variables = {"CI_PROJECT_DIR": str(self.folder), **SOURCES[source]}
        words = [str(self.program), "--force-shell-executor", "--no-color", "--state-dir", "../state"]
        words += [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
        if "CI_COMMIT_BRANCH" not in variables:
            words += ["--unset-variable", "CI_COMMIT_BRANCH"]
        return subprocess.run(
            [*self.before, *words, *arguments], cwd=self.folder, env={**os.environ, **environment},
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    def listed(self, source: str) -> dict[str, tuple[str, list[str]]]:
        """When each job of a pipeline runs (`on_success`, `manual`), and which jobs it needs."""
        done = self(source, "--list-csv")
        assert done.returncode == 0, done.stdout + done.stderr
        lines = done.stdout.splitlines()
        rows = [line.split(";") for line in lines[lines.index("name;description;stage;when;allowFailure;needs") + 1 :]]
        return {
            name: (when, [each for each in needs.strip("[]").split(",") if each]) for name, _, _, when, _, needs in rows
        }


@pytest.fixture(scope="session")
def gitlab_ci_local(root: Path) -> Path:
    """The program, installed hash by hash into the state folder; without npm or rsync what needs it is skipped."""
    missing = [program for program in ("npm", "rsync") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not on this machine: no job of the pipeline ran here")
    source = root / "tests" / "gitlab"
    names = ("package.json", "package-lock.json")
    mark = hashlib.sha256(b"".join((source / name).read_bytes() for name in names)).hexdigest()[:12]
    folder = Layout.here().state / "npm" / mark
    if not folder.exists():
        fresh = folder.with_name(f"{mark}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name in names:
            shutil.copy2(source / name, fresh / name)
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        done = subprocess.run(["npm", "ci", *options], cwd=fresh, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        fresh.rename(folder)
    return folder / "node_modules" / ".bin" / "gitlab-ci-local"


@pytest.fixture(scope="session")
def pipeline_checkout(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a runner clones: the working tree as one commit, with this machine's environments for its cache."""
    folder = tmp_path_factory.mktemp("runner") / "assay"
    copy_checkout(root, folder)
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    for words in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", "--all"),
        (*identity, "commit", "--quiet", "--message", "as it is"),
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.fixture
def run(gitlab_ci_local: Path, pipeline_checkout: Path) -> Runner:
    return Runner(gitlab_ci_local, pipeline_checkout)


@pytest.fixture
def run_planning(run: Runner, env_python: Callable[[str], Path], tmp_path: Path) -> Runner:
    """With providers that touch nothing, a state that is a file, and the repository's own judge in conftest's place."""
    for environment in ("dev", "prod"):
        stack = run.folder / "terraform" / "environments" / environment
        (stack / "state_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    judge = tmp_path / "conftest"
    judge.write_text(CONFTEST.format(python=env_python("delivery")))
    judge.chmod(0o755)
    providers = (str(env_python("delivery")), "-m", "local.emulators.terraform", "--types-of", "terraform", "--")
    return Runner(run.program, run.folder, ("env", f"PATH={tmp_path}:{os.environ['PATH']}", *providers))


CONFTEST = """\
#!/bin/sh
# conftest test --policy DIR --data FILE PLAN, by the repository's own judge of the same rules.
[ "$1 $2 $4 $5" = "test --policy --data $3/exceptions.yml" ] || {{ echo "not conftest's words: $*" >&2; exit 2; }}
exec {python} "$3/check.py" --policy "$3" "$6"
"""
