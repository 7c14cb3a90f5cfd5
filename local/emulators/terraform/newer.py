"""Adds the resource types of `newer.yml` to a provider that is older than they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from local.emulators.terraform.schema import Attribute, Block, Nested, Provider

FILE = Path(__file__).with_name("newer.yml")


def with_newer_types(provider: Provider) -> Provider:
    declared = yaml.safe_load(FILE.read_text()).get(provider.source, {})
    newer = {name: _block({**body, "id=": "string"}) for name, body in declared.items()}
    return Provider(provider.source, provider.config, {**newer, **provider.resources}, provider.data_sources)


def _block(body: Mapping[str, Any]) -> Block:
    attributes: dict[str, Attribute] = {}
    blocks: dict[str, Nested] = {}
    for key, value in body.items():
        name = key.rstrip("!=")
        required, computed = key.endswith("!"), key.endswith("=")
        if isinstance(value, dict):
            blocks[name] = Nested(_block(value), "list", int(required), 1)
        else:
            attributes[name] = Attribute(value, required, not required and not computed, computed)
    return Block(attributes, blocks)
