"""Values of different kinds that meet in one column: refused, where Snowflake converts and DuckDB converts otherwise.

Snowflake makes numbers of the texts in ``COALESCE(1, 'a')`` and ``SELECT 1 UNION SELECT 'a'`` (and fails on 'a');
DuckDB takes the first value unseen, or makes texts of the numbers.
"""

from __future__ import annotations

import re

import duckdb
from sqlglot import exp

from . import errors
from .arithmetic import with_ctes
from .functions.calls import INTERNAL

_DATED = re.compile(r"\d{4}-\d{1,2}-\d{1,2}.*", re.DOTALL)
_CHOICES = ("coalesce", "greatest", "least")
_KINDS = (
    ("a text", re.compile(r"VARCHAR")),
    ("a number", re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|INTEGER_LITERAL|DECIMAL.*|DOUBLE|FLOAT")),
    ("true or false", re.compile(r"BOOLEAN")),
    ("a date", re.compile(r"DATE|TIMESTAMP.*")),
    ("a time", re.compile(r"TIME")),
    ("a binary", re.compile(r"BLOB")),
    ("a variant", re.compile(r"JSON|.*\[\]|STRUCT.*|MAP.*")),
)


def choice(node: exp.Expr) -> exp.Expr:
    """Make texts that are written among other values texts, and nothing that DuckDB may read as a number. A text that
    is a date stays as it is: both read it as one beside dates."""
    if isinstance(node, exp.Case):
        values = [branch.args["true"] for branch in node.args["ifs"]]
        values += [node.args["default"]] if node.args.get("default") is not None else []
    elif isinstance(node, exp.Anonymous) and node.name in _CHOICES and node.meta.get(INTERNAL):
        values = list(node.expressions)
    else:
        return node
    texts = [value for value in values if isinstance(value, exp.Literal) and value.is_string]
    if any(value not in texts and not isinstance(value, exp.Null) for value in values):
        for text in texts:
            if not _DATED.fullmatch(text.name):
                text.replace(exp.cast(text.copy(), "VARCHAR"))
    return node


def check_sets(tree: exp.Expr, connection: duckdb.DuckDBPyConnection) -> None:
    """Raise for the first column of UNION, EXCEPT or INTERSECT whose values are of several kinds."""
    for node in tree.find_all(exp.SetOperation):
        if isinstance(node.parent, exp.SetOperation):
            continue
        kinds: dict[str, set[str]] = {}
        for operand in _operands(node):
            for at, (name, kind) in enumerate(_described(operand, node, connection), 1):
                if kind is not None:
                    kinds.setdefault(name if node.args.get("by_name") else str(at), set()).add(kind)
        for column, found in kinds.items():
            if len(found) > 1:
                first, second, *_ = sorted(found)
                raise errors.unsupported(
                    f"{node.key.upper()} of {first} and {second} in the column {column}: cast one of them"
                )


def _operands(node: exp.Expr) -> list[exp.Expr]:
    """The queries of a set operation, from left to right, without the parentheses around them."""
    inner = node
    while isinstance(inner, exp.Subquery | exp.Paren) and not inner.args.get("with_"):
        inner = inner.this
    if isinstance(inner, exp.SetOperation) and not (inner is not node and inner.args.get("with_")):
        return [*_operands(inner.this), *_operands(inner.expression)]
    return [inner]


def _described(
    query: exp.Expr, around: exp.Expr, connection: duckdb.DuckDBPyConnection
) -> list[tuple[str, str | None]]:
    """The name and kind of each column of one query of a set operation."""
    probe = with_ctes(query.copy(), query)
    for placeholder in list(probe.find_all(exp.Placeholder, exp.Parameter)):
        placeholder.replace(exp.null())
    sql = probe.sql(dialect="duckdb", comments=False)
    try:
        rows = connection.execute(f"DESCRIBE {sql}").fetchall()
    except duckdb.BinderException:
        if around.find_ancestor(exp.Select) is None:
            raise
        raise NotImplementedError(f"{around.key.upper()} in a query that reads columns of the one around it") from None
    return [(row[0], next((kind for kind, types in _KINDS if types.fullmatch(row[1])), None)) for row in rows]
