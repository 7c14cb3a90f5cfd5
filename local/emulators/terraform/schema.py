"""What a provider accepts: the part of a Terraform schema that decides what is valid and what a plan leaves unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Type = Any
"""A type in Terraform's own JSON form: `"string"`, `["list", "string"]`, `["object", {"arn": "string"}]`."""


@dataclass(frozen=True)
class Attribute:
    type: Type
    required: bool = False
    optional: bool = False
    computed: bool = False


@dataclass(frozen=True)
class Nested:
    """A block inside a block. `nesting` is `single`, `list` or `set`; no `maximum` means any number."""

    block: Block
    nesting: str
    minimum: int = 0
    maximum: int = 0


@dataclass(frozen=True)
class Block:
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    blocks: Mapping[str, Nested] = field(default_factory=dict)


@dataclass(frozen=True)
class Provider:
    """`source` is its address in a registry, such as `hashicorp/aws`."""

    source: str
    config: Block
    resources: Mapping[str, Block]
    data_sources: Mapping[str, Block]


def sample(type_: Type, name: str) -> Any:
    """A value of the type, for what only a real provider would know."""
    if isinstance(type_, str):
        return {"string": f"stub-{name}", "number": 0, "bool": False}[type_]
    kind, inner = type_
    if kind == "object":
        return {key: sample(value, key) for key, value in inner.items()}
    if kind == "map":
        return {}
    return [sample(inner, name)] if isinstance(inner, list) else []
