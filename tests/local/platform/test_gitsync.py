"""git-sync's stand-in: a reader sees one commit whole or the other, and what was there stays when git fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from local.emulators.common.files import StateError
from local.platform.gitsync import Followed, Sync


class Remote:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch", "release/local", str(folder))

    def git(self, *words: str) -> str:
        names = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        return subprocess.run(
            ["git", *names, *words], cwd=self.folder, capture_output=True, text=True, check=True
        ).stdout.strip()

    def commit(self, **files: str) -> str:
        self.git("rm", "-r", "--quiet", "--ignore-unmatch", ".")
        for name, text in files.items():
            (self.folder / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a deploy")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    (tmp_path / "remote").mkdir()
    return Remote(tmp_path / "remote")


def seen(sync: Sync) -> dict[str, str]:
    return {path.name: path.read_text() for path in sync.link.iterdir()}


def test_the_link_follows_the_branch_and_the_one_before_stays_for_its_readers(remote: Remote, tmp_path: Path) -> None:
    sync = Sync(str(remote.folder), "release/local", tmp_path / "served")
    first = remote.commit(a="1", b="1")
    assert sync.once() == first
    reader = sync.link.resolve()
    second = remote.commit(a="2")
    assert sync.once() == second
    assert sync.once() is None
    assert seen(sync) == {"a": "2"}
    assert (reader / "b").read_text() == "1"
    remote.git("revert", "--no-edit", "HEAD")
    sync.once()
    assert seen(sync) == {"a": "1", "b": "1"}
    assert len(list((sync.root / "worktrees").iterdir())) == 2


def test_a_forced_push_is_followed_too(remote: Remote, tmp_path: Path) -> None:
    sync = Sync(str(remote.folder), "release/local", tmp_path / "served")
    remote.commit(a="1")
    remote.commit(a="2")
    sync.once()
    remote.git("reset", "--quiet", "--hard", "HEAD^")
    sync.once()
    assert seen(sync) == {"a": "1"}


def test_a_checkout_that_was_killed_is_made_again(remote: Remote, tmp_path: Path) -> None:
    sync = Sync(str(remote.folder), "release/local", tmp_path / "served")
    commit = remote.commit(a="1")
    (sync.root / "worktrees" / commit).mkdir(parents=True)
    sync.once()
    assert seen(sync) == {"a": "1"}


def test_what_is_there_stays_when_the_remote_is_gone(remote: Remote, tmp_path: Path) -> None:
    sync = Sync(str(remote.folder), "release/local", tmp_path / "served")
    remote.commit(a="1")
    sync.once()
    remote.folder.rename(tmp_path / "moved")
    with pytest.raises(StateError, match=r"release/local of .* cannot be followed"):
        sync.once()
    assert seen(sync) == {"a": "1"}


def test_a_branch_that_is_not_there_is_named(remote: Remote, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="release/dev of"):
        Sync(str(remote.folder), "release/dev", tmp_path / "served").once()


def test_a_folder_is_followed_from_where_the_user_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_CALLER", str(tmp_path))
    (tmp_path / "origin.git").mkdir()
    for named, meant in (
        ("origin.git#release/dev", Followed(str(tmp_path / "origin.git"), "release/dev")),
        ("ssh://git.example.com/a.git", Followed("ssh://git.example.com/a.git", "release/local")),
        ("", None),
    ):
        monkeypatch.setenv("ASSAY_GITSYNC", named)
        assert Followed.from_environment() == meant


@pytest.mark.parametrize(
    "repository",
    [
        "--upload-pack=touch {evil}",
        "-c core.sshCommand=touch {evil}",
        "ext::sh -c touch% {evil}",
        "ssh://-oProxyCommand=x/y",
    ],
)
def test_an_address_is_no_option_and_no_command(tmp_path: Path, repository: str) -> None:
    evil = tmp_path / "evil"
    with pytest.raises(StateError, match="cannot be followed"):
        Sync(repository.replace("{evil}", str(evil)), "release/local", tmp_path / "synced").once()
    assert not evil.exists()


@pytest.mark.parametrize(
    "branch", ["../../x", "a..b", "release/local:refs/heads/x", "a b", "x^{tree}", "@{-1}", "*", "-x"]
)
def test_a_branch_is_one_branch_by_its_name(remote: Remote, tmp_path: Path, branch: str) -> None:
    remote.commit(a="1")
    with pytest.raises(StateError, match="cannot be followed"):
        Sync(str(remote.folder), branch, tmp_path / "synced").once()
    assert not (tmp_path / "synced" / "current").exists()


def test_a_file_of_a_branch_lies_in_its_folder(remote: Remote, tmp_path: Path) -> None:
    """Git itself has no tree with `..` in it: what names one is not checked out, and what was there stays."""
    remote.commit(a="1")
    sync = Sync(str(remote.folder), "release/local", tmp_path / "synced")
    sync.once()
    blob = remote.git("hash-object", "-w", "a")
    for name in ("..", ".git"):
        raw = f"100644 {name}".encode() + b"\0" + bytes.fromhex(blob)
        made = subprocess.run(
            ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
            cwd=remote.folder, input=raw, capture_output=True, check=True,
        )  # fmt: skip
        commit = remote.git("commit-tree", made.stdout.decode().strip(), "-m", "evil")
        remote.git("update-ref", "refs/heads/release/local", commit)
        with pytest.raises(StateError, match="cannot be followed"):
            sync.once()
        assert seen(sync) == {"a": "1"}
