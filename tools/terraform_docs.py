"""The README of each Terraform module, in the layout of terraform-docs, with the module's example.

It reads what `terraform fmt` writes: a block begins and ends in the first column, its arguments stand two spaces in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MODULES = "terraform/modules"
EXAMPLE = "examples/basic/main.tf"
BLOCK = re.compile(r'^(?P<kind>\w+)(?P<labels>(?: "[^"]*")*) \{(?P<closed>\})?$')
ARGUMENT = re.compile(r"^  (?P<name>\w+) += (?P<value>.*)$")
CLOSING = re.compile(r"^  [])}]+$")


class UnreadableModule(Exception):
    """A file of a module is not as `terraform fmt` writes it; the text says where."""


@dataclass(frozen=True)
class Block:
    """A block at the top of a file. `arguments` holds each one's expression as it is written."""

    kind: str
    labels: tuple[str, ...]
    arguments: Mapping[str, str] = field(default_factory=dict)
    body: tuple[str, ...] = ()


def pages(root: Path) -> dict[str, str]:
    """Return the README of each module, by its path in the checkout. Raises UnreadableModule."""
    modules = sorted(path.parent for path in (root / MODULES).glob("*/variables.tf"))
    return {f"{MODULES}/{module.name}/README.md": page(module) for module in modules}


def page(module: Path) -> str:
    """Return one module's README."""
    blocks = [block for path in sorted(module.glob("*.tf")) for block in read(path)]
    parts = [
        f"# {module.name}",
        _purpose(module / "main.tf"),
        _example(module),
        _requirements(blocks),
        _modules(blocks),
        _resources(blocks),
        _inputs(blocks),
        _outputs(blocks),
        "Written by `./assay generate` from the module's code.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def read(path: Path) -> list[Block]:
    """Return the blocks of a file. Raises UnreadableModule."""
    found: list[Block] = []
    begun: re.Match[str] | None = None
    body: list[str] = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if begun is None:
            if not line or line.startswith("#"):
                continue
            begun, body = BLOCK.match(line), []
            if begun is None:
                raise UnreadableModule(f"{path}:{number}: no block begins like this; run `terraform fmt`")
            if begun["closed"]:
                found.append(_block(begun, []))
                begun = None
        elif line == "}":
            found.append(_block(begun, body))
            begun = None
        elif line and not line.startswith("  "):
            raise UnreadableModule(f"{path}:{number}: is not indented as `terraform fmt` does; run it")
        else:
            body.append(line)
    if begun is not None:
        raise UnreadableModule(f"{path}: its last block has no end; run `terraform fmt`")
    return found


def _block(begun: re.Match[str], body: list[str]) -> Block:
    labels = tuple(re.findall(r'"([^"]*)"', begun["labels"]))
    return Block(begun["kind"], labels, dict(_arguments(body)), tuple(body))


def _arguments(body: list[str]) -> Iterator[tuple[str, str]]:
    """Give each argument of a block with its lines; nested blocks are none."""
    name, lines, nested = "", list[str](), False
    for line in body:
        if line.startswith("  ") and not line.startswith("   ") and not CLOSING.match(line):
            if name:
                yield name, _dedented(lines)
            argument = ARGUMENT.match(line)
            if argument is not None and argument["value"].startswith("<<"):
                raise UnreadableModule(
                    f"{line.strip()}: is a heredoc, which may look like arguments; use a template file"
                )
            nested = argument is None
            name, lines = ("", []) if argument is None else (argument["name"], [argument["value"]])
        elif name and not nested:
            lines.append(line)
    if name:
        yield name, _dedented(lines)


def _dedented(lines: list[str]) -> str:
    return "\n".join([lines[0], *(line.removeprefix("  ") for line in lines[1:])]).rstrip()


def _purpose(main: Path) -> str:
    lines = main.read_text().splitlines()
    comment = [line.removeprefix("#").strip() for line in _leading(lines)]
    if not comment:
        raise UnreadableModule(f"{main}:1: begins without a comment that says what the module makes; add one")
    return "\n".join(comment)


def _leading(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("#"):
            return
        yield line


def _example(module: Path) -> str:
    path = module / EXAMPLE
    if not path.exists():
        raise UnreadableModule(f"{path}: there is no example of the module; add one that `terraform validate` takes")
    return f"## Usage\n\n```hcl\n{path.read_text().rstrip()}\n```"


def _requirements(blocks: list[Block]) -> str:
    rows = []
    for block in blocks:
        if block.kind != "terraform":
            continue
        rows.append(("terraform", "", _text(block.arguments["required_version"])))
        text = "\n".join(block.body)
        for name, source, version in re.findall(
            r'^    (\w+) = \{\n      source  = "([^"]+)"\n      version = "([^"]+)"', text, re.MULTILINE
        ):
            rows.append((name, source, version))
    return "## Requirements\n\n" + _table(("Name", "Source", "Version"), rows)


def _modules(blocks: list[Block]) -> str:
    rows = [(block.labels[0], f"`{_text(block.arguments['source'])}`") for block in blocks if block.kind == "module"]
    return "## Modules\n\n" + _table(("Name", "Source"), sorted(rows)) if rows else ""


def _resources(blocks: list[Block]) -> str:
    kinds = {"resource": "resource", "data": "data source"}
    rows = [(f"`{block.labels[0]}.{block.labels[1]}`", kinds[block.kind]) for block in blocks if block.kind in kinds]
    return "## Resources\n\n" + _table(("Name", "Type"), sorted(rows)) if rows else ""


def _inputs(blocks: list[Block]) -> str:
    rows = []
    for block in sorted(blocks, key=lambda each: each.labels):
        if block.kind == "variable":
            default = block.arguments.get("default")
            shown = "n/a" if default is None else _code(default)
            required = "yes" if default is None else "no"
            description = _text(block.arguments["description"])
            rows.append((block.labels[0], description, _code(block.arguments["type"]), shown, required))
    return "## Inputs\n\n" + _table(("Name", "Description", "Type", "Default", "Required"), rows)


def _outputs(blocks: list[Block]) -> str:
    rows = [
        (block.labels[0], _text(block.arguments["description"]))
        for block in sorted(blocks, key=lambda each: each.labels)
        if block.kind == "output"
    ]
    return "## Outputs\n\n" + _table(("Name", "Description"), rows) if rows else ""


def _text(expression: str) -> str:
    """Return what a quoted text says. Raises UnreadableModule for any other expression."""
    if not (found := re.fullmatch(r'"((?:[^"\\]|\\.)*)"', expression)):
        raise UnreadableModule(f"{expression}: is no text in quotes; write one")
    return re.sub(r"\\(.)", r"\1", found[1])


def _code(expression: str) -> str:
    """Return an expression as code of one line, in a cell of a table."""
    one_line = re.sub(r"\s+", " ", re.sub(r"(?<=[\w\")\]}])\n\s*(?=\w)", ", ", expression))
    return f"`{one_line}`"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
