"""Aggregate functions that sqlglot and fakesnow do not translate right."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from .calls import Function, call, duckdb, literal, text

FUNCTIONS: dict[str, Function] = {
    "AVG": duckdb("avg", 1),
    "MODE": duckdb("mode", 1),
    "COUNT_IF": Function(
        1, 1, lambda given: call("count", exp.Case(ifs=[exp.If(this=given[0], true=literal(1))]))
    ),  # 0 of nulls
    "BOOLAND_AGG": duckdb("bool_and", 1),
    "BOOLOR_AGG": duckdb("bool_or", 1),
    "MIN_BY": duckdb("arg_min", 2),
    "MAX_BY": duckdb("arg_max", 2),
    "HLL": duckdb("approx_count_distinct", 1),
}


def _parts(node: exp.Expr) -> tuple[exp.Expr, exp.Expr, bool, exp.Expr | None]:
    """The whole of an ordered aggregate, what it is of, whether of distinct values only, and their order."""
    whole, order, of = node, None, node.this
    if isinstance(node.parent, exp.WithinGroup):
        whole, order = node.parent, node.parent.expression
    if isinstance(of, exp.Order):
        order, of = exp.Order(expressions=of.expressions), of.this
    distinct = isinstance(of, exp.Distinct)
    return whole, of.expressions[0] if distinct else of, distinct, order


def _replaced(whole: exp.Expr, aggregate: exp.Expr, finish: Callable[[exp.Expr], exp.Expr]) -> None:
    """Put the aggregate in place, inside its window if it has one, and what finishes it around both."""
    window = whole.parent if isinstance(whole.parent, exp.Window) and whole.arg_key == "this" else None
    whole.replace(aggregate)
    made = window if window is not None else aggregate
    inner = made.copy()
    made.replace(finish(inner))


def listed(node: exp.Expr) -> None:
    """LISTAGG: texts that are not null, one after the other; of nothing, an empty text."""
    whole, of, distinct, order = _parts(node)
    subject = text(of.copy())
    separator = node.args.get("separator") or literal("")
    first: exp.Expr = exp.Distinct(expressions=[subject]) if distinct else subject
    last: exp.Expr = separator.copy()
    if order is not None:
        last = exp.Order(this=last, expressions=[o.copy() for o in order.expressions])
    aggregate = call("string_agg", first, last)
    _replaced(whole, aggregate, lambda made: call("coalesce", made, literal("")))


def gathered(node: exp.Expr) -> None:
    """ARRAY_AGG: the values that are not null; of nothing, an empty array."""
    whole, of, distinct, order = _parts(node)
    first: exp.Expr = exp.Distinct(expressions=[of.copy()]) if distinct else of.copy()
    if order is not None:
        first = exp.Order(this=first, expressions=[o.copy() for o in order.expressions])
    not_null = exp.Where(this=exp.not_(exp.Is(this=of.copy(), expression=exp.null())))
    aggregate = exp.Filter(this=call("list", first), expression=not_null)
    _replaced(whole, aggregate, lambda made: call("coalesce", call("to_json", made), exp.cast(literal("[]"), "JSON")))
