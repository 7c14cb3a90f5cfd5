"""What parses and fits the columns, and fails on some row: what Snowflake would have to convert, divide or look up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlglot import exp

from assay.checks import grammar
from assay.contracts import values

TEXT, NUMBER, CONDITION = "a text", "a number", "true or false"
TIMES = ("a date", "a time")
Kind = Callable[[exp.Expr], str | None]
UNITS = frozenset((
    "year", "years", "y", "yy", "yyy", "yyyy", "yr", "yrs", "month", "months", "mm", "mon", "mons", "day",
    "days", "d", "dd", "dayofmonth", "week", "weeks", "w", "wk", "weekofyear", "quarter", "quarters", "q",
    "qtr", "qtrs", "hour", "hours", "h", "hh", "hr", "hrs", "minute", "minutes", "m", "mi", "min", "mins",
    "second", "seconds", "s", "sec", "secs", "millisecond", "milliseconds", "ms", "msec", "microsecond",
    "microseconds", "us", "usec", "nanosecond", "nanoseconds", "ns", "nsec", "nsecond", "dayofweek", "dow",
    "dw", "weekday", "dayofweekiso", "dayofweek_iso", "weekday_iso", "dow_iso", "dw_iso", "dayofyear",
    "yearday", "doy", "dy", "weekiso", "week_iso", "weekofyeariso", "weekofyear_iso", "yearofweek",
    "yearofweekiso", "epoch", "epoch_second", "epoch_seconds", "epoch_millisecond", "epoch_milliseconds",
))  # fmt: skip
EXTRACTED = UNITS - {
    "millisecond", "milliseconds", "ms", "msec", "microsecond", "microseconds", "us", "usec",
}  # fmt: skip
"""Units that date_part and extract take."""
"""Snowflake's parts of dates and times (https://docs.snowflake.com/en/sql-reference/functions-date-time)."""
PATTERNS = (
    exp.RegexpLike, exp.RegexpILike, exp.RegexpCount, exp.RegexpReplace, exp.RegexpExtract, exp.RegexpInstr,
)  # fmt: skip
CONVERSIONS = (exp.ToNumber, exp.ToDouble, exp.ToBoolean, exp.TsOrDsToDate, exp.TsOrDsToTime, exp.ParseJSON)
TRIED = frozenset({"TO_TIMESTAMP", "TO_TIMESTAMP_NTZ", "TO_TIMESTAMP_TZ", "TO_BINARY"})


def wrong(statement: exp.Expr, kind: Kind, shown: Callable[[exp.Expr], str]) -> Iterator[str]:
    """What is wrong with an expression whose columns are found and types known. `kind` says what a value is, None where
    that is not certain; `shown` is the expression as people write it."""
    for node in statement.walk():
        for check in (
            _division,
            grammar.cast,
            _conversion,
            _unit,
            _pattern,
            _comparison,
            _argument,
            _sum,
            _choice,
            _list,
            _part,
        ):
            if problem := check(node, kind, shown):
                yield problem


def _division(node: exp.Expr, kind: Kind, shown: Callable[[exp.Expr], str]) -> str:
    if not isinstance(node, exp.Div | exp.Mod):
        return ""
    divisor = node.expression.unnest()
    if isinstance(divisor, exp.Literal):
        return "divides by 0" if not divisor.is_string and float(divisor.name) == 0 else ""
    if isinstance(divisor, exp.Nullif) or _is_guarded(node, divisor):
        return ""
    return f"divides by {shown(divisor)}, which may be 0; write nullif({shown(divisor)}, 0)"


def _is_guarded(node: exp.Expr, divisor: exp.Expr) -> bool:
    """As in div0, which is read as `iff(divisor = 0 …, 0, …)`."""
    around = node.find_ancestor(exp.If)
    return around is not None and any(
        equal.left.unnest() == divisor and equal.right.sql() == "0" for equal in around.this.find_all(exp.EQ)
    )


def _conversion(node: exp.Expr, kind: Kind, shown: Callable[[exp.Expr], str]) -> str:
    if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast):
        target = node.to.this
        if target in exp.DataType.TEXT_TYPES or isinstance(node.this, exp.Literal) or kind(node.this) != TEXT:
            return ""
        return f"converts {shown(node.this)}, which fails on any text that is none; write try_cast"
    named = node.name.upper() if isinstance(node, exp.Anonymous) else ""
    value = node.expressions[0] if named in TRIED and node.expressions else node.this
    if not (isinstance(node, CONVERSIONS) or named in TRIED) or node.args.get("safe"):
        return ""
    if isinstance(node, exp.TsOrDsToDate) and isinstance(value, exp.Literal) and not node.args.get("format"):
        return _no_time(value.name)
    if not isinstance(value, exp.Expr) or isinstance(value, exp.Literal) or kind(value) != TEXT:
        return ""
    return f"converts {shown(value)}, which fails on any text that is none; write the function that begins with try_"


def _no_time(written: str) -> str:
    try:
        datetime.fromisoformat(written)
    except ValueError:
        return f"has the time '{written}', which there is not; write it as 'YYYY-MM-DD'"
    return ""


def _unit(node: exp.Expr, kind: Kind, shown: Callable[[exp.Expr], str]) -> str:
    unit = node.this if isinstance(node, exp.Extract) else node.args.get("unit")
    if unit is None or not isinstance(node, exp.Func | exp.Interval):
        return ""
    name = unit.name or unit.sql()
    return (
        ""
        if name.lower() in (EXTRACTED if isinstance(node, exp.Extract) else UNITS)
        else f'has the unit "{name.lower()}"; write year, month, day, hour, minute or second'
    )


def _pattern(node: exp.Expr, kind: Kind, shown: Callable[[exp.Expr], str]) -> str:
    pattern = node.args.get("expression")
    if not isinstance(node, PATTERNS) or not isinstance(pattern, exp.Literal) or not pattern.is_string:
        return ""
    try:
        values.pattern(pattern.name)
    except ValueError as problem:
        return f"has a pattern that{problem}"
    return ""


def _comparison(node: exp.Expr, kind: Kind, shown: Callable[[exp.Expr], str]) -> str:
    compared = isinstance(node, exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE)
    if compared and any(isinstance(side, exp.Null) for side in (node.args["this"], node.args["expression"])):
        return f"compares with null, which is never true: {shown(node)}; write is null"
    if (
        isinstance(node, exp.Is)
        and isinstance(node.expression, exp.Boolean)
        and kind(node.this) not in (None, CONDITION)
    ):
        return f"asks whether {shown(node.this)} is true, which is {kind(node.this)}"
    if isinstance(node, exp.Like | exp.ILike) and kind(node.expression) not in (None, TEXT):
        return f"compares with {shown(node.expression)}, which is no pattern"
    return ""


def _argument(node: exp.Expr, kind: Kind, shown: Callable[[exp.Expr], str]) -> str:
    if isinstance(node, exp.Sum | exp.Avg) and kind(node.this) not in (None, NUMBER):
        return f"adds up {shown(node.this)}, which is {kind(node.this)}"
    if isinstance(node, exp.CountIf | exp.If) and kind(node.this) not in (None, CONDITION):
        return f"takes {shown(node.this)} as a condition, which is {kind(node.this)}"
    numbers: tuple[exp.Expr | None, ...] = ()
    if isinstance(node, exp.Substring):
        numbers = (node.args.get("start"), node.args.get("length"))
    elif isinstance(node, exp.DateAdd):
        numbers = (node.args.get("expression"),)
    for number in numbers:
        if number is not None and kind(number) not in (None, NUMBER):
            return f"takes {shown(number)} as a number, which is {kind(number)}"
    return ""


def _choice(node: exp.Expr, kind: Kind, shown: Callable[[exp.Expr], str]) -> str:
    """Values of which one is taken have one kind: Snowflake converts the others to it, and fails on what is none."""
    values: list[exp.Expr | None] = []
    if isinstance(node, exp.Coalesce | exp.Greatest | exp.Least):
        values = [node.this, *node.expressions]
    elif isinstance(node, exp.Nullif):
        values = [node.this, node.expression]
    elif isinstance(node, exp.Case):
        values = [*(each.args.get("true") for each in node.args["ifs"]), node.args.get("default")]
    elif isinstance(node, exp.If | exp.Nvl2) and not isinstance(node.parent, exp.Case):
        values = [node.args.get("true"), node.args.get("false")]
    known = [(each, found) for each in values if each is not None and (found := kind(each)) is not None]
    for other, found in known[1:]:
        first, wanted = known[0]
        if found != wanted and not {found, wanted} <= set(TIMES):
            return f"takes {shown(first)}, which is {wanted}, or {shown(other)}, which is {found}; give both one kind"
    return ""


def _list(node: exp.Expr, kind: Kind, shown: Callable[[exp.Expr], str]) -> str:
    if isinstance(node, exp.In) and any(isinstance(each, exp.Null) for each in node.expressions):
        return f"has null in a list, which equals nothing: {shown(node)}; write is null"
    if isinstance(node, exp.Between):
        low, high = node.args["low"], node.args["high"]
        if isinstance(low, exp.Literal) and isinstance(high, exp.Literal) and low.is_string == high.is_string:
            wrong_way = low.name > high.name if low.is_string else float(low.name) > float(high.name)
            return f"ends before it begins: {shown(node)}" if wrong_way else ""
    return ""


def _part(node: exp.Expr, kind: Kind, shown: Callable[[exp.Expr], str]) -> str:
    if isinstance(node, exp.Bracket | exp.JSONExtract) and kind(node.this) is not None:
        return f"takes a part of {shown(node.this)}, which is {kind(node.this)} and has none; use parse_json"
    return ""


def _sum(node: exp.Expr, kind: Kind, shown: Callable[[exp.Expr], str]) -> str:
    if not isinstance(node, exp.Add | exp.Sub):
        return ""
    kinds = {kind(node.left), kind(node.right)}
    if TEXT in kinds or CONDITION in kinds:
        side = node.left if kind(node.left) in (TEXT, CONDITION) else node.right
        return f"reckons with {shown(side)}, which is {kind(side)}"
    if kinds == {"a time", NUMBER}:
        return f"adds a number to a time: {shown(node)}; write dateadd with a unit"
    return ""
