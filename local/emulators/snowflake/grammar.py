"""What sqlglot reads, because other dialects have it, and Snowflake does not: refused, and never left to DuckDB."""

from __future__ import annotations

from sqlglot import exp

from . import errors

_OPERATORS = {
    exp.BitwiseXor: "^", exp.BitwiseAnd: "&", exp.BitwiseOr: "|", exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>", exp.BitwiseNot: "~", exp.IntDiv: "DIV", exp.Pow: "**", exp.NullSafeEQ: "<=>",
    exp.NullSafeNEQ: "IS DISTINCT FROM", exp.Glob: "GLOB", exp.SimilarTo: "SIMILAR TO", exp.Comprehension: "FOR",
    exp.Slice: ":", exp.Columns: "COLUMNS",
}  # fmt: skip


def check(tree: exp.Expr) -> None:
    """Raise a syntax error for the first clause or operator that is none of Snowflake's."""
    for node in tree.walk():
        if (name := _odd(node)) is not None:
            raise errors.syntax(f"unexpected '{name}'")


def _odd(node: exp.Expr) -> str | None:
    if type(node) in _OPERATORS and node.meta.get("duckdb") is None:
        written = type(node) in (exp.NullSafeEQ, exp.NullSafeNEQ)
        return None if written else _OPERATORS[type(node)]
    match node:
        case exp.Distinct() if node.args.get("on") is not None:
            return "DISTINCT ON"
        case exp.Join() if str(node.args.get("kind") or "").upper() in ("SEMI", "ANTI"):
            return f"{node.args['kind']} JOIN"
        case exp.Join() if str(node.args.get("method") or "").upper() not in ("", "NATURAL"):
            return f"{node.args['method']} JOIN"
        case exp.LimitOptions() if node.args.get("percent") or node.args.get("with_ties"):
            return "PERCENT" if node.args.get("percent") else "WITH TIES"
        case exp.Select() if node.args.get("sample") is not None:
            return "USING SAMPLE"
        case exp.Select() if node.args.get("cluster") or node.args.get("sort") or node.args.get("distribute"):
            return "SORT BY"
    return None
