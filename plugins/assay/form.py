"""What every verb may ask of the form that starts a run by hand. Each verb adds the fields that are its own."""

from collections.abc import Mapping
from typing import Any

MODELS, FULL_REFRESH = "models", "full_refresh"
FROM, TO = "backfill_from", "backfill_to"
LOADED = "source:*"
"""Chosen beside the models where a run that is limited to some models also loads days again."""


def chosen_models(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The models a run is limited to, as they were named; empty for a run of everything."""
    return tuple(params.get(MODELS) or ())


def chosen_tasks(params: Mapping[str, Any]) -> tuple[str, ...]:
    """What tasks are chosen by: the models, and the sources where the run loads some."""
    models = chosen_models(params)
    return (*models, LOADED) if models and any(params.get(name) for name in (FROM, TO)) else models


def asks_for_something(params: Mapping[str, Any]) -> bool:
    """Whether any field of the form was filled in."""
    return any(params.get(name) for name in (MODELS, FULL_REFRESH, FROM, TO))
