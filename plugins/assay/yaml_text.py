"""What is refused in a YAML file's text, before its values are looked at.

Bytes that are no UTF-8, characters that cannot be seen, anchors, tags, directives, and what nests too deeply.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import yaml

DEEPEST, LONGEST = 60, 2_000_000
UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
    "\ud800-\udfff\ufff0-\uffff]"
)
"""Control characters, line ends of other systems, and spaces that look like one or like nothing. An escape in double
quotes writes them where they are meant."""
MARKED = re.compile(r"(?:^|(?<=[\s\[{,:?-]))(?:[&*](?=\S)|!)|^%", re.MULTILINE)
"""What may be an anchor, an alias, a tag or a directive: then the file is looked at event by event."""


def decoded(text: bytes | str, shown: str) -> tuple[str, list[str]]:
    if isinstance(text, bytes):
        try:
            return decoded(text.decode(), shown)
        except UnicodeDecodeError as error:
            line = text[: error.start].count(b"\n") + 1
            return "", [f"{shown}:{line}: is not UTF-8 text (byte {error.start + 1}); save it as UTF-8"]
    text = text.replace("\r\n", "\n")
    if len(text) > LONGEST:
        return "", [
            f"{shown}:1: has more than {LONGEST} characters, which is too long for a file that is written by hand"
        ]
    return text, [
        f"{shown}:{text.count(chr(10), 0, found.start()) + 1}: {_unseen(found[0], found.start())}"
        for found in UNSEEN.finditer(text)
    ][:20]


def _unseen(character: str, position: int) -> str:
    if character == "\t":
        return 'has a tab; indent with spaces, and write "\\t" in quotes where a tab is meant'
    if character == "\ufeff" and position == 0:
        return "begins with a byte order mark; save it as UTF-8 without one"
    code = f"\\x{ord(character):02X}" if ord(character) < 256 else f"\\u{ord(character):04X}"
    return f'has the character {code}, which cannot be seen; remove it, or write "{code}" in quotes where it is meant'


def is_rare(text: str) -> bool:
    """Whether there may be something in it that `rare` names. Cheap: every parse of a DAG asks."""
    if any(mark in text for mark in "&*!%") and MARKED.search(text) is not None:
        return True
    return text.count("[") + text.count("{") > 5 * DEEPEST or "- - - - " in text or " " * 2 * DEEPEST in text


def rare(text: str, shown: str, allowed: Collection[str] = ()) -> Iterator[str]:
    """A sentence for each anchor, alias, tag and directive, and for what nests too deeply.

    `allowed` are tags, such as `!reference`, and `&` where anchors and aliases are.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        mark: Any = event.start_mark
        where = f"{shown}:{mark.line + 1}:"
        if isinstance(event, yaml.DocumentStartEvent) and (event.version or event.tags):
            yield f"{where} begins with a directive (%); leave it out, YAML 1.2 is meant"
        elif isinstance(event, yaml.AliasEvent) and "&" not in allowed:
            yield f"{where} *{event.anchor} stands for another part of the file; write out what it stands for"
        elif isinstance(event, yaml.NodeEvent) and event.anchor and "&" not in allowed:
            yield f"{where} &{event.anchor} is an anchor; leave it out, each place says what it means"
        if (tag := getattr(event, "tag", None)) and tag not in allowed:
            yield f"{where} {tag} is a tag; leave it out, quotes make a text"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                yield f"{where} nests more than {DEEPEST} levels deep"
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def syntax(error: yaml.YAMLError, shown: str) -> str:
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or " ".join(str(error).split())
    if "expected a single document" in str(error):
        what = "holds several documents (---); a file holds one"
    return f"{shown}:{mark.line + 1 if mark else 1}: not valid YAML: {what}"
