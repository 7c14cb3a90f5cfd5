"""What `zone.yml` says about a query whose rows are the load."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from assay.zones.allowed import Name
from assay.zones.fields import PodSource, SecretName

EXPORTER = "assay/loader"
"""The image with the program that runs the query."""


class SqlJobSource(PodSource):
    """A query in `jobs/<job>.sql` that a pod runs against a Postgres server; its rows are the load."""

    kind: Literal["sql_job"]
    job: Name = Field(description="Names the query: `jobs/<job>.sql` in the zone's folder.")
    secret: SecretName = Field(
        default="postgres-company", description="The pod secret with the server's address and login."
    )

    def zone_files(self) -> Mapping[str, str]:
        return {"job": f"jobs/{self.job}.sql"}

    def pod_secrets(self) -> Mapping[str, Sequence[str]]:
        return {"secret": [self.secret]}

    def images(self) -> Mapping[str, str]:
        return {"job": EXPORTER}
