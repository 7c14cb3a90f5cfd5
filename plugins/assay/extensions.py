"""Finds what is a folder each: source kinds, file formats, chat channels. To add one is to add its folder.

The platform's own are `assay/<seam>/<kind>/`, a company's `assay_extensions/<seam>/<kind>/` in any folder that Python
imports from (`sys.path`), so in `plugins/`, too: both have the same files, and none is listed anywhere. What is wrong
with a folder concerns those who use its kind, and no zone else.
"""

import ast
import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Generic, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel

from assay.errors import ConfigurationError

SOURCES = "ingestion"
"""Its folders hold `source.py`, what `zone.yml` may say, and `operator.py`, how the data is landed."""
FORMATS = "ingestion.formats"
"""Its folders hold `format.py`, how files of the format are read and copied."""
CHANNELS = "alerts.channels"
"""Its folders hold `channel.py`, what a connection says of a channel, and how a message gets there."""
SEAMS: Mapping[str, Sequence[str]] = MappingProxyType(
    {SOURCES: ("source", "operator"), FORMATS: ("format",), CHANNELS: ("channel",)}
)
"""The folders of kinds, and the files that each kind has. The first makes a folder of the platform's a kind."""
OWN, COMPANY = "assay", "assay_extensions"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

M = TypeVar("M", bound=BaseModel)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """A folder: `module` is its dotted name."""

    name: str
    module: str
    folder: Path

    def part(self, name: str) -> ModuleType:
        """Import one of its files. Raises ConfigurationError with the file and why it cannot be imported."""
        try:
            return import_module(f"{self.module}.{name}")
        except Exception as error:
            log.warning("%s cannot be imported.", self.path(name), exc_info=True)
            raise ConfigurationError(
                f"{self.path(name)}: cannot be imported: {type(error).__name__}: {error}; correct it or remove "
                "the folder"
            ) from error

    def has(self, name: str) -> bool:
        """Whether it has this file."""
        return self.path(name).is_file()

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.py"


@dataclass(frozen=True)
class Models(Generic[M]):
    """The models of a seam by kind; and a sentence about each folder that is no kind, by its name."""

    right: Mapping[str, type[M]]
    wrong: Mapping[str, str]


@dataclass(frozen=True)
class Kinds:
    """The kinds of a seam by name, and what is wrong with folders that are none, by the name that each would have."""

    right: Mapping[str, Kind]
    wrong: Mapping[str, str]


@cache
def kinds(seam: str) -> Kinds:
    """Return what there is in the seam's folders. Nothing is imported."""
    found: dict[str, list[Kind]] = {}
    for kind in _folders(seam):
        found.setdefault(kind.name, []).append(kind)
    wrong = {name: sentence for name, each in found.items() if (sentence := _wrong(seam, each))}
    own = {name: kind for name, each in found.items() for kind in each if kind.module.startswith(f"{OWN}.")}
    alone = {name: each[0] for name, each in found.items() if name not in wrong}
    return Kinds(MappingProxyType(alone | own), MappingProxyType(wrong))


def models(seam: str, base: type[M]) -> Models[M]:
    """Return the model that the first file of each folder holds: the one class in it that derives from `base`.

    A folder that is wrong stops those who name its kind, and no zone else.
    """
    found = kinds(seam)
    right: dict[str, type[M]] = {}
    wrong = dict(found.wrong)
    for name, kind in found.right.items():
        try:
            right[name] = _model(kind, SEAMS[seam][0], base)
        except ConfigurationError as error:
            wrong[name] = str(error)
    return Models(MappingProxyType(right), MappingProxyType(wrong))


def _model(kind: Kind, part: str, base: type[M]) -> type[M]:
    """Raises ConfigurationError with the file and what is wrong in it."""
    module = kind.part(part)
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise ConfigurationError(
            f"{kind.path(part)}: has {len(found)} classes that derive from {base.__module__}.{base.__name__}; write one"
        )
    if problem := _problem(found[0], kind, base):
        raise ConfigurationError(f"{kind.path(part)}: {found[0].__name__} {problem}")
    return found[0]


def _problem(model: type[BaseModel], kind: Kind, base: type[BaseModel]) -> str:
    """What is wrong with a kind's model, as the rest of a sentence."""
    annotation = model.model_fields["kind"].annotation
    if get_origin(annotation) is not Literal or get_args(annotation) != (kind.name,):
        return f'does not say its kind; write `kind: Literal["{kind.name}"]`, which is the name of the folder'
    if not model.__doc__:
        return "has no docstring; say in one line what the kind is"
    own = {name: field for name, field in model.model_fields.items() if name not in base.model_fields}
    if silent := [name for name, field in own.items() if not field.description]:
        return f"has the key {silent[0]} without a description; write Field(description=…)"
    if changed := [name for name in base.model_fields if name != "kind" and name in model.__annotations__]:
        return f"declares {changed[0]} again, which all kinds have alike; remove it"
    if kind.name in model.model_fields:
        return f"has a key called {kind.name}, like the kind itself; rename one"
    if model.model_config != base.model_config:
        return "has a configuration of its own; remove it: what is unknown, or may change, is the same for all kinds"
    return ""


def defines(file: Path, name: str) -> bool:
    """Whether a module defines or imports this name at its top, without importing it: what it imports may be slow."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return False
    return any(
        (isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name)
        or (isinstance(node, ast.ImportFrom) and any((each.asname or each.name) == name for each in node.names))
        for node in tree.body
    )


def _folders(seam: str) -> Iterator[Kind]:
    """Every folder that is a kind, or is meant as one."""
    first = SEAMS[seam][0]
    for kind in _below(Path(__file__).parent / seam.replace(".", "/"), f"{OWN}.{seam}"):
        if kind.has(first):
            yield kind
    within = [other.removeprefix(f"{seam}.").split(".")[0] for other in SEAMS if other.startswith(f"{seam}.")]
    for place in dict.fromkeys(Path(entry or ".").resolve() for entry in sys.path):
        for kind in _below(place / COMPANY / seam.replace(".", "/"), f"{COMPANY}.{seam}"):
            if kind.name not in within and any(kind.folder.glob("*.py")):
                yield kind


def _below(folder: Path, module: str) -> Iterator[Kind]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.is_dir() and not path.name.startswith((".", "_")):
            yield Kind(path.name, f"{module}.{path.name}", path)


def _wrong(seam: str, found: Sequence[Kind]) -> str:
    """What is wrong with the folders of one name, if anything."""
    last = found[-1]
    if len(found) > 1:
        others = " and ".join(str(kind.folder) for kind in found[:-1])
        return f"{last.folder}: is called like {others}; a name stands for one folder, so rename this one"
    if not NAME.fullmatch(last.name):
        return (
            f"{last.folder}: is no name for a kind; a name is lower case letters, digits and single underscores "
            "between them, and begins with a letter"
        )
    missing = [f"{part}.py" for part in SEAMS[seam] if not last.has(part)]
    return f"{last.folder}: has no {' and no '.join(missing)}; write it, or remove the folder" if missing else ""
