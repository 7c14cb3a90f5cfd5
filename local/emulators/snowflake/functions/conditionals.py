"""Conditional expression functions."""

from __future__ import annotations

from sqlglot import exp

from .calls import Function, call, duckdb


def _decode(arguments: list[exp.Expr]) -> exp.Expr:
    """DECODE takes a null for equal to a null."""
    subject, *rest = arguments
    pairs, default = (rest, None) if len(rest) % 2 == 0 else (rest[:-1], rest[-1])
    cases = [
        exp.If(this=exp.NullSafeEQ(this=subject.copy(), expression=sought), true=result)
        for sought, result in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    return exp.Case(ifs=cases, default=default)


def _all_or_null(name: str) -> Function:
    """GREATEST and LEAST are null if any argument is."""

    def build(arguments: list[exp.Expr]) -> exp.Expr:
        anything_null: exp.Expr = exp.or_(*[exp.Is(this=a.copy(), expression=exp.null()) for a in arguments])
        return exp.Case(ifs=[exp.If(this=anything_null, true=exp.null())], default=call(name, *arguments))

    return Function(1, None, build)


def _iff(arguments: list[exp.Expr]) -> exp.Expr:
    condition, yes, no = arguments
    return exp.Case(ifs=[exp.If(this=condition, true=yes)], default=no)


def _div0(null_too: bool) -> Function:
    """Zero where the divisor is zero, and for DIV0NULL where it is null."""

    def build(arguments: list[exp.Expr]) -> exp.Expr:
        dividend, divisor = arguments
        zero = exp.EQ(this=divisor.copy(), expression=exp.Literal.number(0))
        if null_too:
            condition: exp.Expr = exp.or_(zero, exp.Is(this=divisor.copy(), expression=exp.null()))
        else:
            condition = exp.and_(zero, exp.not_(exp.Is(this=dividend.copy(), expression=exp.null())))
        made = exp.Div(this=exp.paren(dividend.copy()), expression=exp.paren(divisor.copy()))
        return exp.Case(ifs=[exp.If(this=condition, true=exp.Literal.number(0))], default=made)

    return Function(2, 2, build)


FUNCTIONS: dict[str, Function] = {
    "IFF": Function(3, 3, _iff),
    "NVL": duckdb("coalesce", 2),
    "IFNULL": duckdb("coalesce", 2),
    "NVL2": Function(3, 3, lambda a: _iff([exp.not_(exp.Is(this=a[0], expression=exp.null())), a[1], a[2]])),
    "COALESCE": duckdb("coalesce", 1, None),
    "NULLIF": duckdb("nullif", 2),
    "ZEROIFNULL": Function(1, 1, lambda a: call("coalesce", a[0], exp.Literal.number(0))),
    "NULLIFZERO": Function(1, 1, lambda a: call("nullif", a[0], exp.Literal.number(0))),
    "DECODE": Function(3, None, _decode),
    "GREATEST": _all_or_null("greatest"),
    "LEAST": _all_or_null("least"),
    "GREATEST_IGNORE_NULLS": duckdb("greatest", 1, None),
    "LEAST_IGNORE_NULLS": duckdb("least", 1, None),
    "EQUAL_NULL": Function(2, 2, lambda a: exp.paren(exp.NullSafeEQ(this=a[0], expression=a[1]))),
    "BOOLAND": duckdb("sf_booland", 2),
    "BOOLOR": duckdb("sf_boolor", 2),
    "BOOLXOR": duckdb("sf_boolxor", 2),
    "BOOLNOT": duckdb("sf_boolnot", 1),
    "DIV0": _div0(False),
    "DIV0NULL": _div0(True),
}
