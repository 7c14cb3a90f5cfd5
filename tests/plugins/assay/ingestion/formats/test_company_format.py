"""A file format in a folder outside of the platform: its reader runs in the warehouse, and a source may name it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from assay.errors import ConfigurationError
from assay.extensions import kinds
from assay.ingestion.files.source import FilesSource
from assay.ingestion.formats import format_of, formats
from assay.ingestion.landing import Folder, land_files
from tests.plugins.assay.embedded import ZoneOnTrial
from tests.plugins.assay.weather_files import file, rows

FORMAT = '''
from typing import Literal

from assay.ingestion.formats.csv.format import CsvFormat


class ShortFormat(CsvFormat):
    """CSV of at most three records."""

    kind: Literal["short"]

    @property
    def pattern(self) -> str:
        return r".*[.]short(\\\\.gz)?"

    def create_reader(self, function: str) -> str:
        whole = super().create_reader(function)
        return whole.replace(
            "return json.dumps(read(file, name, **json.loads(options)))",
            "found = read(file, name, **json.loads(options))\\n"
            "        if found['records'] > 3:\\n"
            "            found |= {'fault': 'is one record too many', 'line': 5}\\n"
            "        return json.dumps(found)",
        )
'''.replace("\\\\", "\\")
SOURCE = {"name": "a", "table": "weather", "kind": "files", "prefix": "in/"}


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on Python's path with a format."""
    path = tmp_path / "assay_extensions" / "ingestion" / "formats" / "short" / "format.py"
    path.parent.mkdir(parents=True)
    path.write_text(FORMAT)
    monkeypatch.syspath_prepend(str(tmp_path))
    forget()
    yield path
    forget()


def forget() -> None:
    for each in (kinds, formats, format_of):
        each.cache_clear()
    for name in [name for name in sys.modules if name.startswith("assay_extensions")]:
        del sys.modules[name]


def test_files_of_the_format_are_read_by_its_reader(company: Path, weather: ZoneOnTrial) -> None:
    weather.drop("in/2013-01-01.short.gz", file(rows(1)[:3]))
    weather.drop("in/2013-01-02.short.gz", file(rows(2)[:4]))
    weather.drop("in/2013-01-03.csv.gz", file(rows(3)))
    columns = weather.contract().source_columns
    landed = land_files(weather.warehouse, weather.load("run-1"), columns, Folder("in/", format="short"))
    assert [(item.path, item.status, item.first_error) for item in landed.items] == [
        ("in/2013-01-01.short.gz", "loaded", None),
        ("in/2013-01-02.short.gz", "failed", "line 5 is one record too many"),
    ]
    assert landed.rows == 3
    made = weather.rows("show user functions in schema {db}.landing")
    assert format_of("short").reader_name.upper() in {row["name"] for row in made}


def test_a_source_may_name_it(company: Path) -> None:
    assert FilesSource.model_validate(SOURCE | {"format": "short", "pattern": ".+[.]short"}).format == "short"
    with pytest.raises(ValidationError, match="pattern is missing, and its default is for csv"):
        FilesSource.model_validate(SOURCE | {"format": "short"})


@pytest.mark.parametrize("source", [{"format": "short", "pattern": ".*x"}, {"format": "CSV"}, {"format": ""}])
def test_a_format_that_is_none_is_refused(source: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="which is no format of files: there is csv"):
        FilesSource.model_validate(SOURCE | source)
    with pytest.raises(ConfigurationError, match="is no format of files; there is csv"):
        format_of(source["format"])


def test_a_folder_that_is_wrong_is_refused_with_its_file(company: Path) -> None:
    company.write_text(FORMAT.replace('Literal["short"]', "str"))
    forget()
    with pytest.raises(ConfigurationError, match=r"short/format\.py: ShortFormat does not say its kind"):
        format_of("short")
    assert set(formats().right) == {"csv"}
