"""A file of `dbt/macros` is named for its macro, which comes first; any other in it is a helper of that macro alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

DEFINED = re.compile(r"\{%-? *(?:macro|test|materialization) +(\w+)")
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


@pytest.fixture(scope="module")
def texts(root: Path) -> dict[str, str]:
    """Every file of the project that Jinja reads, without its comments."""
    paths = [path for kind in ("*.sql", "*.yml") for path in (root / "dbt").rglob(kind) if "target" not in path.parts]
    return {path.relative_to(root / "dbt").as_posix(): COMMENT.sub("", path.read_text()) for path in paths}


def misnamed(texts: Mapping[str, str]) -> list[str]:
    """Return each file of macros whose first macro is not the one it is named for."""
    macros = {name: DEFINED.findall(text) for name, text in texts.items() if name.startswith("macros/")}
    return [name for name, found in macros.items() if found[:1] != [Path(name).stem]]


def shared_helpers(texts: Mapping[str, str]) -> list[str]:
    """Return each helper that another file than its own calls, with both."""
    helpers = {
        helper: name
        for name, text in texts.items()
        if name.startswith("macros/")
        for helper in DEFINED.findall(text)[1:]
    }
    calls = {name: set(re.findall(r"(\w+)\(", text)) for name, text in texts.items()}
    return [
        f"{caller} calls {helper} of {home}"
        for helper, home in helpers.items()
        for caller, called in calls.items()
        if caller != home and helper in called
    ]


def test_a_file_is_named_for_its_macro(texts: dict[str, str]) -> None:
    assert len([name for name in texts if name.startswith("macros/")]) > 40
    assert misnamed(texts) == []


def test_no_macro_is_defined_twice(texts: dict[str, str]) -> None:
    found = [macro for name, text in texts.items() if name.startswith("macros/") for macro in DEFINED.findall(text)]
    assert sorted(set(found)) == sorted(found)


def test_what_several_files_call_has_a_file_of_its_own(texts: dict[str, str]) -> None:
    assert shared_helpers(texts) == []


def test_both_are_noticed() -> None:
    texts = {
        "macros/right.sql": "{% macro right() %}{{ helper() }}{% endmacro %}{% macro helper() %}{% endmacro %}",
        "macros/other.sql": "{% macro wrong() %}{{ helper() }}{% endmacro %}",
    }
    assert misnamed(texts) == ["macros/other.sql"]
    assert shared_helpers(texts) == ["macros/other.sql calls helper of macros/right.sql"]
