"""Plain values of YAML: the core schema of YAML 1.2 as far as every other YAML reader agrees, and text written so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import yaml

WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,37})")
FRACTION = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?")
WORDS = {"true": True, "false": False, "null": None}
GUESSED = re.compile(
    r"""~|=|<<
    |yes|no|on|off|true|false|null
    |[-+]?[0-9][0-9_,]*                                          # 0150, +1, 1_000, and 1,000
    |[-+]?0[bxo][0-9a-f_]+
    |[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*(?:e[-+]?[0-9]+)?            # .5 and 1. and 1.0e5
    |[-+]?[0-9][0-9_]*e[-+]?[0-9]+
    |[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?            # 12:30, 750 in sixties
    |[-+]?\.inf|\.nan
    |[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:t|[ ]+)[0-9].*)?""",
    re.VERBOSE | re.IGNORECASE,
)
"""Plain values, none of the above, that YAML 1.1, YAML 1.2 or a well-known reader takes for something but text."""
STARTS = frozenset("0123456789+-.~=<yYnNoOtTfF")


class Guess:
    """A plain value that readers of YAML take for different things."""


def read(text: str) -> Any:
    """The value of a plain scalar by the core schema, or `Guess` where readers differ."""
    if text[:1] not in STARTS:
        return text
    if text in WORDS:
        return WORDS[text]
    if WHOLE.fullmatch(text) is not None:
        return int(text) if text != "-0" else Guess
    if FRACTION.fullmatch(text) is not None:
        number = float(text)
        return number if repr(number) not in ("inf", "-inf") and Decimal(repr(number)) == Decimal(text) else Guess
    return Guess if GUESSED.fullmatch(text) is not None else text


def written(content: Mapping[str, Any]) -> str:
    """YAML that is read as this content, by this reader and by every other: texts that look like something else are in
    quotes. Keys are in order."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=True)


class _Dumper(yaml.SafeDumper):
    """Knows which texts need quotes here."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    plain = re.fullmatch(r"[A-Za-z_][\w./@-]*", value, re.ASCII) and read(value) == value
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


_Dumper.add_representer(str, _text)
