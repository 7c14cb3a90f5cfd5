"""Finds what is a folder each: source kinds, file formats, chat channels. To add one is to add its folder.

The platform's own are `assay/<seam>/<kind>/`, a company's `assay_extensions/<seam>/<kind>/` in any folder that Python
imports from (`sys.path`), so in `plugins/`, too: both have the same files, and none is listed anywhere. What is wrong
with a folder concerns those who use its kind, and nobody else.
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

from assay.errors import ConfigurationError

SOURCES = "ingestion"
"""Its folders hold `source.py`, what `zone.yml` may say, and `operator.py`, how the data is landed."""
SEAMS: Mapping[str, Sequence[str]] = MappingProxyType({SOURCES: ("source", "operator")})
"""The folders of kinds, and the files that each kind has. The first makes a folder of the platform's a kind."""
OWN, COMPANY = "assay", "assay_extensions"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

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
