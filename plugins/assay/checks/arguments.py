"""Values of arguments in SQL that people write: what fails in every run because a constant is wrong, and what fails on
some row because a function does not take every number.

Each constant expression is evaluated by itself (`constants`), whatever stands around it, and held against what the
function documents (`domains`); where a row decides, its value must be known to lie in the domain (`ranges`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from sqlglot import exp

from assay.checks import constants, domains, formats, grammar
from assay.checks.constants import name_of, number, shown, text, value
from assay.checks.ranges import NOT_NEGATIVE, POSITIVE, Ranges

MOST_DIGITS, MOST_FRACTION, MOST_FLOAT = 38, 9, Decimal("1.7976931348623157e308")
DAYS = {"year": 365, "quarter": 91, "month": 30, "week": 7, "day": 1}
MOST_DAYS = 3_650_000
TO_NUMBER = ("to_decimal", "to_number", "to_numeric")


def wrong(written: str, columns: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the values in SQL whose calls fit in number and kind. `columns` are types by name."""
    tree = constants.plain(written)
    if tree is None:
        yield "is written in a grammar whose values cannot be checked; write calls with commas between their arguments"
        return
    yield from grammar.wrong(written, tree)
    yield from _visited(tree, Ranges(columns, {}))


def _visited(node: exp.Expr, ranges: Ranges) -> Iterator[str]:
    yield from _here(node, ranges)
    if name_of(node) == "iff" and len(node.expressions) == len(("condition", "then", "else")):
        condition, then, other = node.expressions
        yield from _visited(condition, ranges)
        yield from _visited(then, ranges.where(condition, holds=True))
        yield from _visited(other, ranges.where(condition, holds=False))
    elif isinstance(node, exp.Case) and not node.this:
        for branch in node.args["ifs"]:
            yield from _visited(branch.this, ranges)
            yield from _visited(branch.args["true"], ranges.where(branch.this, holds=True))
            ranges = ranges.where(branch.this, holds=False)
        if default := node.args.get("default"):
            yield from _visited(default, ranges)
    else:
        for child in node.iter_expressions():
            yield from _visited(child, ranges)


def _here(node: exp.Expr, ranges: Ranges) -> Iterator[str]:
    """What is wrong with this node itself."""
    match node:
        case exp.Anonymous():
            yield from _call(name_of(node), node.expressions, ranges)
        case exp.Cast():
            yield from _cast(node)
        case exp.Literal() if not node.is_string and Decimal(str(node.this)) > MOST_FLOAT:
            yield f"has the number {node.this}, which is beyond every type"
        case exp.CurrentTimestamp() if (of := number(node.this)) is not None:
            yield from _clause("current_timestamp", node.this, domains.whole(0, MOST_FRACTION)(of))
        case exp.RegexpLike() if (of_text := text(node.expression)) is not None:
            yield from _clause("a regular expression", node.expression, formats.pattern(of_text))
        case exp.StrPosition() if (start := number(node.args.get("position"))) is not None:
            yield from _clause("position", node.args["position"], domains.START(start))
        case exp.Escape() if (escape := text(node.expression)) is not None and len(escape) != 1:
            yield f"escapes with {shown(node.expression)}; write one character"
        case exp.HexString() if formats.hexadecimal(str(node.this)):
            yield f"has x'{node.this}', {formats.hexadecimal(str(node.this))}"


def _clause(name: str, argument: exp.Expr, problem: str) -> Iterator[str]:
    if problem:
        yield f"calls {name} with {shown(argument)}: {problem}"


def _call(name: str, arguments: list[exp.Expr], ranges: Ranges) -> Iterator[str]:
    for check, argument in zip(domains.CONSTANTS.get(name, ()), arguments, strict=False):
        found = value(argument)
        if check is None or not isinstance(found, Decimal | str | bool):
            continue
        if check in (formats.day, formats.moment, formats.clock) and len(arguments) > 1:
            continue  # its format says how it is written
        yield from _clause(name, argument, check(found))
    for (domain, called, write), argument in zip(domains.STRICT.get(name, ()), arguments, strict=False):
        if ranges.of(argument).within(domain) or value(argument) is None:
            continue
        if number(argument) is not None:
            yield f"calls {name} with {shown(argument)}, and it takes {called}"
        else:
            safe = write.format(shown(argument))
            yield f"needs {called} for {name}, and {shown(argument)} may be another on some row; write {safe}"
    special = SPECIAL.get(name)
    if special is not None:
        yield from special(name, arguments, ranges)


def _power(name: str, arguments: list[exp.Expr], ranges: Ranges) -> Iterator[str]:
    base, exponent = arguments
    of_base, power = ranges.of(base), number(exponent)
    if power is not None and power == power.to_integral_value():
        right = power >= 0 or not of_base.has_zero
    else:
        right = of_base.within(POSITIVE) or (of_base.within(NOT_NEGATIVE) and ranges.of(exponent).within(NOT_NEGATIVE))
    if not right:
        yield (
            f"raises {shown(base)} to {shown(exponent)}, which is none for a base below 0 and a fraction, or for 0 and "
            f"an exponent below 0; write iff({shown(base)} > 0, {name}({shown(base)}, {shown(exponent)}), null)"
        )
    fixed = number(base)
    if fixed is not None and power is not None and not formats.is_finite_power(fixed, power):
        yield f"calls {name} with {shown(base)} and {shown(exponent)}, whose result is beyond every type"


def _log(name: str, arguments: list[exp.Expr], ranges: Ranges) -> Iterator[str]:
    if number(arguments[0]) == 1:
        yield f"calls {name} with the base {shown(arguments[0])}, and it takes a base above 0 other than 1"


def _buckets(name: str, arguments: list[exp.Expr], ranges: Ranges) -> Iterator[str]:
    low, high = number(arguments[1]), number(arguments[2])
    if low is not None and high is not None and low >= high:
        yield f"calls {name} with the bounds {low} and {high}; write the lower one first, and two different ones"


def _zones(name: str, arguments: list[exp.Expr], ranges: Ranges) -> Iterator[str]:
    for argument in arguments[:-1]:
        if (written := text(argument)) is not None:
            yield from _clause(name, argument, formats.zone(written))


def _units(name: str, arguments: list[exp.Expr], ranges: Ranges) -> Iterator[str]:
    at = {"last_day": 1, "time_slice": 2}.get(name, 0)
    if at >= len(arguments):
        return
    unit = text(arguments[at]) or arguments[at].name
    if unit.lower() not in domains.UNITS_OF[name]:
        yield f"calls {name} with the unit {shown(arguments[at])}, which it does not take; write year, month or day"
    if name in ("dateadd", "timeadd", "timestampadd") and (amount := number(arguments[1])) is not None:
        part = next((part for part, names in domains.PARTS.items() if unit.lower() in (part, *names.split())), "")
        if amount != amount.to_integral_value():
            yield f"calls {name} with {shown(arguments[1])}, and it takes a whole number"
        elif abs(amount) * DAYS.get(part, 0) > MOST_DAYS:
            yield f"calls {name} with {shown(arguments[1])}, which leads beyond the year 9999"


def _truncated(name: str, arguments: list[exp.Expr], ranges: Ranges) -> Iterator[str]:
    if len(arguments) == 1:
        return
    found = value(arguments[1])
    if isinstance(found, Decimal):
        yield from _clause(name, arguments[1], domains.whole(-MOST_DIGITS, MOST_DIGITS)(found))
    elif (found if isinstance(found, str) else arguments[1].name).lower() not in domains.LENGTHS:
        yield f"calls {name} with {shown(arguments[1])}, which is neither a unit of time nor a number of decimals"


def _to_number(name: str, arguments: list[exp.Expr], ranges: Ranges) -> Iterator[str]:
    """An expression, then digits and decimals, of which each may be left out."""
    of, *more = arguments
    written = value(of)
    if isinstance(written, str) and not name.startswith("try_"):
        yield from _clause(name, of, formats.digits(written))
    precision, scale = (number(more[0]) if more else None), (number(more[1]) if len(more) > 1 else Decimal(0))
    for argument, low, high in zip(more, (1, 0), (MOST_DIGITS, MOST_DIGITS - 1), strict=False):
        if (limit := number(argument)) is not None:
            yield from _clause(name, argument, domains.whole(low, high)(limit))
    if precision is not None and scale is not None and scale > precision:
        yield f"calls {name} with {precision} digits and {scale} decimals; write no more decimals than digits"


def _in_format(name: str, arguments: list[exp.Expr], ranges: Ranges) -> Iterator[str]:
    if len(arguments) > 1:
        written, form = value(arguments[0]), text(arguments[1])
        if isinstance(written, str) and form is not None and not formats.date_format(form) and form.upper() != "AUTO":
            yield from _clause(name, arguments[0], formats.in_format(written, form))


def _binary(name: str, arguments: list[exp.Expr], ranges: Ranges) -> Iterator[str]:
    form = text(arguments[1]) if len(arguments) > 1 else "HEX"
    if form is None:
        return
    if problem := domains.BINARY(form):
        yield from _clause(name, arguments[1], problem)
    elif (written := text(arguments[0])) is not None:
        check = {"hex": formats.hexadecimal, "base64": formats.base64_text}.get(form.lower())
        yield from _clause(name, arguments[0], check(written) if check else "")


def _groups(name: str, arguments: list[exp.Expr], ranges: Ranges) -> Iterator[str]:
    """A group that is asked for must be in the pattern, which therefore must be known."""
    parameters, group = (text(arguments[4]) if len(arguments) > 4 else ""), None
    if len(arguments) > 5:
        group = number(arguments[5])
    elif parameters and "e" in parameters:
        group = Decimal(1)
    if not group:
        return
    pattern = text(arguments[1])
    if pattern is None:
        yield f"calls {name} with the group {group} of {shown(arguments[1])}; write the pattern there"
    elif not formats.pattern(pattern) and re.compile(pattern).groups < group:
        yield f"calls {name} with the group {group}, and the pattern {shown(arguments[1])} has not so many"


SPECIAL = {
    "convert_timezone": _zones, "log": _log, "pow": _power, "power": _power, "regexp_substr": _groups,
    "to_binary": _binary, "trunc": _truncated, "width_bucket": _buckets,
    **dict.fromkeys(domains.UNITS_OF, _units),
    **dict.fromkeys([each for name in TO_NUMBER for each in (name, f"try_{name}")], _to_number),
    **dict.fromkeys(("to_date", "date", "to_time", "to_timestamp", "to_timestamp_ntz", "to_timestamp_tz"), _in_format),
}  # fmt: skip
"""Functions of which one argument says what another may be."""


def _cast(node: exp.Cast) -> Iterator[str]:
    kind, sizes = node.to.this, [each.this for each in node.to.expressions]
    limits = [number(each) for each in sizes]
    called = node.to.sql("snowflake").lower()
    if any(limit is None for limit in limits):
        return
    sizes_of = [int(limit) for limit in limits if limit is not None]
    if sizes_of and not _sizes_are_right(kind, sizes_of):
        yield f"converts {shown(node.this)} to {called}, which is no type of Snowflake; correct its size"
        return
    written = value(node.this)
    if isinstance(node, exp.TryCast):
        return
    if isinstance(written, str):
        check = next((check for kinds, check in CHECKED_TYPES if kind in kinds), None)
        if check is not None and (problem := check(written)):
            yield f"converts {shown(node.this)} to {called}: {problem}"
            return
    if kind in FIXED and sizes_of and (exact := _exact(written)) is not None:
        precision, scale = sizes_of[0], (*sizes_of, 0)[1]
        if abs(exact) >= Decimal(10) ** (precision - scale):
            yield f"converts {shown(node.this)} to {called}, which has not so many digits"


def _exact(written: constants.Value) -> Decimal | None:
    if isinstance(written, str):
        return Decimal(written.strip())
    return written if isinstance(written, Decimal) else None


def _sizes_are_right(kind: exp.DType, sizes: list[int]) -> bool:
    if kind in FIXED:
        return 1 <= sizes[0] <= MOST_DIGITS and 0 <= (*sizes, 0)[1] <= min(sizes[0], MOST_DIGITS - 1)
    if kind in exp.DataType.TEXT_TYPES:
        return 1 <= sizes[0] <= domains.MOST
    return kind not in exp.DataType.TEMPORAL_TYPES or 0 <= sizes[0] <= MOST_FRACTION


FIXED = {exp.DType.DECIMAL, exp.DType.INT, exp.DType.BIGINT}
CHECKED_TYPES = (
    (exp.DataType.NUMERIC_TYPES - exp.DataType.FLOAT_TYPES, formats.digits),
    (exp.DataType.FLOAT_TYPES, formats.real),
    ({exp.DType.BOOLEAN}, formats.truth),
    ({exp.DType.TIME}, formats.clock),
    ({exp.DType.DATE}, formats.day),
    (exp.DataType.TEMPORAL_TYPES, formats.moment),
)
