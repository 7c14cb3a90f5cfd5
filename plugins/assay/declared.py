"""YAML files as pydantic models: what is wrong with a value, with file, line and key, and what to write instead."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from assay.errors import ConfigurationError
from assay.strict_yaml import Document

Model = TypeVar("Model", bound=BaseModel)
Item = TypeVar("Item")

KINDS = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list: [..] or a dash before each entry",
    "tuple": "a list: [..] or a dash before each entry",
    "dict": "a mapping of keys to values",
    "model": "a mapping of keys to values",
    "date": 'a date in quotes, such as "2026-01-31"',
}


def validated(model: type[Model], document: Document) -> Model:
    """The document as `model`. Values are taken as they are: no text becomes a number, no number a switch.

    Raises ConfigurationError with one line for each thing that is wrong, with file, line and key.
    """
    try:
        return model.model_validate_json(json.dumps(document.content), strict=True)
    except ValidationError as error:
        raise ConfigurationError("\n".join(sentences(error.errors(), document))) from error


def validated_list(item: type[Item], document: Document) -> list[Item]:
    """As `validated`, for a document that is a list."""
    try:
        return TypeAdapter(list[item]).validate_json(json.dumps(document.content), strict=True)  # type: ignore[valid-type]
    except ValidationError as error:
        raise ConfigurationError("\n".join(sentences(error.errors(), document))) from error


def sentences(problems: Iterable[Any], document: Document) -> list[str]:
    """A sentence for each of pydantic's errors in a document, with file, line and key."""
    return [
        document.located(sentence(problem))
        if not problem["loc"] and problem["type"] == "value_error"  # of several keys: the sentence names them
        else document.about(problem["loc"], sentence(problem), missing=problem["type"] == "missing")
        for problem in problems
    ]


def sentences_of_merged(problems: Iterable[Any], files: Mapping[str, Sequence[Document]]) -> list[str]:
    """As `sentences`, for errors whose paths begin with a file's name. Of the documents that were merged into one, the
    one that says the value is named, and the last where several do."""
    found = []
    for problem in problems:
        name, *path = problem["loc"]
        deepest = max(reversed(files[name]), key=lambda document: document.depth(path))
        found += sentences([{**problem, "loc": tuple(path)}], deepest)
    return found


def sentence(problem: Mapping[str, Any]) -> str:
    """What is wrong, as the rest of a sentence that begins with the key. `problem` is one of pydantic's errors."""
    kind, value = problem["type"], problem.get("input")
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        return "is not a key that is known here; remove it or correct its spelling"
    if (say := _SAID.get(kind)) is not None:
        return say(problem.get("ctx") or {}, value)
    if (expected := KINDS.get(kind.partition("_")[0])) is not None and kind.partition("_")[2] in _TYPES:
        return _of_another_type(expected, value)
    return str(problem["msg"]).removeprefix("Value error, ")


def shown(value: Any) -> str:
    """A value as it stands in the file, or its kind where that is long."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return json.dumps(value, ensure_ascii=False)


def _of_another_type(expected: str, value: Any) -> str:
    if value is None:
        return f"is null; it must be {expected}"
    if expected == "a text" and not isinstance(value, dict | list):
        return f'must be a text; write it in quotes: "{json.dumps(value)}"'
    return f"must be {expected}, and is {shown(value)}"


_TYPES = ("type", "parsing", "from_float", "from_date_parsing", "from_datetime_parsing", "attributes_type")
_SAID: dict[str, Callable[[Mapping[str, Any], Any], str]] = {
    "literal_error": lambda context, value: f"must be {context['expected']}, and is {shown(value)}",
    "enum": lambda context, value: f"must be {context['expected']}, and is {shown(value)}",
    "union_tag_invalid": lambda context, value: (
        f"has the kind {shown(context['tag'])}; it must be one of {context['expected_tags']}"
    ),
    "union_tag_not_found": lambda context, _: f"has no {str(context['discriminator']).strip(chr(39))}; add it",
    "string_pattern_mismatch": lambda context, value: f"is {shown(value)}, which does not match {context['pattern']}",
    "greater_than_equal": lambda context, value: f"must be at least {context['ge']}, and is {shown(value)}",
    "greater_than": lambda context, value: f"must be more than {context['gt']}, and is {shown(value)}",
    "less_than_equal": lambda context, value: f"must be at most {context['le']}, and is {shown(value)}",
    "too_short": lambda context, _: f"must have at least {context['min_length']} entries",
    "too_long": lambda context, _: f"must have at most {context['max_length']} entries",
    "string_too_short": lambda context, _: f"must have at least {context['min_length']} characters",
    "string_too_long": lambda context, _: f"must have at most {context['max_length']} characters",
}
