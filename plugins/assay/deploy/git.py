"""git's plumbing: commits made from an index of their own. The user's checkout, index and branch are never touched."""

import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

from assay.deploy.content import Blob
from assay.errors import AssayError

FILE = "100644"
NONE = "0" * 40


class GitError(AssayError):
    """git refused; the text has its own words."""


@dataclass(frozen=True)
class Repository:
    """The repository that `folder` lies in. Methods raise GitError."""

    folder: Path
    _extra: Mapping[str, str] = field(default_factory=dict)

    # --- reading ----------------------------------------------------------------------------------------------------

    def commit(self, name: str) -> str | None:
        """The id of the commit that a branch or an expression names, or None."""
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", fails=True)
        return found.decode().strip() or None

    def tree(self, commit: str) -> str:
        return self._text("rev-parse", f"{commit}^{{tree}}")

    def parent(self, commit: str) -> str | None:
        return self.commit(f"{commit}^")

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether everything in `one` is in `other`."""
        return self._text("merge-base", "--all", one, other, fails=True).splitlines() == [one]

    def changed(self) -> list[str]:
        """What differs in the working tree from HEAD, files that git does not know included."""
        lines = self._git("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all").decode()
        return sorted(line[3:] for line in lines.split("\0") if line)

    def files(self, tree: str) -> dict[str, Blob]:
        """Every file of a tree or commit."""
        found = {}
        for line in self._git("ls-tree", "-r", "-z", "--full-tree", tree).decode().split("\0"):
            if line:
                kind, _, path = line.partition("\t")
                mode, _, blob = kind.split(" ")
                found[path] = Blob(mode, blob)
        return found

    def content(self, blobs: Iterable[str]) -> dict[str, bytes]:
        """Contents by id, asked for in one go."""
        wanted = sorted(set(blobs))
        answer = BytesIO(self._git("cat-file", "--batch", given="".join(f"{each}\n" for each in wanted).encode()))
        found = {}
        for each in wanted:
            header = answer.readline().split()
            if header[-1] == b"missing":
                raise GitError(f"{self.folder}: git has lost the object {each}; `git fsck` says more.")
            found[each] = answer.read(int(header[2]))
            answer.read(1)
        return found

    def identity(self) -> str:
        """Who commits here, as `Name <address>`."""
        return self._text("var", "GIT_COMMITTER_IDENT").rpartition(">")[0] + ">"

    def place_of(self, branch: str) -> str:
        """Return the path of the worktree that has the branch checked out, or an empty string."""
        return self._text("for-each-ref", "--format=%(worktreepath)", f"refs/heads/{branch}")

    # --- writing ----------------------------------------------------------------------------------------------------

    def write(self, content: bytes) -> Blob:
        return Blob(FILE, self._git("hash-object", "-w", "--stdin", given=content).decode().strip())

    def write_tree(self, files: Mapping[str, Blob]) -> str:
        """A tree of exactly these files."""
        with self._own_index() as own:
            lines = "".join(f"{blob.mode} {blob.id}\t{path}\0" for path, blob in sorted(files.items()))
            own._git("update-index", "-z", "--index-info", given=lines.encode())
            return own._text("write-tree")

    def write_working_tree(self) -> str:
        """A tree of the files as they lie in the checkout now, without those that git ignores."""
        with self._own_index() as own:
            own._git("read-tree", "HEAD")
            own._git("add", "--all", "--", ":/")
            return own._text("write-tree")

    def write_commit(self, tree: str, parent: str | None, message: str) -> str:
        parents = ["-p", parent] if parent else []
        return self._git("commit-tree", tree, *parents, given=message.encode()).decode().strip()

    def move(self, branch: str, commit: str, before: str | None, reason: str) -> None:
        """Makes `commit` the branch's newest, unless another deploy has moved the branch since it was at `before`."""
        self._git("update-ref", "-m", reason, f"refs/heads/{branch}", commit, before or NONE)

    def fetch(self, remote: str, branch: str) -> str | None:
        """The remote's newest commit of the branch, or None where it has no such branch yet."""
        reference = f"refs/heads/{branch}"
        if not self._text("ls-remote", remote, reference):
            return None
        self._git("fetch", "--quiet", "--no-tags", remote, f"+{reference}:refs/remotes/{remote}/{branch}")
        return self.commit(f"refs/remotes/{remote}/{branch}")

    def push(self, remote: str, branch: str, commit: str) -> None:
        """Never by force: what another deploy has pushed meanwhile makes git refuse it."""
        self._git("push", "--quiet", remote, f"{commit}:refs/heads/{branch}")

    # --- elsewhere --------------------------------------------------------------------------------------------------

    @contextmanager
    def unpacked(self, tree: str) -> Iterator[Path]:
        """The tree's files in a temporary folder."""
        with tempfile.TemporaryDirectory(prefix="assay-deploy-") as folder:
            with tarfile.open(fileobj=BytesIO(self._git("archive", "--format=tar", tree))) as archive:
                archive.extractall(folder, filter="data")
            yield Path(folder)

    @contextmanager
    def rehearsing(self) -> Iterator["Repository"]:
        """The same repository, where what is written is gone afterwards."""
        objects = self._text("rev-parse", "--path-format=absolute", "--git-path", "objects")
        with tempfile.TemporaryDirectory(prefix="assay-deploy-") as folder:
            yield self._with(GIT_OBJECT_DIRECTORY=folder, GIT_ALTERNATE_OBJECT_DIRECTORIES=objects)

    @contextmanager
    def _own_index(self) -> Iterator["Repository"]:
        with tempfile.TemporaryDirectory(prefix="assay-deploy-") as folder:
            yield self._with(GIT_INDEX_FILE=f"{folder}/index")

    def _with(self, **variables: str) -> "Repository":
        return replace(self, _extra={**self._extra, **variables})

    def _text(self, *arguments: str, fails: bool = False) -> str:
        return self._git(*arguments, fails=fails).decode().strip()

    def _git(self, *arguments: str, given: bytes = b"", fails: bool = False) -> bytes:
        """`fails`: a status of 1 is an answer and no error."""
        inherited = {key: value for key, value in os.environ.items() if key not in ("GIT_DIR", "GIT_INDEX_FILE")}
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=self.folder,
                env={**inherited, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **self._extra},
                input=given,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError:
            raise GitError("git is not on this machine's PATH; install it.") from None
        if done.returncode > (1 if fails else 0):
            words = " ".join(done.stderr.decode(errors="replace").split()) or f"status {done.returncode}"
            raise GitError(f"git {arguments[0]}: {words}")
        return done.stdout
