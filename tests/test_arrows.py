"""Packages import what docs/architecture.md draws and no more, never in a circle, and no pipeline job needs local/."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.arrows import Import, all_imports, by_importer, circle, drawn, imports, modules, package

FOUNDATION = "foundation"
"""The row of modules that all of `assay`, and what stands above it, may import."""
ABOVE = ("local.company", "local.platform", "local.state", "tools")


@pytest.fixture(scope="module")
def found(root: Path) -> list[Import]:
    return all_imports(root)


@pytest.fixture(scope="module")
def allowed(root: Path) -> dict[str, frozenset[str]]:
    return drawn((root / "docs" / "architecture.md").read_text())


def wrong(found: list[Import], allowed: dict[str, frozenset[str]]) -> list[str]:
    """Return a sentence for each import that is not drawn."""
    base = allowed[FOUNDATION]
    return [
        f"{each.place}: {importer} may not import {imported}: docs/architecture.md has no such arrow"
        for each in found
        if (importer := package(each.importer)) != (imported := package(each.imported))
        and imported not in allowed.get(importer, frozenset())
        and not (imported in base and (importer.startswith("assay.") or importer in ABOVE))
    ]


def test_every_import_is_drawn(found: list[Import], allowed: dict[str, frozenset[str]]) -> None:
    assert wrong(found, allowed) == []


def test_every_arrow_is_an_import(found: list[Import], allowed: dict[str, frozenset[str]]) -> None:
    made = by_importer(found, of_packages=True)
    unused = {name: each - made.get(name, set()) for name, each in allowed.items() if name != FOUNDATION}
    assert {name: each for name, each in unused.items() if each} == {}


def test_every_package_is_drawn(root: Path, allowed: dict[str, frozenset[str]]) -> None:
    there = {package(name) for name in modules(root) if name not in ("assay", "local", "local.emulators")}
    assert there - allowed[FOUNDATION] == allowed.keys() - {FOUNDATION}


def test_nothing_imports_in_a_circle(found: list[Import]) -> None:
    assert circle(by_importer(found)) == []
    assert circle(by_importer(found, of_packages=True)) == []


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("assay.releases.rules", "from local.state import ports"),
        ("assay.zones.names", "def f():\n    from assay.releases import lifecycle"),
        ("local.emulators.aws.server", "import assay.errors"),
        ("local.emulators.aws.server", "from local.state.endpoints import Endpoints"),
        ("local.company.inputs", "import_module('local.platform.cli')"),
        ("tools.runtime.layout", "from tools import command"),
    ],
)
def test_an_arrow_that_is_not_drawn_is_noticed(
    root: Path, allowed: dict[str, frozenset[str]], importer: str, line: str
) -> None:
    (said,) = wrong(list(imports(importer, Path("x.py"), line, modules(root))), allowed)
    assert said.startswith(f"x.py:{len(line.splitlines())}: {package(importer)} may not import ")


def test_a_circle_is_noticed() -> None:
    assert circle({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]}) == ["a", "b", "c", "a"]
    assert circle({"a": ["b", "c"], "b": ["c"]}) == []


def test_no_command_of_a_pipeline_job_imports_local(root: Path) -> None:
    text = (root / ".gitlab-ci.yml").read_text()
    jobs = [line for part in yaml.safe_load(re.sub(r"!reference", "", text)).values() for line in _script(part)]
    words = {match[1] for line in jobs if (match := re.match(r"\./assay ([\w-]+)", line))}
    assert {"zone", "lint", "images", "deploy"} <= words
    script = (
        "import sys; from tools.command import commands\n"
        f"for word in {sorted(words)!r}: commands([word])\n"
        "print(*sorted(name for name in sys.modules if name.split('.')[0] == 'local'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": f"{root}:{root / 'plugins'}"},
    )  # fmt: skip
    assert done.stdout.strip() == ""


def _script(job: object) -> list[str]:
    return [str(line) for line in job.get("script", [])] if isinstance(job, dict) else []
