"""git-sync on one machine: Airflow's DAGs from a branch, as the cluster has them, instead of from the checkout.

    python -m local.platform.gitsync --repository FOLDER-OR-URL --branch release/local --root DIR [--period SECONDS]

Fetches the branch every few seconds. A new commit is checked out beside the one before, then the link `DIR/current` is
turned to it in one step, so a reader sees one commit whole or the other (kubernetes/git-sync does the same).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from local.emulators.common.files import StateError
from tools.runtime.layout import Layout

BRANCH = "release/local"
PERIOD_SECONDS = 2.0
LINK = "current"


@dataclass(frozen=True)
class Followed:
    """What ASSAY_GITSYNC names (`./assay up --follow`): a repository, and after a `#` a branch."""

    repository: str
    branch: str = BRANCH

    @classmethod
    def from_environment(cls) -> Followed | None:
        """What is to be followed; None where the checkout's own DAGs are used."""
        repository, _, branch = os.environ.get("ASSAY_GITSYNC", "").partition("#")
        return cls(_absolute(repository), branch or BRANCH) if repository else None


def _absolute(repository: str) -> str:
    """A folder from where the user stands; an address as it is."""
    folder = Path(os.environ.get("ASSAY_CALLER", "."), repository)
    return str(folder.resolve()) if folder.exists() else repository


def root(layout: Layout) -> Path:
    return layout.data("git-sync")


@dataclass(frozen=True)
class Sync:
    """One branch of one repository, followed into `root`."""

    repository: str
    branch: str
    root: Path

    @property
    def link(self) -> Path:
        return self.root / LINK

    def once(self) -> str | None:
        """Fetches, and turns the link if there is a new commit, whose id is returned. Raises StateError."""
        objects = self.root / "repository"
        if not (objects / "HEAD").exists():
            self._git("init", "--quiet", "--bare", str(objects))
        refspec = f"+refs/heads/{self.branch}:now"
        self._git("-C", str(objects), "fetch", "--quiet", "--no-tags", "--", self.repository, refspec)
        commit = self._git("-C", str(objects), "rev-parse", "now")
        before = self.link.resolve() if self.link.is_symlink() else None
        folder = self.root / "worktrees" / commit
        if before == folder.resolve() and folder.is_dir():
            return None
        shutil.rmtree(folder, ignore_errors=True)  # half a checkout, of an attempt that was killed
        folder.mkdir(parents=True)
        self._git("-C", str(objects), "--work-tree", str(folder), "checkout", "--force", "--quiet", commit, "--", ".")
        fresh = self.root / f".{LINK}.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(folder.relative_to(self.root))
        fresh.replace(self.link)
        for other in folder.parent.iterdir():  # readers of the one before may finish
            if other.resolve() not in (folder.resolve(), before):
                shutil.rmtree(other)
        return commit

    def _git(self, *arguments: str) -> str:
        self.root.mkdir(parents=True, exist_ok=True)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, capture_output=True, text=True, check=False,
            env=environment | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        )  # fmt: skip
        if done.returncode:
            words = " ".join(done.stderr.split())
            raise StateError(f"{self.branch} of {self.repository} cannot be followed: {words or 'git gave no reason'}")
        return done.stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m local.platform.gitsync", description="Follows a branch into a folder."
    )
    parser.add_argument("--repository", required=True)
    parser.add_argument("--branch", default=BRANCH)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--period", type=float, default=PERIOD_SECONDS, help="seconds between two looks")
    given = parser.parse_args()
    sync = Sync(given.repository, given.branch, given.root)
    while True:
        try:
            if commit := sync.once():
                print(f"{given.branch} is at {commit}", flush=True)
        except StateError as problem:
            if not sync.link.exists():
                sys.exit(f"git-sync: {problem}")
            print(f"git-sync: {problem}; what is there stays", file=sys.stderr, flush=True)
        time.sleep(given.period)


if __name__ == "__main__":
    main()
