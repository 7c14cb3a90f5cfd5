"""What `zone.yml` says about files that others drop."""

from typing import Literal

from pydantic import Field, model_validator

from assay.zones.fields import FORMAT, NULL_IF, DayExpression, Expression, FormatName, Inbox, NullIf, Source


class FilesSource(Source):
    """Files that others drop into the zone's folder of the landing bucket."""

    kind: Literal["files"]
    prefix: str = Field(
        pattern=r"^([A-Za-z0-9_-]+/)+$", max_length=500, description="The folder below the zone's, with its last slash."
    )
    pattern: Expression = Field(
        default=r".*\.csv(\.gz)?", description="A regular expression that the file's name matches."
    )
    date_pattern: DayExpression = Field(
        default=r"\d{4}-\d{2}-\d{2}",
        description="A regular expression that finds a file's day (ISO) in its path. Backfills choose files by it, "
        "and of two rows of a key the one with the later day counts.",
    )
    null_if: NullIf = NULL_IF
    format: FormatName = FORMAT

    @model_validator(mode="after")
    def its_names_are_of_its_format(self) -> "FilesSource":
        if self.format != "csv" and "pattern" not in self.model_fields_set:
            raise ValueError("pattern is missing, and its default is for csv; say how files of this format are called")
        return self

    def inbox(self) -> Inbox:
        return Inbox("prefix", self.prefix, self.pattern)
