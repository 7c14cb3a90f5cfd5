"""Prints, as JSON, which attributes of which of the platform's classes its code reads: mypy knows the types.

`python -m tests.attributes FOLDER …` in the linters' environment, from the checkout's root. A model that is taken apart
as a whole (`dict(model)`, `model_dump()`) has `*` among its attributes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from mypy import build
from mypy.modulefinder import BuildSource
from mypy.nodes import CallExpr, Expression, MemberExpr, NameExpr, StrExpr
from mypy.options import Options
from mypy.types import Instance, ProperType, Type, TypeType, UnionType, get_proper_type

ROOTS = ("plugins", ".")


def reads(types: dict[Expression, Type]) -> Iterable[tuple[str, str]]:
    """`Class, attribute` of everything that is read; `types` are those of all expressions."""

    def owners(expression: Expression) -> list[str]:
        return list(_classes(get_proper_type(types.get(expression))))

    for expression in types:
        if isinstance(expression, MemberExpr):
            whole = expression.name in ("model_dump", "model_fields")
            for owner in owners(expression.expr):
                yield owner, "*" if whole else expression.name
        elif isinstance(expression, CallExpr) and isinstance(expression.callee, NameExpr) and expression.args:
            if expression.callee.name in ("dict", "vars"):
                for owner in owners(expression.args[0]):
                    yield owner, "*"
            if expression.callee.name == "getattr":
                named = expression.args[1]
                for owner in owners(expression.args[0]):
                    yield owner, named.value if isinstance(named, StrExpr) else "?"


def _classes(type_: ProperType | None) -> Iterable[str]:
    if isinstance(type_, Instance):
        for base in type_.type.mro:
            yield base.fullname
    elif isinstance(type_, UnionType):
        for item in type_.items:
            yield from _classes(get_proper_type(item))
    elif isinstance(type_, TypeType):
        yield from _classes(type_.item)


def _module(path: Path) -> str:
    parts = list(path.with_suffix("").parts)
    return ".".join(part for part in parts[parts[0] == "plugins" :] if part != "__init__")


def main(folders: list[str]) -> None:
    options = Options()
    options.mypy_path = list(ROOTS)
    options.namespace_packages = options.explicit_package_bases = True
    options.follow_imports = "skip"
    options.ignore_missing_imports = True
    options.export_types = options.preserve_asts = True
    options.incremental = False
    options.check_untyped_defs = True
    sources = [
        BuildSource(str(path), _module(path)) for folder in folders for path in sorted(Path(folder).rglob("*.py"))
    ]
    result = build.build(sources, options)
    print(json.dumps(sorted(set(reads(result.types)))))


if __name__ == "__main__":
    main(sys.argv[1:])
