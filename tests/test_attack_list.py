"""Each line of the attack list in docs/security.md names tests that are there, and that no everyday run leaves out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ATTACKS = re.compile(r"^\| (?!attack|-)(?P<attack>.+?) \| (?P<tests>.+) \|$", re.MULTILINE)


def test_every_attack_has_its_test(root: Path) -> None:
    lines = list(ATTACKS.finditer((root / "docs" / "security.md").read_text().replace("|---|---|\n", "")))
    assert len(lines) > 15
    for line in lines:
        named = NAMED.findall(line["tests"])
        assert named, f"{line['attack']}: name its test"
        assert NAMED.sub("", line["tests"]).strip(" ,") == ""
        for file, name in named:
            tree = ast.parse((root / file).read_text())
            found = [each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == name]
            assert found, f"{file} has no {name}"
            assert "deep" not in "".join(ast.unparse(each) for each in found[0].decorator_list), f"{name} is left out"
