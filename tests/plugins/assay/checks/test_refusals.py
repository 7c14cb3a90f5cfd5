"""Every wrong declaration is refused at check time, with file, line and key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assay.checks import wrong_with_platform, wrong_with_zone
from tests.plugins.assay.checks.cases import CASES, Case

pytestmark = pytest.mark.core

PARTS = ("dags", "airbyte", "dbt/models", "dbt/seeds", "docs/runbooks", "helm", "ansible", "terraform/policy")
FILES = ("docs/permissions.md", "dbt/dbt_project.yml", ".gitlab-ci.yml")


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """A copy of what is declared, which a test may break."""
    for part in PARTS:
        shutil.copytree(root / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "manifest.json"))
    for file in FILES:
        shutil.copy(root / file, tmp_path / file)
    return tmp_path


def said(checkout: Path) -> list[str]:
    """What `assay zone check` says."""
    zones = sorted(path for path in (checkout / "dags/zones").iterdir() if path.is_dir())
    return [*(each for zone in zones for each in wrong_with_zone(zone)), *wrong_with_platform(checkout / "dags")]


def break_(checkout: Path, case: Case) -> int:
    """Edit the file, and return the line that the sentence must name."""
    path = checkout / case.file
    if not case.before:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(case.after)
        return 1
    before = path.read_text()
    assert before.count(case.before) >= 1, f"{case.file} has changed: this needs another edit"
    after = before.replace(case.before, case.after, 1)
    path.write_text(after)
    if case.at:
        return after[: after.index(case.at)].count("\n") + 1
    return next(
        number
        for number, (old, new) in enumerate(zip([*before.splitlines(), ""], [*after.splitlines(), ""], strict=False), 1)
        if old != new
    )


def test_what_the_repository_declares_is_right(checkout: Path) -> None:
    assert said(checkout) == []


def test_what_every_environment_lacks_is_one_sentence_that_names_them(checkout: Path) -> None:
    file = checkout / "dags/zones/flights/zone.yml"
    file.write_text(file.read_text().replace('"#zone-flights"', '"#zone-fligths"'))
    (sentence,) = said(checkout)
    assert 'channel "#zone-fligths" is not declared, did you mean "#zone-flights"?' in sentence
    assert sentence.endswith("(in dev, local, prod)")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_refused_with_file_line_and_key(checkout: Path, case: Case) -> None:
    line = break_(checkout, case)
    found = said(checkout)
    assert [each for each in found if each.startswith(f"{case.path}:{line}: ") and case.words in each], (
        line,
        found,
    )


def test_a_secret_for_a_zone_that_there_is_not_is_refused(root: Path, checkout: Path) -> None:
    shutil.rmtree(checkout / "dags/zones/flights")
    line = (root / "plugins/assay/secrets/pods.yml").read_text().split("zones: [flights]")[0].count("\n") + 1
    assert f'secrets/pods.yml:{line}: [3].zones[0] "flights" is not a zone; remove it or correct its spelling' in said(
        checkout
    )


def test_a_seed_whose_changes_dbt_would_not_see_is_refused(checkout: Path) -> None:
    seed = checkout / "dbt/seeds/flights/airlines.csv"
    seed.write_text(seed.read_text() * 3000)
    (found,) = said(checkout)
    assert found.startswith("dbt/seeds/flights/airlines.csv:1: has ")
    assert "dbt does not see what changes" in found


def test_there_are_a_hundred_and_no_two_are_the_same() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 100
