"""What every verb may ask of the form that starts a run by hand. Each verb adds the fields that are its own."""

from collections.abc import Mapping
from typing import Any

MODELS = "models"


def chosen_models(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The models a run is limited to, as they were named; empty for a run of everything."""
    return tuple(params.get(MODELS) or ())
