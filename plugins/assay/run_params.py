"""What every verb may ask of the form that starts a run by hand. Each verb adds the fields that are its own."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from assay.errors import AssayError

MODELS, FULL_REFRESH = "models", "full_refresh"
FROM, TO = "backfill_from", "backfill_to"
FIELDS = (FROM, TO, MODELS, FULL_REFRESH)
LONGEST = 200
"""Of a name that a sentence repeats, in characters."""
LOADED = "source:*/"
"""Chosen beside the models where a run that is limited to some models also loads days again. No model has this name: a
model's name is its file's."""


class WrongForm(AssayError):
    """A run is started with what no field of its form is called."""


def check_fields(params: Mapping[str, Any], fields: Collection[str] = FIELDS) -> None:
    """Raise WrongForm where `params` have a name that no field has: Airflow passes such a value on to the run, which
    would be one of everything, as if nothing had been asked for."""
    for name in params:
        if name not in fields:
            near = get_close_matches(name, fields, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"it has {', '.join(fields)}."
            shown = name if len(name) <= LONGEST else f"{name[:LONGEST]}…"
            raise WrongForm(f'The form of this DAG has no field "{shown}"; {hint} Start it again with what is meant.')


def chosen_models(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The models a run is limited to, as they were named; empty for a run of everything."""
    return tuple(params.get(MODELS) or ())


def chosen_tasks(params: Mapping[str, Any]) -> tuple[str, ...]:
    """What tasks are chosen by: the models, and the sources where the run loads some."""
    models = chosen_models(params)
    return (*models, LOADED) if models and loads_again(params) else models


def loads_again(params: Mapping[str, Any]) -> bool:
    """Whether days of the sources are loaded again."""
    return any(params.get(name) for name in (FROM, TO))


def asks_for_something(params: Mapping[str, Any]) -> bool:
    """Whether any field of the form was filled in."""
    return any(params.get(name) for name in (MODELS, FULL_REFRESH, FROM, TO))
