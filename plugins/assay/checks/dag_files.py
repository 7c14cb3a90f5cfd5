"""DAG files: every zone has one that Airflow finds a DAG in, and every one has a zone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TEXT = "from assay.pipeline import pipeline\n\ndag = pipeline(__file__)"
PLATFORM = "platform_"


def wrong(dags: Path, zone: str) -> Iterator[str]:
    """What is wrong with a zone's DAG file, in sentences with file and line."""
    path = dags / f"{zone}.py"
    if not path.is_file():
        near = sorted(each.name for each in dags.glob("*.py") if each.stem.lower() == zone.lower())
        yield (
            f"dags/{zone}.py:1: there is no such file, so Airflow has no DAG of zone {zone}; "
            + (f"rename {near[0]}" if near else f"write it: {TEXT!r}")
        )
        return
    yield from _wrong_text(path)


def without_zone(dags: Path) -> Iterator[str]:
    """DAG files that are no zone's and not the platform's, files that Airflow takes for one, and zone folders without a
    zone file."""
    for path in sorted(dags.glob("*.py")):
        if not path.stem.startswith(PLATFORM) and not (dags / "zones" / path.stem / "zone.yml").is_file():
            yield f"dags/{path.name}:1: there is no zones/{path.stem}/zone.yml; write it, or remove the DAG file"
    for path in sorted(each for each in dags.rglob("*.py") if each.parent != dags):
        yield f"dags/{path.relative_to(dags)}:1: Airflow would read it as a DAG file; DAG files are dags/<zone>.py"
    for path in sorted(dags.rglob(".airflowignore")):
        yield f"dags/{path.relative_to(dags)}:1: would keep Airflow from reading DAG files; remove it"
    for path in sorted((dags / "zones").glob("*.*")):
        if path.is_file():
            yield f"zones/{path.name}:1: is not a file that anything reads; a zone's file is zones/<zone>/zone.yml"
    for folder in sorted(path for path in (dags / "zones").iterdir() if path.is_dir()):
        if not (folder / "zone.yml").is_file():
            yield f"zones/{folder.name}/zone.yml:1: there is no such file; every folder in dags/zones is a zone"


def _wrong_text(path: Path) -> Iterator[str]:
    shown = f"dags/{path.name}"
    try:
        tree = ast.parse(path.read_bytes(), filename=shown)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        yield f"{shown}:{line}: is no Python: {getattr(error, 'msg', error)}; write {TEXT!r}"
        return
    imports = _import(tree)
    assigned = None
    if imports is None:
        yield f"{shown}:1: does not import the pipeline; write {TEXT!r}"
    for statement in tree.body:
        if statement is imports or _is_text(statement):
            continue
        if assigned is None and _is_pipeline(statement):
            assigned = statement
            if imports is not None and imports.lineno > statement.lineno:
                yield f"{shown}:{statement.lineno}: uses the pipeline before it is imported; write {TEXT!r}"
        else:
            yield (
                f"{shown}:{statement.lineno}: a zone's DAG file holds the pipeline and nothing else; what differs "
                f"between zones is in zone.yml"
            )
    if assigned is None:
        yield f"{shown}:1: gives Airflow no DAG; write dag = pipeline(__file__)"


def _import(tree: ast.Module) -> ast.stmt | None:
    """The statement `from assay.pipeline import pipeline`."""
    for statement in tree.body:
        if (
            isinstance(statement, ast.ImportFrom)
            and (statement.module, statement.level) == ("assay.pipeline", 0)
            and [(each.name, each.asname) for each in statement.names] == [("pipeline", None)]
        ):
            return statement
    return None


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_pipeline(statement: ast.stmt) -> bool:
    """Whether it is `dag = pipeline(__file__)`, with any name for the DAG that Airflow sees."""
    return (
        isinstance(statement, ast.Assign)
        and len(statement.targets) == 1
        and isinstance(statement.targets[0], ast.Name)
        and not statement.targets[0].id.startswith("_")
        and ast.unparse(statement.value) == "pipeline(__file__)"
    )
