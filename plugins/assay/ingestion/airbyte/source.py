"""What `zone.yml` says about a sync of Airbyte."""

from typing import Annotated, Literal

from pydantic import Field

from assay.zones.allowed import Name, Words
from assay.zones.fields import Source

StreamName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=200)]


class AirbyteSource(Source):
    """A sync that Airflow triggers and Airbyte runs."""

    kind: Literal["airbyte"]
    connection: Name = Field(description="A connection declared in `airbyte/connections/`.")
    stream: StreamName = Field(description="The stream of that connection that fills the table.")
    day: Words | None = Field(
        default=None,
        description="A SQL expression over the stream's columns: a record's day, by which backfills choose.",
    )
