"""Numeric functions."""

from __future__ import annotations

from sqlglot import exp

from .calls import Function, call, duckdb, literal, macro
from .dates import truncated


def _whole(name: str) -> Function:
    """CEIL and FLOOR keep the type of a whole number."""

    def build(arguments: list[exp.Expr]) -> exp.Expr:
        if len(arguments) > 1:
            raise NotImplementedError(f"{name.upper()} with a scale")
        return call(name, arguments[0])

    return Function(1, 2, build)


def _trunc(arguments: list[exp.Expr]) -> exp.Expr:
    """TRUNC(number[, scale]), or TRUNC(date, part)."""
    if len(arguments) > 1 and (isinstance(arguments[1], exp.Column) or arguments[1].is_string):
        return truncated([arguments[1], arguments[0]])
    return call("trunc", *arguments)


def literal_number(node: exp.Expr) -> exp.Expr:
    """A whole number that is selected or computed with has 64 bits, where DuckDB takes as few as it fits in."""
    parent = node.parent
    if not node.is_int or abs(int(node.name)) > 2**63 - 1:
        return node
    if isinstance(parent, exp.Tuple) and isinstance(parent.parent, exp.Values):
        return exp.cast(node.copy(), "BIGINT")
    if isinstance(parent, exp.Alias) or (isinstance(parent, exp.Select) and node.arg_key == "expressions"):
        return exp.cast(node.copy(), "BIGINT")
    if isinstance(parent, exp.Add | exp.Sub | exp.Mul) and parent.this.is_int and parent.expression.is_int:
        return exp.cast(node.copy(), "BIGINT")
    return node


FUNCTIONS: dict[str, Function] = {
    "ABS": duckdb("abs", 1),
    "CEIL": _whole("ceil"),
    "FLOOR": _whole("floor"),
    "ROUND": duckdb("round", 1, 2),
    "TRUNC": Function(1, 2, _trunc),
    "TRUNCATE": Function(1, 2, _trunc),
    "MOD": duckdb("sf_mod", 2),
    "SIGN": duckdb("sign", 1),
    "SQRT": duckdb("sf_sqrt", 1),
    "CBRT": duckdb("cbrt", 1),
    "EXP": duckdb("exp", 1),
    "LN": duckdb("sf_ln", 1),
    "LOG": duckdb("sf_log", 2),
    "POWER": duckdb("power", 2),
    "POW": duckdb("power", 2),
    "SQUARE": Function(1, 1, lambda a: call("power", a[0], literal(2))),
    "FACTORIAL": duckdb("factorial", 1),
    "PI": duckdb("pi", 0),
    **{name: duckdb(name.lower(), 1) for name in (
        "SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN", "SINH", "COSH", "TANH", "DEGREES", "RADIANS", "COT",
    )},
    "ATAN2": duckdb("atan2", 2),
    "HAVERSINE": duckdb("_fs_haversine", 4),
    "BITAND": duckdb("sf_bitand", 2),
    "BITOR": duckdb("sf_bitor", 2),
    "BITXOR": duckdb("sf_bitxor", 2),
    "BITNOT": duckdb("sf_bitnot", 1),
    "BITSHIFTLEFT": duckdb("sf_bitshiftleft", 2),
    "BITSHIFTRIGHT": duckdb("sf_bitshiftright", 2),
    "WIDTH_BUCKET": Function(4, 4, lambda a: macro("sf_width_bucket", *a)),
    "RANDOM": Function(0, 0, lambda a: call("sf_random")),
}  # fmt: skip
