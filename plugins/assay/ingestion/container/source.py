"""What `zone.yml` says about a program in a container."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from assay.zones.fields import FORMAT, Argument, FormatName, Image, PodSource, SecretNames


class ContainerSource(PodSource):
    """Any program in any language that writes files to the folder it is given."""

    kind: Literal["container"]
    image: Image = Field(description="An image's name; registry and tag come from the environment's configuration.")
    command: list[Argument] = Field(min_length=1, description="The program on the image's PATH and its arguments.")
    format: FormatName = FORMAT
    secrets: SecretNames = Field(default=[], description="Pod secrets whose keys become environment variables.")

    def pod_secrets(self) -> Mapping[str, Sequence[str]]:
        return {"secrets": self.secrets}

    def images(self) -> Mapping[str, str]:
        return {"image": self.image}
