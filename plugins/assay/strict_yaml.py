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
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from yaml._yaml import CParser

from assay.errors import ConfigurationError

Part = str | int

DEEPEST, LONGEST = 60, 2_000_000
UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
    "\ud800-\udfff\ufff0-\uffff]"
)
"""Control characters, line ends of other systems, and spaces that look like one or like nothing. An escape in double
quotes writes them where they are meant."""
MARKED = re.compile(r"(?:^|(?<=[\s\[{,:?-]))(?:[&*](?=\S)|!)|^%", re.MULTILINE)
"""What may be an anchor, an alias, a tag or a directive: then the file is looked at event by event."""

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
SPELLED = re.compile(r"(?:[A-Za-z_][\w-]*|\[\d+\])(?:\[\d+\]|\.[A-Za-z_][\w$-]*)*")
STARTS = frozenset("0123456789+-.~=<yYnNoOtTfF")

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


def load(path: Path, shown: str) -> Document:
    """The YAML file at `path`. Raises ConfigurationError for each thing that is wrong with it as YAML, and
    FileNotFoundError."""
    document = parse(path.read_bytes(), shown)
    document.check()
    return document


def mapping(path: Path, shown: str, otherwise: str = "must be a mapping of keys to values") -> Document:
    """As `load`, and it holds a mapping."""
    document = load(path, shown)
    if not isinstance(document.content, dict):
        raise ConfigurationError(f"{shown}:{document.line()}: {otherwise}")
    return document


def parse(text: bytes | str, shown: str) -> Document:
    """The document in `text`, with the problems it has as YAML. Its content is what can be read in spite of them."""
    decoded, problems = _decoded(text, shown)
    if problems:
        return Document(shown, None, problems)
    try:
        if _is_rare(decoded) and (problems := list(_rare(decoded, shown))):
            return Document(shown, None, problems)
        parser = _Parser(decoded)
        try:
            root = parser.get_single_node()
        finally:
            parser.dispose()
    except yaml.YAMLError as error:
        return Document(shown, None, [_syntax(error, shown)])
    document = Document(shown, _root=root)
    if root is not None:
        document.content = _Builder(document).value(root, ())
    return document


def written(content: Mapping[str, Any]) -> str:
    """YAML that is read as this content, by this reader and by every other: texts that look like something else are in
    quotes. Keys are in order."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=True)


class _Dumper(yaml.SafeDumper):
    """Knows which texts need quotes here."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    plain = re.fullmatch(r"[A-Za-z_][\w./@-]*", value, re.ASCII) and _Builder.read(value) == value
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


_Dumper.add_representer(str, _text)


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

    def __init__(self, document: Document) -> None:
        self._document = document

    def value(self, node: yaml.Node, path: tuple[Part, ...]) -> Any:
        if type(node) is yaml.ScalarNode:
            return node.value if node.tag == _QUOTED else self._plain(node, node.value, path)
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
        if node.tag == _PLAIN and (not key or not isinstance(self.read(key), str)):
            self._wrong(node, (*path, key), f"is a key that is no text; write it in quotes: {json.dumps(key)}")
        return key

    def _plain(self, node: yaml.ScalarNode, text: str, path: tuple[Part, ...]) -> Any:
        if not text:
            self._wrong(node, path, 'has no value; write one, or null, or "" for an empty text')
            return None
        found = self.read(text)
        if found is not _Guess:
            return found
        self._wrong(
            node,
            path,
            f"is {text}, which YAML readers take for different things; write {json.dumps(text)} for the text, "
            "or a plain number, true, false or null",
        )
        return text

    @staticmethod
    def read(text: str) -> Any:
        """The value of a plain scalar by the core schema, or `_Guess` where readers differ."""
        if text[:1] not in STARTS:
            return text
        if text in WORDS:
            return WORDS[text]
        if WHOLE.fullmatch(text) is not None:
            return int(text) if text != "-0" else _Guess
        if FRACTION.fullmatch(text) is not None:
            number = float(text)
            return number if repr(number) not in ("inf", "-inf") and Decimal(repr(number)) == Decimal(text) else _Guess
        return _Guess if GUESSED.fullmatch(text) is not None else text

    def _wrong(self, node: yaml.Node, path: tuple[Part, ...], problem: str) -> None:
        where = f"{self._document.shown}:{node.start_mark.line + 1}"
        self._document.problems.append(f"{where}: {spelled(path)} {problem}".replace(":  ", ": "))


class _Guess:
    """A plain value that readers of YAML take for different things."""


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


def _decoded(text: bytes | str, shown: str) -> tuple[str, list[str]]:
    if isinstance(text, bytes):
        try:
            return _decoded(text.decode(), shown)
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


def _is_rare(text: str) -> bool:
    """Whether there may be something in it that `_rare` names. Cheap: every parse of a DAG asks."""
    if any(mark in text for mark in "&*!%") and MARKED.search(text) is not None:
        return True
    return text.count("[") + text.count("{") > 5 * DEEPEST or "- - - - " in text or " " * 2 * DEEPEST in text


def _rare(text: str, shown: str) -> Iterator[str]:
    """A sentence for each anchor, alias, tag and directive, and for what nests too deeply."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        mark: Any = event.start_mark
        where = f"{shown}:{mark.line + 1}:"
        if isinstance(event, yaml.DocumentStartEvent) and (event.version or event.tags):
            yield f"{where} begins with a directive (%); leave it out, YAML 1.2 is meant"
        elif isinstance(event, yaml.AliasEvent):
            yield f"{where} *{event.anchor} stands for another part of the file; write out what it stands for"
        elif isinstance(event, yaml.NodeEvent) and event.anchor:
            yield f"{where} &{event.anchor} is an anchor; leave it out, each place says what it means"
        if tag := getattr(event, "tag", None):
            yield f"{where} {tag} is a tag; leave it out, quotes make a text"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                yield f"{where} nests more than {DEEPEST} levels deep"
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _syntax(error: yaml.YAMLError, shown: str) -> str:
    mark: Any = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or " ".join(str(error).split())
    if "expected a single document" in str(error):
        what = "holds several documents (---); a file holds one"
    return f"{shown}:{mark.line + 1 if mark else 1}: not valid YAML: {what}"
