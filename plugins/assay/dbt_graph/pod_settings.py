"""What a model says about its own pod, under `config.meta.pod` in dbt."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from assay.declared import sentence
from assay.errors import ConfigurationError
from assay.settings import Settings
from assay.settings_files import PodSettings

__all__ = ["PodSettings", "of_layer", "pod_settings"]

NOTHING = PodSettings()


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
        known = f"is unknown; it may be one of {', '.join(PodSettings.model_fields)}"
        message = known if problem["type"] == "extra_forbidden" else sentence(problem)
        raise ConfigurationError(f"{node['original_file_path']}: {node['name']}: {key} {message}") from error


def of_layer(own: PodSettings | None, layer: str, settings: Settings) -> PodSettings:
    """A model's own settings over those of its layer. Raises ConfigurationError for a pool that is not declared."""
    beneath = next((said for name, said in settings.k8s.layers.items() if name == layer), NOTHING)
    if own is None:
        return beneath
    if problem := settings.no_pool(own.pool):
        raise ConfigurationError(problem)
    return own.over(beneath)
