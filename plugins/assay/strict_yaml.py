"""The reader of every YAML file: YAML 1.2's core schema, as far as every other YAML reader agrees with it.

dbt, Airbyte and the data contract tools read YAML 1.1, in which `NO` is false, `0150` is 104 and `12:30` is 750. A
plain value that the two versions read differently is refused, wherever it stands, also where a text is expected: the
file would mean one thing here and another there. In quotes it is the text that is written. Keys that occur twice,
anchors, merge keys, tags, tabs and what else makes a file hard to read or to trust are refused, each with file, line
and key. `docs/yaml.md` has the list.

A document keeps its positions, so that what is found wrong later (by pydantic, or by a rule) is said with its line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml._yaml import CParser

from assay.errors import ConfigurationError
from assay.yaml_scalars import Guess, read
from assay.yaml_text import decoded, is_rare, rare, syntax

Part = str | int

SWITCHES = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
SPELLED = re.compile(r"(?:[A-Za-z_][\w-]*|\[\d+\])(?:\[\d+\]|\.[A-Za-z_][\w$-]*)*")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""What no text holds, not even by an escape: all but tabs and line ends."""

_PLAIN, _QUOTED = "plain", "quoted"


class _Parser(CParser):
    """Composes nodes in C; instead of guessing a type, a scalar's tag says whether it is in quotes."""

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: Any) -> str:
        return _PLAIN if kind is yaml.ScalarNode and implicit[0] else _QUOTED

    def descend_resolver(self, parent: Any, index: Any) -> None:
        """Paths decide nothing here."""

    def ascend_resolver(self) -> None:
        """Paths decide nothing here."""


@dataclass
class Document:
    """What a file says. `content` is made of dicts with text as keys, lists, texts, whole numbers, floats, switches and
    None; `shown` is what errors call the file."""

    shown: str
    content: Any = None
    problems: list[str] = field(default_factory=list)
    _root: yaml.Node | None = None

    def line(self, path: Sequence[Part] = ()) -> int:
        """The line of the key or entry at this path, or of the deepest thing on the way there that exists."""
        return self._walk(path)[1]

    def has(self, path: Sequence[Part]) -> bool:
        """Whether it says something at this path."""
        return self.depth(path) == len(path)

    def depth(self, path: Sequence[Part]) -> int:
        """How many parts of the path exist."""
        return sum(part is not None for part in self._walk(path)[0])

    def about(self, path: Sequence[Part], problem: str, missing: bool = True) -> str:
        """A sentence about the value at a path: file, line, key, and what is wrong.

        Parts of the path that do not exist (pydantic's own) are left out; with `missing` the last one stays.
        """
        parts, line = self._walk(path)
        if missing and path and parts[-1] is None:
            parts[-1] = path[-1]
        key = spelled([part for part in parts if part is not None])
        return f"{self.shown}:{line}: {f'{key} ' if key else ''}{problem}"

    def located(self, text: str) -> str:
        """A sentence that begins with its key, such as `schema[0].name "x" must be …`, with file and line."""
        return f"{self.shown}:{self.line(_path_of(text))}: {text}"

    def reach(self, text: str) -> int:
        """How much of the key with which the sentence begins exists here."""
        return self.depth(_path_of(text))

    def check(self) -> None:
        """Raise ConfigurationError with a line for each thing that makes this no file to rely on."""
        if self.problems:
            raise ConfigurationError("\n".join(self.problems))

    def check_no_nulls(self, free: Collection[str] = ()) -> None:
        """Raise ConfigurationError for each null: a key that says nothing is left out. Below the keys `free` there may
        be some."""
        found = [self.about(path, "is null; write its value, or leave it out") for path in _nulls(self.content, free)]
        if found:
            raise ConfigurationError("\n".join(found))

    def _walk(self, path: Sequence[Part]) -> tuple[list[Part | None], int]:
        node, line = self._root, 1 if self._root is None else self._root.start_mark.line + 1
        parts: list[Part | None] = []
        for part in path:
            found = None if node is None else _child(node, part)
            parts.append(None if found is None else found[0])
            if found is not None:
                _, node, line = found
        return parts, line


def load(path: Path, shown: str, switches: Collection[str] = ()) -> Document:
    """The YAML file at `path`; `switches` as in `parse`. Raises ConfigurationError for each thing that is wrong with it
    as YAML, and FileNotFoundError."""
    document = parse(path.read_bytes(), shown, switches=switches)
    document.check()
    return document


def mapping(
    path: Path, shown: str, otherwise: str = "must be a mapping of keys to values", switches: Collection[str] = ()
) -> Document:
    """As `load`, and it holds a mapping."""
    document = load(path, shown, switches)
    if not isinstance(document.content, dict):
        raise ConfigurationError(f"{shown}:{document.line()}: {otherwise}")
    return document


def parse(text: bytes | str, shown: str, allowed: Collection[str] = (), switches: Collection[str] = ()) -> Document:
    """The document in `text`, with the problems it has as YAML. Its content is what can be read in spite of them.

    `allowed` are tags that the file's own program knows, and `&` where it may have anchors and aliases. `switches` are
    keys of a format that is defined by a YAML 1.1 reader and has true or false there: yes, no, on and off are read as
    such a reader does, below these keys alone.
    """
    readable, problems = decoded(text, shown)
    if problems:
        return Document(shown, None, problems)
    try:
        if is_rare(readable) and (problems := list(rare(readable, shown, allowed))):
            return Document(shown, None, problems)
        parser = _Parser(readable)
        try:
            root = parser.get_single_node()
        finally:
            parser.dispose()
    except yaml.YAMLError as error:
        return Document(shown, None, [syntax(error, shown)])
    document = Document(shown, _root=root)
    if root is not None:
        document.content = _Builder(document, switches).value(root, ())
    return document


def spelled(path: Sequence[Part]) -> str:
    """A path as people write it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _path_of(text: str) -> list[Part]:
    """The path of the key with which a sentence begins, as `spelled` has spelt it."""
    key = SPELLED.match(text)
    parts = re.findall(r"\[\d+\]|[^.\[\]]+", key[0]) if key else []
    return [int(part[1:-1]) if part.startswith("[") else part for part in parts]


class _Builder:
    """Makes values of nodes, and notes what is wrong with them in the document."""

    def __init__(self, document: Document, switches: Collection[str] = ()) -> None:
        self._document = document
        self._switches = switches

    def value(self, node: yaml.Node, path: tuple[Part, ...]) -> Any:
        if type(node) is yaml.ScalarNode:
            return self._quoted(node, path) if node.tag == _QUOTED else self._plain(node, node.value, path)
        if type(node) is yaml.MappingNode:
            return self._mapping(node, path)
        return [self.value(each, (*path, index)) for index, each in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, path: tuple[Part, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key in found:
                self._wrong(key_node, (*path, key), f"is written twice, first in line {lines[key]}; keep one of them")
            lines[key] = key_node.start_mark.line + 1
            found[key] = self.value(value_node, (*path, key))
        return found

    def _key(self, node: yaml.Node, path: tuple[Part, ...]) -> str:
        if type(node) is not yaml.ScalarNode:
            self._wrong(node, path, "has a list or a mapping as a key; a key is a text")
            return ""
        key: str = node.value
        if node.tag == _PLAIN and (not key or not isinstance(read(key), str)):
            self._wrong(node, (*path, key), f"is a key that is no text; write it in quotes: {json.dumps(key)}")
        return key

    def _quoted(self, node: yaml.ScalarNode, path: tuple[Part, ...]) -> str:
        text: str = node.value
        if (found := CONTROL.search(text)) is not None:
            problem = f"has the control character {json.dumps(found[0])}, which databases and programs do not take"
            self._wrong(node, path, f"{problem}; remove it")
        return text

    def _plain(self, node: yaml.ScalarNode, text: str, path: tuple[Part, ...]) -> Any:
        if not text:
            self._wrong(node, path, 'has no value; write one, or null, or "" for an empty text')
            return None
        found = read(text)
        if found is not Guess:
            return found
        if path and path[-1] in self._switches and text.lower() in SWITCHES:
            return SWITCHES[text.lower()]
        self._wrong(
            node,
            path,
            f"is {text}, which YAML readers take for different things; write {json.dumps(text)} for the text, "
            "or a plain number, true, false or null",
        )
        return text

    def _wrong(self, node: yaml.Node, path: tuple[Part, ...], problem: str) -> None:
        where = f"{self._document.shown}:{node.start_mark.line + 1}"
        self._document.problems.append(f"{where}: {spelled(path)} {problem}".replace(":  ", ": "))


def _nulls(value: Any, free: Collection[str], path: tuple[Part, ...] = ()) -> Iterator[tuple[Part, ...]]:
    if value is None:
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in free:
                yield from _nulls(inner, (), (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _nulls(inner, (), (*path, index))


def _child(node: yaml.Node, part: Part) -> tuple[Part, yaml.Node, int] | None:
    """The part as it is written, the node below, and the line where it is named.

    A list of names, or of mappings with one name each, is searched by name too: so roles.yml is written.
    """
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == part:
                return key.value, value, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        if part < len(node.value):
            return part, node.value[part], node.value[part].start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, str):
        for each in node.value:
            name = each.value[0][0] if isinstance(each, yaml.MappingNode) and len(each.value) == 1 else each
            if isinstance(name, yaml.ScalarNode) and name.value.lower() == part.lower():
                value = each.value[0][1] if isinstance(each, yaml.MappingNode) else each
                return name.value, value, name.start_mark.line + 1
    return None
