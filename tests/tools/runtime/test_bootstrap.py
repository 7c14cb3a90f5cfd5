"""The bootstrap's rules, and one environment made for real from a lock of one package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.runtime import bootstrap
from tools.runtime.bootstrap import ENVS, NEEDS, BootstrapError
from tools.runtime.layout import Layout


@pytest.fixture(scope="module")
def installer(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """uv, installed as the bootstrap does it, once for all tests."""
    layout = Layout(root=tmp_path_factory.mktemp("installer"), state=tmp_path_factory.mktemp("state"))
    (layout.root / "tools").mkdir()
    shutil.copytree(root / "tools" / "requirements", layout.root / "tools" / "requirements")
    layout.envs.mkdir(parents=True)
    return bootstrap.ensure_uv(layout).parent.parent


@pytest.fixture
def checkout(tmp_path: Path, root: Path, installer: Path) -> Layout:
    """A checkout whose platform needs one small package only."""
    (tmp_path / ".assay" / "envs").mkdir(parents=True)
    (tmp_path / ".assay" / "envs" / "uv").symlink_to(installer)
    requirements = tmp_path / "tools" / "requirements"
    requirements.mkdir(parents=True)
    for name in ("uv.lock", "build.lock"):
        shutil.copy(root / "tools" / "requirements" / name, requirements / name)
    lock = (root / "tools" / "requirements" / "platform.lock").read_text()
    block = re.search(r"^typing-extensions==.*?(?=^\S)", lock, re.M | re.S)
    assert block
    (requirements / "platform.lock").write_text(block.group())
    return Layout(root=tmp_path, state=tmp_path / ".assay")


def test_every_environment_has_a_lock_with_hashes_and_no_addresses(root: Path) -> None:
    for lock in [*(env.lock for env in ENVS.values()), bootstrap.BUILD_LOCK, bootstrap.UV_LOCK]:
        text = (root / lock).read_text()
        assert "--hash=sha256:" in text, lock
        assert "://" not in text, lock
        pinned = [line for line in text.splitlines() if line and line[0] not in " #-"]
        assert all("==" in line for line in pinned), lock


def test_every_command_names_environments_that_exist() -> None:
    assert {name for names in NEEDS.values() for name in names} <= set(ENVS)


def test_an_environment_is_made_once_and_again_when_its_lock_changes(
    checkout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    bootstrap.ensure(checkout, ["platform"])
    python = checkout.python("platform")
    subprocess.run([python, "-c", "import typing_extensions"], check=True)
    assert "ready after" in capsys.readouterr().err

    bootstrap.ensure(checkout, ["platform"])
    assert capsys.readouterr().err == ""

    first = (checkout.envs / "platform").resolve()
    with (checkout.root / ENVS["platform"].lock).open("a") as lock:
        lock.write("# changed\n")
    assert not bootstrap.is_current(checkout, "platform")
    bootstrap.ensure(checkout, ["platform"])
    assert (checkout.envs / "platform").resolve() != first
    assert first.exists(), "running processes may still import from it"


def test_a_kill_in_the_middle_leaves_the_old_environment_in_place(checkout: Layout) -> None:
    bootstrap.ensure(checkout, ["platform"])
    half = checkout.envs / ".versions" / f"platform-{'0' * 12}"
    half.mkdir()
    assert bootstrap.is_current(checkout, "platform")


def test_a_package_that_does_not_match_its_hash_is_refused_in_words(checkout: Layout) -> None:
    lock = checkout.root / ENVS["platform"].lock
    lock.write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", lock.read_text()))
    with pytest.raises(BootstrapError, match="did not match its pinned hash"):
        bootstrap.ensure(checkout, ["platform"])
    assert not checkout.python("platform").exists()


def test_two_commands_at_once_build_once(checkout: Layout, root: Path) -> None:
    code = (
        "from pathlib import Path; from tools.runtime import bootstrap; from tools.runtime.layout import Layout\n"
        f"bootstrap.ensure(Layout(Path({str(checkout.root)!r}), Path({str(checkout.state)!r})), ['platform'])"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code], cwd=root, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = "".join(process.communicate(timeout=120)[1] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert said.count("1/1 platform") == 2, "one start and one end"


@pytest.mark.parametrize(
    ("output", "meaning"),
    [
        ("error: failed to write: No space left on device (os error 28)", "the disk is full"),
        ("error sending request for url", "could not be reached"),
        ("invalid peer certificate: UnknownIssuer", "certificate is not trusted"),
        ("Hash mismatch for `x==1`", "did not match its pinned hash"),
    ],
)
def test_what_installers_say_is_explained(output: str, meaning: str) -> None:
    assert meaning in bootstrap.explain(output, "1/1 platform", Path("bootstrap.log"))


def test_what_nobody_foresaw_is_quoted() -> None:
    text = bootstrap.explain("$ uv pip install\nerror: strange thing\n", "1/1 platform", Path("b.log"))
    assert "“error: strange thing”" in text


def test_pips_settings_reach_uv_unless_uv_has_its_own(
    checkout: Layout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in list(os.environ):
        if name.startswith(("UV_", "PIP_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://a.example https://b.example")
    fake_uv = tmp_path / "bin" / "uv"
    fake_uv.parent.mkdir()
    (fake_uv.parent / "python").symlink_to(sys.executable)
    found = bootstrap.installer_environment(checkout, fake_uv)
    assert found["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert found["UV_INDEX"] == "https://a.example https://b.example"

    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example")
    assert "UV_INDEX" not in bootstrap.installer_environment(checkout, fake_uv)


def test_a_missing_lock_is_named(checkout: Layout) -> None:
    (checkout.root / ENVS["platform"].lock).unlink()
    with pytest.raises(BootstrapError, match=r"platform\.lock is missing"):
        bootstrap.ensure(checkout, ["platform"])


def test_the_launcher_refuses_an_old_python_with_a_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = compile((root / "assay").read_text(), "assay", "exec")
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    names: dict[str, Any] = {"__file__": str(root / "assay"), "__name__": "__main__"}
    with pytest.raises(SystemExit, match=r"assay needs Python 3\.11 or newer"):
        exec(source, names)


def test_the_marker_names_the_lock_it_was_made_from(checkout: Layout) -> None:
    bootstrap.ensure(checkout, ["platform"])
    marker = json.loads((checkout.envs / "platform" / "assay-env.json").read_text())
    assert marker["lock"] == ENVS["platform"].lock
