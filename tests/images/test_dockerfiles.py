"""Every Dockerfile keeps the rules, a broken one is refused, and images give pods what plain processes get."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.deploy import images
from local.platform import dbt_image, loader_image
from tools.linting import DOCKERFILES
from tools.runtime.layout import Layout

from .rules import faults, instructions


@pytest.fixture(params=images.NAMES)
def dockerfile(request: pytest.FixtureRequest, root: Path) -> str:
    return (root / "images" / str(request.param) / "Dockerfile").read_text()


def test_it_keeps_every_rule(dockerfile: str) -> None:
    assert faults(dockerfile) == []


@pytest.mark.parametrize(
    ("what", "instead", "sentence"),
    [
        (r"@sha256:\w+", "", "not pinned by tag and digest"),
        (r":3\.11\.\S+@", ":latest@", "not pinned by tag and digest"),
        (r"FROM \$\{PYTHON_IMAGE\} AS", "FROM python AS", "not pinned by tag and digest"),
        (r"USER \S+", "", "the user is root"),
        (r"USER \S+", "USER assay", "the user is assay"),
        (r"USER \S+", "USER 0:0", "the user is 0:0"),
        (r"--require-hashes ", "", "without --require-hashes"),
        (r"--no-deps ", "", "without --no-deps"),
        (r"-r /tmp/requirements.lock", "snowflake-connector-python", "without .lock"),
        (r"\Z", "ENV API_TOKEN=abc\n", "ENV API_TOKEN would keep a secret"),
        (r"\Z", "ADD https://example.com/a.tar.gz /opt\n", "ADD https"),
        (r"\Z", "COPY . /opt\n", "COPY . takes"),
        (r"\Z", "RUN curl -o /x https://example.com/x\n", "no hash is known"),
        (r"\Z", "RUN apt-get install -y gcc\n", "apt installs"),
        (r"HEALTHCHECK .*", "", "HEALTHCHECK"),
        (r"org.opencontainers.image.revision", "revision", "label revision"),
    ],
)
def test_a_broken_one_is_refused(root: Path, what: str, instead: str, sentence: str) -> None:
    whole = (root / "images" / "loader" / "Dockerfile").read_text()
    broken = re.sub(what, instead, whole)
    assert broken != whole
    assert any(sentence in fault for fault in faults(broken)), faults(broken)


def test_all_stand_on_the_same_base(root: Path) -> None:
    bases = {line for name in images.NAMES for line in _lines(root, name) if line.startswith("ARG PYTHON_IMAGE=")}
    assert len(bases) == 1


def _lines(root: Path, name: str) -> list[str]:
    return (root / "images" / name / "Dockerfile").read_text().splitlines()


def test_hadolint_is_asked_about_every_dockerfile(root: Path) -> None:
    found = {path.relative_to(root).as_posix() for path in (root / "images").rglob("Dockerfile")}
    assert set(DOCKERFILES) == found == {f"images/{name}/Dockerfile" for name in images.NAMES}


def test_a_pod_finds_the_same_settings_in_a_container_as_in_a_process(root: Path, layout: Layout) -> None:
    for name, described in (
        ("dbt", dbt_image.describe(layout.state)["env"]),
        ("loader", loader_image.describe(layout)["env"]),
    ):
        assert isinstance(described, dict)
        shipped = environment((root / "images" / name / "Dockerfile").read_text())
        assert set(described) <= set(shipped), name
        for key, value in described.items():
            if key not in ("ASSAY_ENV", "ASSAY_DBT_THREADS", "DBT_PROJECT_DIR", "DBT_PROFILES_DIR"):  # places and sizes
                assert shipped[key] == value.replace("{tmp}", "/tmp"), key


def environment(text: str) -> dict[str, str]:
    words = shlex.split(" ".join(each.rest for each in instructions(text) if each.word == "ENV"))
    return dict(word.split("=", 1) for word in words)


def test_a_build_sees_nothing_but_what_is_named(root: Path) -> None:
    lines = [line for line in (root / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    shown = [line[1:] for line in lines if line.startswith("!")]
    tracked = subprocess.run(["git", "ls-files", *shown], cwd=root, capture_output=True, text=True, check=True).stdout
    assert tracked
    copied = {
        word
        for name in images.NAMES
        for each in instructions((root / "images" / name / "Dockerfile").read_text())
        if each.word == "COPY" and "--from" not in each.rest
        for word in [word for word in each.rest.split() if not word.startswith("--")][:-1]
    }
    for source in copied:
        assert (root / source).exists(), source
        assert any(source == each or source.startswith(f"{each}/") for each in shown), source


@pytest.fixture
def layout(root: Path, tmp_path: Path, env_python: Callable[[str], Path]) -> Layout:
    return Layout(root, tmp_path)
