"""The locks fit every Python that may start the platform: one version of each package, chosen by its marker."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.markers import Environment, default_environment
from packaging.requirements import Requirement

from tools.runtime.bootstrap import ENVS, PYTHONS, BootstrapError, check_python

LOCKS = sorted({env.lock for env in ENVS.values()})


def pins(lock: Path) -> list[Requirement]:
    lines = lock.read_text().splitlines()
    return [Requirement(line.removesuffix("\\").strip()) for line in lines if re.match(r"[a-z0-9]", line)]


def machine(python: tuple[int, int]) -> dict[str, str]:
    """How markers see CPython of this version on Linux."""
    known: Environment = default_environment()
    name = f"{python[0]}.{python[1]}"
    return {**known, "python_version": name, "python_full_version": f"{name}.9", "sys_platform": "linux"}  # type: ignore[dict-item]


def asked(source: Path) -> list[Requirement]:
    """What an .in file and the .in files that it includes ask for."""
    lines = [line.partition(" #")[0].strip() for line in source.read_text().splitlines()]
    included = [each for line in lines if line.startswith("-r ") for each in asked(source.parent / line[3:])]
    return [*included, *(Requirement(line) for line in lines if line and line[0] not in "-#")]


@pytest.mark.parametrize("python", PYTHONS, ids=lambda version: ".".join(map(str, version)))
@pytest.mark.parametrize("lock", LOCKS)
def test_each_package_has_one_version_for_each_python(lock: str, python: tuple[int, int], root: Path) -> None:
    chosen = [pin for pin in pins(root / lock) if pin.marker is None or pin.marker.evaluate(machine(python))]
    names = [pin.name for pin in chosen]
    assert sorted(names) == sorted(set(names))
    for wanted in asked(root / lock.replace(".lock", ".in")):
        if wanted.marker is None or wanted.marker.evaluate(machine(python)):
            (pin,) = [pin for pin in chosen if pin.name == wanted.name.lower()]
            assert str(pin.specifier)[2:] in wanted.specifier


@pytest.mark.parametrize("version", PYTHONS)
def test_pythons_that_the_locks_are_made_for_may_start_everything(version: tuple[int, int]) -> None:
    check_python(version)


@pytest.mark.parametrize(
    ("found", "way"),
    [
        ({"python3.11", "python3.13"}, "run `python3.13 ./assay …` or `make PYTHON=python3.13 …`"),
        (set(), "install one of python3.13, python3.12, python3.11"),
    ],
)
def test_a_newer_python_gets_a_sentence_with_one_that_is_there(found: set[str], way: str) -> None:
    with pytest.raises(BootstrapError) as refused:
        check_python((3, 14), lambda name: name if name in found else None)
    assert str(refused.value) == f"Python 3.14 is newer than the pinned packages have builds for: {way}."
