"""The SQL of a contract's rules, tried on its columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay import strict_yaml
from assay.checks import expressions
from assay.contracts import Contract

COLUMN = ("${property}", "${column}", "{property}")
"""The standard's placeholders for the column that a rule is about."""


def wrong(folder: Path, contract: Contract) -> Iterator[str]:
    """What is wrong with conditions and queries of the contract of a zone's table, with file, line and key."""
    document = contract_document(folder, contract.table)
    columns = {column.name: column.type.stored for column in contract.columns}
    for path, quality, column in qualities(document.content):
        if quality.get("type") == "custom" and isinstance(condition := quality.get("implementation"), str):
            for problem in expressions.condition(condition, columns):
                yield document.about([*path, "implementation"], problem)
        if quality.get("type") == "sql" and isinstance(query := quality.get("query"), str):
            if not column and any(placeholder in query for placeholder in COLUMN):
                yield document.about([*path, "query"], "names no column for ${property}: it is a rule of the table")
                continue
            for problem in expressions.query(_filled(query, column), columns):
                yield document.about([*path, "query"], problem)


def contract_document(folder: Path, table: str) -> strict_yaml.Document:
    name = f"{table}.odcs.yaml"
    return strict_yaml.load(folder / "contracts" / name, f"zones/{folder.name}/contracts/{name}")


def qualities(content: Any) -> Iterator[tuple[list[str | int], dict[str, Any], str]]:
    """Each rule under `quality` with its path, and the name of the column it is about, if it is about one."""
    table = content["schema"][0]
    for at, quality in enumerate(table.get("quality") or []):
        yield ["schema", 0, "quality", at], quality, ""
    for index, column in enumerate(table["properties"]):
        for at, quality in enumerate(column.get("quality") or []):
            yield ["schema", 0, "properties", index, "quality", at], quality, column["name"]


def _filled(query: str, column: str) -> str:
    """The query as it is run: the standard's placeholders are the rows on trial and the column."""
    filled = query.strip().rstrip(";")
    for placeholder in ("${object}", "${table}", "{object}"):
        filled = filled.replace(placeholder, expressions.TABLE)
    for placeholder in COLUMN:
        filled = filled.replace(placeholder, column)
    return filled
