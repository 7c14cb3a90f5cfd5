"""What a model may say about its own pod, under `config.meta.pod` in dbt."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assay.errors import ConfigurationError
from assay.settings import Duration


class PodSettings(BaseModel):
    """Each key replaces the environment's own value for this model's pods; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    cpu: str | None = Field(default=None, pattern=r"^\d+(\.\d+)?m?$")
    memory: str | None = Field(default=None, pattern=r"^\d+(Ki|Mi|Gi)$")
    retries: int | None = Field(default=None, ge=0)
    deadline: Duration | None = None


def pod_settings(node: Mapping[str, Any]) -> PodSettings | None:
    """Those of a node of the manifest, or None where it says nothing. Raises ConfigurationError with file and key."""
    said = ((node.get("config") or {}).get("meta") or {}).get("pod")
    if said is None:
        return None
    try:
        return PodSettings.model_validate(said)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(("meta", "pod", *(str(part) for part in problem["loc"])))
        message = {"extra_forbidden": f"is unknown; it may be one of {', '.join(PodSettings.model_fields)}"}.get(
            problem["type"], problem["msg"].removeprefix("Value error, ")
        )
        raise ConfigurationError(f"{node['original_file_path']}: {node['name']}: {key} {message}") from error
