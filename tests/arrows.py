"""Which package imports which, read from the source: `import` anywhere in a file, and `import_module("…")`. Pure."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDERS = {"assay": "plugins/assay", "local": "local", "tools": "tools"}
ROW = re.compile(r"^\| `([\w.]+)` \|[^|]*\|([^|]*)\|$", re.MULTILINE)
NAME = re.compile(r"`([\w.]+)`")


@dataclass(frozen=True)
class Import:
    """One import: the modules at both ends, and where it is written."""

    importer: str
    imported: str
    place: str


def package(module: str) -> str:
    """Return the node of a module: `assay.x`, `local.x`, `local.emulators.x`, `tools.runtime` or `tools`."""
    parts = module.split(".")
    if parts[0] == "tools":
        return "tools.runtime" if parts[1:2] == ["runtime"] else "tools"
    return ".".join(parts[: 3 if parts[:2] == ["local", "emulators"] else 2])


def modules(root: Path) -> dict[str, Path]:
    """Return every module of this repository's three roots by its dotted name."""
    found = {}
    for name, folder in FOLDERS.items():
        for path in sorted((root / folder).rglob("*.py")):
            parts = (name, *path.relative_to(root / folder).with_suffix("").parts)
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, path: Path, text: str, known: Iterable[str]) -> Iterator[Import]:
    """Give the imports of a module that lead to a known one."""
    known = frozenset(known)
    for node in ast.walk(ast.parse(text)):
        for target in _targets(node, name if path.name == "__init__.py" else name.rpartition(".")[0], known):
            if target.split(".")[0] in FOLDERS:
                while target not in known and "." in target:
                    target = target.rpartition(".")[0]
                if target != name:
                    yield Import(name, target, f"{path.as_posix()}:{getattr(node, 'lineno', 0)}")


def _targets(node: ast.AST, within: str, known: frozenset[str]) -> Iterator[str]:
    match node:
        case ast.Import(names):
            yield from (each.name for each in names)
        case ast.ImportFrom(module, names, level):
            base = module or ""
            if level:
                above = within.split(".")
                base = ".".join([*above[: len(above) - level + 1], *([module] if module else [])])
            for each in names:
                yield f"{base}.{each.name}" if f"{base}.{each.name}" in known else base
        case ast.Call(ast.Name("import_module") | ast.Attribute(attr="import_module"), [ast.Constant(str(target)), *_]):
            yield target


def all_imports(root: Path) -> list[Import]:
    """Return every import between modules of this repository."""
    known = modules(root)
    return [
        each
        for name, path in known.items()
        for each in imports(name, path.relative_to(root), path.read_text(), known)
    ]  # fmt: skip


def drawn(page: str) -> dict[str, frozenset[str]]:
    """Return the packages of the tables in docs/architecture.md, each with those that it may import."""
    return {name: frozenset(NAME.findall(cell)) for name, cell in ROW.findall(page)}


def circle(arrows: Mapping[str, Iterable[str]]) -> list[str]:
    """Return one circle of arrows as the names along it, or an empty list."""
    done: set[str] = set()
    way: list[str] = []

    def walk(name: str) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        way.append(name)
        for other in sorted(arrows.get(name, ())):
            if found := walk(other):
                return found
        done.add(way.pop())
        return []

    return next((found for name in sorted(arrows) if (found := walk(name))), [])


def by_importer(found: Iterable[Import], of_packages: bool = False) -> dict[str, set[str]]:
    """Return the arrows between modules, or between packages."""
    arrows: dict[str, set[str]] = defaultdict(set)
    for each in found:
        ends = (each.importer, each.imported)
        importer, imported = map(package, ends) if of_packages else ends
        if importer != imported:
            arrows[importer].add(imported)
    return dict(arrows)
