"""The kinds of source that a zone may have: the models in the `source.py` of each kind's folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal, get_args, get_origin

from assay.errors import ConfigurationError
from assay.extensions import SOURCES, Kind, kinds
from assay.zones.fields import Source

PART = "source"


@dataclass(frozen=True)
class Sources:
    """The models by kind; and a sentence about each folder that is no kind, by its name."""

    models: Mapping[str, type[Source]]
    wrong: Mapping[str, str]


@cache
def sources() -> Sources:
    """Return the kinds that there are. A folder that is wrong stops the zones that name its kind, and no other."""
    found = kinds(SOURCES)
    models: dict[str, type[Source]] = {}
    wrong = dict(found.wrong)
    for name, kind in found.right.items():
        try:
            models[name] = model_of(kind)
        except ConfigurationError as error:
            wrong[name] = str(error)
    return Sources(MappingProxyType(models), MappingProxyType(wrong))


def model_of(kind: Kind) -> type[Source]:
    """Return the model of a kind. Raises ConfigurationError with the file and what is wrong in it."""
    module = kind.part(PART)
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Source) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise ConfigurationError(
            f"{kind.path(PART)}: has {len(found)} classes that derive from assay.zones.fields.Source; write one"
        )
    if problem := _problem(found[0], kind):
        raise ConfigurationError(f"{kind.path(PART)}: {found[0].__name__} {problem}")
    return found[0]


def _problem(model: type[Source], kind: Kind) -> str:
    """What is wrong with a kind's model, as the rest of a sentence."""
    annotation = model.model_fields["kind"].annotation
    if get_origin(annotation) is not Literal or get_args(annotation) != (kind.name,):
        return f'does not say its kind; write `kind: Literal["{kind.name}"]`, which is the name of the folder'
    if not model.__doc__:
        return "has no docstring; say in one line what the kind is"
    own = {name: field for name, field in model.model_fields.items() if name not in Source.model_fields}
    if silent := [name for name, field in own.items() if not field.description]:
        return f"has the key {silent[0]} without a description; write Field(description=…)"
    changed = [name for name in ("name", "table") if name in model.__annotations__]
    if changed:
        return f"declares {changed[0]} again, which all sources have alike; remove it"
    if kind.name in model.model_fields:
        return f"has a key called {kind.name}, like the kind itself; rename one"
    config = model.model_config
    if config.get("extra") != "forbid" or config.get("frozen") is not True or config.get("populate_by_name"):
        return "has a configuration of its own; remove it: unknown keys are refused, and nothing changes a source"
    return ""
