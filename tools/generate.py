"""`./assay generate`: every committed file that the repository can write from its own code, or with `--check` those
that are out of date.

Locks are not among them: they come from a package index (docs/local.md).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

from tools import reference, terraform_docs

Generator = Callable[[Path], Mapping[str, str]]
"""From the checkout's folder to the text of each file, by its path there."""


def _refusals(root: Path) -> Mapping[str, str]:
    """Import the tests late: they need pytest, which the platform's own environment has not."""
    return {"docs/refusals.md": import_module("tests.delivery.refusals").page()}


GENERATORS: tuple[Generator, ...] = (reference.pages, terraform_docs.pages, _refusals)


def outdated(root: Path, generators: tuple[Generator, ...] = GENERATORS) -> Iterator[tuple[str, str]]:
    """Give the path of each file that is missing or says something else than its generator, with the right text."""
    for generate in generators:
        for name, text in generate(root).items():
            path = root / name
            if not path.exists() or path.read_text() != text:
                yield name, text


def main(arguments: list[str] | None = None) -> int:
    """Write what is out of date and return 0; with `--check` write nothing, and return 1 if something is."""
    options = argparse.ArgumentParser(prog="assay generate", description=(__doc__ or "").partition("\n\n")[0])
    options.add_argument("--check", action="store_true", help="write nothing; end with 1 if a file is out of date")
    check = options.parse_args(arguments).check
    root = Path.cwd()
    found = dict(outdated(root))
    for name, text in found.items():
        if check:
            print(f"{name}: is out of date; run `./assay generate`")
        else:
            (root / name).write_text(text)
            print(f"{name}: written")
    if not found:
        print("Everything that is generated is up to date.")
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
