"""A folder is a kind, or is refused by name and concerns only those who use it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay import extensions
from assay.errors import ConfigurationError
from assay.extensions import SOURCES, kinds
from assay.zones import kinds as zone_kinds

GOOD = """
from typing import Literal
from pydantic import Field
from assay.zones.fields import Source


class Ftp(Source):
    \"\"\"Files of a server.\"\"\"

    kind: Literal["ftp"]
    server: str = Field(description="Its name.")
"""
OPERATOR = "def task(zone, source, settings, contract, **arguments): ...\n"
OWN = {"airbyte", "container", "files", "sql_job"}


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on Python's path whose kinds are found."""
    folder = tmp_path / "one" / "assay_extensions" / "ingestion"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path / "one"))
    forget()
    yield folder
    forget()


def forget() -> None:
    kinds.cache_clear()
    zone_kinds.sources.cache_clear()
    for name in [name for name in sys.modules if name.startswith("assay_extensions")]:
        del sys.modules[name]


def write(folder: Path, source: str | None = GOOD, operator: str | None = OPERATOR) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("source.py", source), ("operator.py", operator)):
        if text is not None:
            (folder / name).write_text(text)
    return folder


def wrong(name: str = "ftp") -> str:
    """What is wrong with the folder of that name; the platform's own kinds are not."""
    found = zone_kinds.sources()
    assert found.right.keys() >= OWN
    assert name in OWN or name not in found.right
    return found.wrong[name]


def test_a_folder_is_a_kind_and_needs_no_list(company: Path) -> None:
    write(company / "ftp")
    found = zone_kinds.sources()
    assert found.wrong == {}
    assert found.right.keys() >= {*OWN, "ftp"}
    assert found.right["ftp"].__name__ == "Ftp"


def test_what_is_left_of_a_folder_is_nothing(company: Path) -> None:
    (company / "gone" / "__pycache__").mkdir(parents=True)
    (company / "__pycache__").mkdir()
    assert zone_kinds.sources().wrong == {}


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (None, "ftp: has no source.py; write it, or remove the folder"),
        ("import no_such_module", "source.py: cannot be imported: ModuleNotFoundError: No module named"),
        ("def (", "source.py: cannot be imported: SyntaxError"),
        ("x = 1", "source.py: has 0 classes that derive from assay.zones.fields.Source; write one"),
        (GOOD + "\n\nclass Sftp(Ftp):\n    ...\n", "source.py: has 2 classes that derive"),
        (GOOD.replace('Literal["ftp"]', "str"), 'does not say its kind; write `kind: Literal["ftp"]`'),
        (GOOD.replace('Literal["ftp"]', 'Literal["files"]'), 'does not say its kind; write `kind: Literal["ftp"]`'),
        (GOOD.replace('Literal["ftp"]', 'Literal["ftp", "sftp"]'), "does not say its kind"),
        (GOOD.replace('    """Files of a server."""', ""), "source.py: Ftp has no docstring"),
        (GOOD.replace('= Field(description="Its name.")', ""), "Ftp has the key server without a description"),
        (GOOD + '    name: str = Field(description="x")\n', "Ftp declares name again"),
        (GOOD + '    ftp: str = Field(description="x")\n', "Ftp has a key called ftp, like the kind itself"),
        (GOOD + '    model_config = {"extra": "allow"}\n', "Ftp has a configuration of its own"),
    ],
)
def test_a_folder_that_is_wrong_is_refused_with_its_file(company: Path, source: str | None, sentence: str) -> None:
    folder = write(company / "ftp", source)
    assert wrong().startswith(str(folder))
    assert sentence in wrong()


def test_a_kind_without_an_operator_is_refused(company: Path) -> None:
    write(company / "ftp", operator=None)
    assert wrong() == f"{company / 'ftp'}: has no operator.py; write it, or remove the folder"


def test_a_kind_is_called_like_no_kind_of_the_platform(company: Path) -> None:
    write(company / "files", GOOD.replace("ftp", "files"))
    assert wrong("files").startswith(f"{company / 'files'}: is called like ")
    assert zone_kinds.sources().right["files"].__module__ == "assay.ingestion.files.source"


def test_a_kind_that_is_there_twice_is_none(company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(company / "ftp")
    write(tmp_path / "two" / "assay_extensions" / "ingestion" / "ftp")
    monkeypatch.syspath_prepend(str(tmp_path / "two"))
    forget()
    assert "a name stands for one folder" in wrong()


@pytest.mark.parametrize("name", ["Ftp", "my-ftp", "ftp.old", "1ftp", "ftp_"])
def test_a_folder_whose_name_is_no_name_is_refused(company: Path, name: str) -> None:
    write(company / name)
    assert "is no name for a kind" in wrong(name)


def test_a_function_is_found_without_importing_its_file(tmp_path: Path) -> None:
    file = tmp_path / "operator.py"
    file.write_text("raise SystemExit\nfrom x import y as task\n\ndef other(): ...\n")
    assert [extensions.defines(file, name) for name in ("task", "other", "y")] == [True, True, False]
    file.write_text("def (")
    assert not extensions.defines(file, "task")


def test_a_part_that_cannot_be_imported_is_named(company: Path) -> None:
    write(company / "ftp", operator="import no_such_module")
    with pytest.raises(ConfigurationError, match=r"ftp/operator\.py: cannot be imported: ModuleNotFoundError"):
        kinds(SOURCES).right["ftp"].part("operator")
