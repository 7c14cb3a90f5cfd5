"""Texts that mean something to some program, and every place of a pydantic model or a document that may hold a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from pydantic import BaseModel

MARKS = (
    "{{ conn.snowflake_permissions.password }}", "{% raw %}", "{# x #}", "'", '"', "`", "a\nb", "a\0b", "@channel",
    "<!channel>", "<script>alert(1)</script>", "[x](https://evil.example)", "![x](y)", "$(ASSAY_ENV)", "$$", "%(a)s",
    "${x}", "; drop table x; --", "\\", "*/ /*", "__x__ *y*", "https://evil.example", "\u202eabc", "::group::", "../..",
)  # fmt: skip

Path = tuple[str | int, ...]


def places(model: BaseModel, path: Path = ()) -> Iterator[Path]:
    """Every field of a model and of the models inside it, whether it was said or not, and every entry of its lists."""
    for name in type(model).model_fields:
        yield (*path, name)
        yield from _inside(getattr(model, name), (*path, name))


def _inside(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, BaseModel):
        yield from places(value, path)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield (*path, index)
            yield from _inside(each, (*path, index))
    elif isinstance(value, dict):
        for key, each in value.items():
            yield (*path, key)
            yield from _inside(each, (*path, key))


def leaves(document: Any, path: Path = ()) -> Iterator[Path]:
    """Every place of a document that holds a text."""
    if isinstance(document, str):
        yield path
    for key, below in document.items() if isinstance(document, dict) else enumerate(_list(document)):
        yield from leaves(below, (*path, key))


def _list(document: Any) -> list[Any]:
    return document if isinstance(document, list) else []


def found(document: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        document = document[part]
    return document


def put(document: Any, path: Sequence[str | int], value: Any) -> Any:
    """A copy of the document with another value at a path; mappings on the way there are made."""
    copy = deepcopy(document)
    inner = copy
    for part in path[:-1]:
        inner = inner.setdefault(part, {}) if isinstance(inner, dict) else inner[part]
    inner[path[-1]] = value
    return copy
