"""The functions that the embedded warehouse has: an allow list, each with its translation into DuckDB's SQL.

A name that is not here is refused as Snowflake rejects one that it does not know, whatever DuckDB has under it. Each
module lists the functions of one chapter of Snowflake's reference; their SQL is in ``sql/functions.sql``.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from .. import errors
from ..dialect import NAME, PARSED, SPECIAL, SYNTAX
from . import aggregates, conditionals, conversions, dates, numbers, semi_structured, texts
from .calls import INTERNAL, Function, call, macro, text

FUNCTIONS: dict[str, Function] = {
    **aggregates.FUNCTIONS,
    **conditionals.FUNCTIONS,
    **conversions.FUNCTIONS,
    **dates.FUNCTIONS,
    **numbers.FUNCTIONS,
    **semi_structured.FUNCTIONS,
    **texts.FUNCTIONS,
}
OF_THE_SESSION = frozenset({
    "CURRENT_USER", "CURRENT_ROLE", "CURRENT_DATABASE", "CURRENT_SCHEMA", "CURRENT_WAREHOUSE", "CURRENT_ACCOUNT",
    "CURRENT_ACCOUNT_NAME", "CURRENT_ORGANIZATION_NAME", "CURRENT_REGION", "CURRENT_SESSION", "CURRENT_VERSION",
    "CURRENT_CLIENT", "CURRENT_SECONDARY_ROLES", "CURRENT_TRANSACTION", "LAST_QUERY_ID",
})  # fmt: skip
"""Functions whose value the session knows: see `binding`."""

OF_TABLES = frozenset({"RESULT_SCAN", "INFER_SCHEMA", "BUILD_SCOPED_FILE_URL"})
"""Functions that are evaluated when a statement is bound."""

ALLOWED = frozenset({*FUNCTIONS, *PARSED, *SPECIAL, *OF_THE_SESSION, *OF_TABLES})


def _extract(node: exp.Expr) -> None:
    node.replace(dates.extracted(dates.part_of(node.this, "EXTRACT"), node.expression))


def _position(node: exp.Expr) -> None:
    node.replace(texts.FUNCTIONS["CHARINDEX"].build([node.args["substr"], node.this, *_given(node, "position")]))


def _given(node: exp.Expr, *names: str) -> list[exp.Expr]:
    return [node.args[name] for name in names if node.args.get(name) is not None]


def _piped(node: exp.Expr) -> None:
    for name in ("this", "expression"):
        operand = node.args[name]
        if not isinstance(operand, exp.DPipe):
            node.set(name, text(operand.copy()))


_SHAPES: dict[type[exp.Expr], Callable[[exp.Expr], object]] = {
    exp.Add: lambda node: _moved(node),
    exp.Sub: lambda node: _moved(node),
    exp.Cast: lambda node: _replace(node, conversions.cast),
    exp.Extract: _extract,
    exp.StrPosition: _position,
    exp.DPipe: _piped,
    exp.Mod: lambda node: node.replace(macro("sf_mod", node.this, node.expression)),
    exp.Literal: lambda node: _replace(node, numbers.literal_number),
    exp.ToBoolean: lambda node: _replace(node, _boolean),  # what sqlglot makes of TRY_CAST(… AS BOOLEAN)
    exp.GroupConcat: aggregates.listed,
    exp.ArrayAgg: aggregates.gathered,
    exp.Count: aggregates.counted,
    exp.PercentileCont: aggregates.continuous,
    exp.CurrentDate: lambda node: node.replace(call("today")),
    exp.CurrentTimestamp: lambda node: node.replace(call("now")),
    exp.Localtimestamp: lambda node: node.replace(call("now")),
    exp.CurrentTime: lambda node: node.replace(call("sf_current_time")),
    exp.Localtime: lambda node: node.replace(call("sf_current_time")),
}
"""What has a grammar of its own in Snowflake, and how it is replaced."""


def _moved(node: exp.Expr) -> None:
    if isinstance(node.expression, exp.Interval) or isinstance(node.this, exp.Interval):
        node.replace(dates.with_interval(node))


def _boolean(node: exp.Expr) -> exp.Expr:
    if node.args.get("safe"):
        return macro("sf_try_boolean", macro("sf_of_text", node.this))
    return macro("sf_boolean", node.this)


def _replace(node: exp.Expr, make: Callable[..., exp.Expr]) -> None:
    node.replace(make(node))


def check(tree: exp.Expr) -> None:
    """Raise for the first function that is not on the list, wherever it stands in the statement."""
    if (odd := tree.find(exp.Describe, exp.Summarize, exp.Show, exp.Pragma, exp.Command, exp.Copy)) is not None:
        raise errors.syntax(f"unexpected '{odd.key.upper()}' inside a statement")
    for node in tree.find_all(exp.Func):
        if node.meta.get(INTERNAL):
            continue
        if isinstance(node, exp.Anonymous):
            if node.name.upper() not in ALLOWED or isinstance(node.parent, exp.Dot):
                raise errors.unknown_function(node.name)
        elif node.meta.get(NAME) is None and not isinstance(node, SYNTAX):
            raise errors.unknown_function(node.sql_name())


def translate(tree: exp.Expr) -> exp.Expr:
    """Replace every call, the innermost first, by DuckDB's expression for it."""
    holder = exp.Paren(this=tree)
    for node in reversed(list(holder.find_all(exp.Anonymous, *_SHAPES))):
        if node.meta.get(INTERNAL):
            continue
        if shape := next((make for kind, make in _SHAPES.items() if isinstance(node, kind)), None):
            shape(node)
            continue
        name = node.name.upper()
        function = FUNCTIONS.get(name)
        if function is None:
            raise errors.unknown_function(node.name)
        count = len(node.expressions)
        if count < function.least:
            raise errors.invalid(
                f"not enough arguments for function [{node.sql(dialect='snowflake')}], expected {function.least}, "
                f"got {count}"
            )
        if function.most is not None and count > function.most:
            raise errors.invalid(
                f"too many arguments for function [{node.sql(dialect='snowflake')}] expected {function.most}, "
                f"got {count}"
            )
        node.replace(function.build(list(node.expressions)))
    translated: exp.Expr = holder.this
    translated.pop()
    return translated
