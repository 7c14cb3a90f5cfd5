"""Where a review builds: the zone's own database, in schemas that carry the review's name."""

import re
from dataclasses import dataclass

from assay.errors import ConfigurationError
from assay.zones import ZoneNames
from assay.zones.names import CANDIDATE, QUARANTINE

NAME = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
LAYERS = ("BRONZE", "SILVER", CANDIDATE, QUARANTINE)
VARIABLE = "ASSAY_REVIEW"
"""What tells dbt's macro generate_schema_name of the review. It is never read in dbt_project.yml."""


@dataclass(frozen=True)
class Review:
    """`name` is a merge request's (`MR_42`) or a developer's (`ANNA`). Raises ConfigurationError for another word."""

    name: str
    environment: str

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ConfigurationError(
                f'"{self.name}" cannot begin the name of a schema: use upper case letters, digits and underscores, '
                "beginning with a letter, such as MR_42."
            )
        if self.environment == "prod":
            raise ConfigurationError(
                "Nothing is reviewed in prod: set ASSAY_ENV to where merge requests build, such as dev."
            )

    def schemas(self, zone: str) -> list[str]:
        """Every schema that the review can have in a zone: `DEV_FLIGHTS.MR_42_BRONZE` and so on."""
        names = ZoneNames(self.environment, zone)
        return [names.schema(f"{self.name}_{layer}") for layer in LAYERS]
