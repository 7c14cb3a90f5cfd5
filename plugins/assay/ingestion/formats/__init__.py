"""The file formats, a folder each: how files are read strictly in the warehouse, and how they are copied.

A file is read before it is copied: a function in the warehouse reports its columns, its records and its first fault
(`Report`), and COPY has to load as many records as the function counted.
"""

import hashlib
from collections.abc import Sequence
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from assay.errors import ConfigurationError
from assay.extensions import FORMATS, Models, models
from assay.ingestion.reports import Report, Shape
from assay.ingestion.staged_files import StagedFile

CSV = "csv"


class Format(BaseModel):
    """What every format derives from, and says of its files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(description="The name that `format` has in `zone.yml`.")

    @property
    def pattern(self) -> str:
        """A regular expression of the names of its files, where a source does not say one."""
        raise NotImplementedError

    def create_reader(self, function: str) -> str:
        """Return the statement that makes the function `function(url, name, options)` if it is not there.

        The function returns what `Report.parse` takes. `options` is JSON: the contract's `columns`, in lower case, and
        `null_if`.
        """
        raise NotImplementedError

    def shape(self, file: StagedFile, report: Report, columns: Sequence[str]) -> Shape:
        """Return what decides how a file is copied: files of one shape are copied by one statement."""
        raise NotImplementedError

    def no_columns(self, report: Report) -> str:
        """Return the fault of a file that has records and none of the contract's columns."""
        raise NotImplementedError

    def copy_into(
        self, load_table: str, stage: str, folder: str, files: Sequence[str], shape: Shape, null_if: Sequence[str]
    ) -> str:
        """Return the COPY statement of files of one shape. `folder` is the zone's, below the stage's bucket."""
        raise NotImplementedError

    @property
    def reader_name(self) -> str:
        """The function's name. It holds a fingerprint of its text, so that a new text is a new function."""
        return f"read_{self.kind}_{hashlib.sha256(self.create_reader('').encode()).hexdigest()[:12]}"


@cache
def formats() -> Models[Format]:
    """Return the formats that there are."""
    return models(FORMATS, Format)


@cache
def format_of(name: str) -> Format:
    """Raises ConfigurationError for a name that is none, or whose folder is wrong."""
    if (model := formats().right.get(name)) is None:
        known = ", ".join(sorted(formats().right))
        raise ConfigurationError(formats().wrong.get(name) or f'"{name}" is no format of files; there is {known}')
    return model(kind=name)
