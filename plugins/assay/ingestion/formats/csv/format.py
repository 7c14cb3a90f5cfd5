"""How CSV files are read and copied."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from assay.ingestion.formats import Format
from assay.ingestion.reports import Report, Shape, places
from assay.ingestion.staged_files import StagedFile
from assay.sql import templates

render = templates(__file__)

COMPRESSIONS = {"gz": "GZIP", "bz2": "BZ2"}


class CsvFormat(Format):
    """Comma-separated values in UTF-8 with a header, plain or compressed with gzip or bzip2."""

    kind: Literal["csv"]

    @property
    def pattern(self) -> str:
        return r".*\.csv(\.gz)?"

    def create_reader(self, function: str) -> str:
        return render("create_reader", function=function, reader=_reader())

    def shape(self, file: StagedFile, report: Report, columns: Sequence[str]) -> Shape:
        ending = file.path.lower().rpartition(".")[2]
        return Shape(places(report, columns), COMPRESSIONS.get(ending, "NONE"), report.blank_end)

    def no_columns(self, report: Report) -> str:
        count = len(report.header or ())
        names = f"{count:,} name{'s' if count > 1 else ''}"
        return f"line 1 is a header of {names}, and none is the contract's; fields are separated by commas"

    def copy_into(
        self, load_table: str, stage: str, folder: str, files: Sequence[str], shape: Shape, null_if: Sequence[str]
    ) -> str:
        return render(
            "copy", load_table=load_table, stage=stage, folder=folder, files=files, shape=shape, null_if=null_if
        )


@cache
def _reader() -> str:
    return (Path(__file__).parent / "reader.py").read_text().strip()
