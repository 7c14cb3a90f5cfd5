"""Committed files that code can write are as it writes them, and `--check` says which are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import generate, reference


def test_everything_generated_is_up_to_date(root: Path) -> None:
    assert [name for name, _ in generate.outdated(root)] == [], "run `./assay generate`"


@pytest.mark.parametrize("name", reference.PAGES)
def test_each_page_of_tables_has_one(root: Path, name: str) -> None:
    assert "<!-- generated: " in (root / name).read_text()


def test_what_is_missing_or_different_is_outdated(tmp_path: Path) -> None:
    (tmp_path / "right.md").write_text("right")
    (tmp_path / "wrong.md").write_text("edited by hand")
    texts = {name: name.removesuffix(".md") for name in ("right.md", "wrong.md", "missing.md")}
    assert list(generate.outdated(tmp_path, (lambda _: texts,))) == [("wrong.md", "wrong"), ("missing.md", "missing")]


def test_check_writes_nothing_and_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "page.md").write_text("edited by hand")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(generate, "outdated", lambda root: iter([("page.md", "right")]))
    assert generate.main(["--check"]) == 1
    assert (tmp_path / "page.md").read_text() == "edited by hand"
    assert "page.md: is out of date" in capsys.readouterr().out
    assert generate.main([]) == 0
    assert (tmp_path / "page.md").read_text() == "right"
