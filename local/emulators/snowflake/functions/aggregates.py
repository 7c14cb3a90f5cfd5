"""Aggregate functions that sqlglot and fakesnow do not translate right."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from .. import errors
from .calls import Function, call, duckdb, literal, text


def _spread(name: str) -> Function:
    """A variance: its number of decimals depends on what it is of, see `arithmetic`."""

    def build(arguments: list[exp.Expr]) -> exp.Expr:
        if isinstance(arguments[0], exp.Distinct):
            raise NotImplementedError(f"{name.upper()} of distinct values")
        return call(name, *arguments)

    return Function(1, 1, build)


FUNCTIONS: dict[str, Function] = {
    "AVG": duckdb("avg", 1),
    "MEDIAN": Function(1, 1, lambda a: call("quantile_cont", a[0], exp.Literal.number("0.5"))),
    "VAR_POP": _spread("var_pop"),
    "VARIANCE_POP": _spread("var_pop"),
    "VAR_SAMP": _spread("var_samp"),
    "VARIANCE": _spread("var_samp"),
    "VARIANCE_SAMP": _spread("var_samp"),
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
    separator = node.args.get("separator") or literal("")
    if distinct and order is not None:
        values, way = _distinct_in_order(of, order)
        _replaced(whole, values, lambda made: call("sf_joined", call("list_sort", made, way), separator.copy()))
        return
    subject = text(of.copy())
    first: exp.Expr = exp.Distinct(expressions=[subject]) if distinct else subject
    last: exp.Expr = separator.copy()
    if order is not None:
        last = exp.Order(this=last, expressions=[o.copy() for o in order.expressions])
    aggregate = call("string_agg", first, last)
    _replaced(whole, aggregate, lambda made: call("coalesce", made, literal("")))


def counted(node: exp.Expr) -> None:
    """COUNT of several values: of the rows in which none of them is null."""
    if node.args.get("expressions"):
        every = [node.this, *node.expressions]
        none_null = exp.and_(*[exp.not_(exp.Is(this=each.copy(), expression=exp.null())) for each in every])
        node.replace(call("count", exp.Case(ifs=[exp.If(this=none_null, true=literal(1))])))


def continuous(node: exp.Expr) -> None:
    """PERCENTILE_CONT: between two values what lies in proportion between them. `arithmetic` has its decimals."""
    group = node.parent
    if not isinstance(group, exp.WithinGroup) or len(group.expression.expressions) != 1:
        raise NotImplementedError("PERCENTILE_CONT without WITHIN GROUP (ORDER BY one expression)")
    (ordered,) = group.expression.expressions
    share = node.this.copy()
    if ordered.args.get("desc"):
        share = exp.paren(exp.Sub(this=literal(1), expression=share))
    group.replace(call("quantile_cont", ordered.this.copy(), share))


def _distinct_in_order(of: exp.Expr, order: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """A list of the distinct values, and the way of their own order, the only one that Snowflake takes beside it."""
    if len(order.expressions) != 1 or order.expressions[0].this != of:
        raise errors.invalid("LISTAGG with DISTINCT is ordered by what it lists, and by nothing else")
    way = "DESC" if order.expressions[0].args.get("desc") else "ASC"
    not_null = exp.Where(this=exp.not_(exp.Is(this=of.copy(), expression=exp.null())))
    listed = exp.Filter(this=call("list", exp.Distinct(expressions=[of.copy()])), expression=not_null)
    return listed, literal(way)


def gathered(node: exp.Expr) -> None:
    """ARRAY_AGG: the values that are not null; of nothing, an empty array."""
    whole, of, distinct, order = _parts(node)
    first: exp.Expr = exp.Distinct(expressions=[of.copy()]) if distinct else of.copy()
    if order is not None:
        first = exp.Order(this=first, expressions=[o.copy() for o in order.expressions])
    not_null = exp.Where(this=exp.not_(exp.Is(this=of.copy(), expression=exp.null())))
    aggregate = exp.Filter(this=call("list", first), expression=not_null)
    _replaced(whole, aggregate, lambda made: call("coalesce", call("to_json", made), exp.cast(literal("[]"), "JSON")))
