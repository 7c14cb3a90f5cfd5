"""Between which numbers a numeric expression of SQL must lie, whatever the rows are: by its columns' types, the
functions that it calls, and the conditions of the `iff` or `case` around it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from assay.checks import constants
from assay.checks.constants import name_of

NUMBER = re.compile(r"number\((\d+),\s*(\d+)\)")


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, which are part of it unless the range is open there. `nonzero`: 0 is not part of it."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False
    nonzero: bool = False

    def within(self, other: Range) -> bool:
        low_is_out = self.open_low or (self.nonzero and self.low == 0)
        high_is_out = self.open_high or (self.nonzero and self.high == 0)
        above = self.low > other.low or (self.low == other.low and (low_is_out or not other.open_low))
        below = self.high < other.high or (self.high == other.high and (high_is_out or not other.open_high))
        return above and below and (not other.nonzero or not self.has_zero)

    @property
    def has_zero(self) -> bool:
        above = self.low < 0 or (self.low == 0 and not self.open_low)
        below = self.high > 0 or (self.high == 0 and not self.open_high)
        return above and below and not self.nonzero

    def both(self, other: Range) -> Range:
        """What is in this and in the other."""
        low = max(self, other, key=lambda each: (each.low, each.open_low))
        high = min(self, other, key=lambda each: (each.high, not each.open_high))
        return Range(low.low, high.high, low.open_low, high.open_high, self.nonzero or other.nonzero)

    def either(self, other: Range) -> Range:
        """What is in this or in the other, and all between."""
        low = min(self, other, key=lambda each: (each.low, each.open_low))
        high = max(self, other, key=lambda each: (each.high, not each.open_high))
        return Range(low.low, high.high, low.open_low, high.open_high, not self.has_zero and not other.has_zero)


ALL = Range()
NOT_NEGATIVE = Range(low=0)
POSITIVE = Range(low=0, open_low=True)
SHARES = Range(-1, 1)
OF_CALLS: Mapping[str, Range] = {
    "approx_count_distinct": NOT_NEGATIVE, "ascii": NOT_NEGATIVE, "cos": SHARES, "count": NOT_NEGATIVE,
    "count_if": NOT_NEGATIVE, "cume_dist": Range(0, 1), "day": Range(1, 31), "dayofmonth": Range(1, 31),
    "dayofweek": Range(0, 7), "dayofweekiso": Range(1, 7), "dayofyear": Range(1, 366), "dense_rank": Range(low=1),
    "editdistance": NOT_NEGATIVE, "exp": Range(low=0, open_low=True), "hour": Range(0, 23),
    "len": NOT_NEGATIVE, "length": NOT_NEGATIVE, "minute": Range(0, 59),
    "month": Range(1, 12), "ntile": Range(low=1), "octet_length": NOT_NEGATIVE, "percent_rank": Range(0, 1),
    "pi": Range(math.pi, math.pi), "quarter": Range(1, 4), "rank": Range(low=1), "regexp_count": NOT_NEGATIVE,
    "row_number": Range(low=1), "second": Range(0, 59), "sign": SHARES, "sin": SHARES, "sqrt": NOT_NEGATIVE,
    "square": NOT_NEGATIVE, "stddev": NOT_NEGATIVE, "stddev_pop": NOT_NEGATIVE, "stddev_samp": NOT_NEGATIVE,
    "unicode": Range(0, 0x10FFFF), "var_pop": NOT_NEGATIVE, "var_samp": NOT_NEGATIVE, "variance": NOT_NEGATIVE,
    "week": Range(1, 53), "weekiso": Range(1, 53), "weekofyear": Range(1, 53),
}  # fmt: skip
OF_ONE_VALUE = ("any_value", "avg", "first_value", "last_value", "max", "median", "min", "mode", "to_decimal",
"to_double",
                "to_number", "to_numeric")  # fmt: skip
"""Their value lies where the values of their first argument lie."""
FIRST_KNOWN = ("coalesce", "ifnull", "nvl", "iff", "nvl2")
Known = Mapping[str, Range]
"""What is known of expressions, by their text."""


@dataclass(frozen=True)
class Ranges:
    """`columns` are the types of the columns by name, `known` what the conditions around an expression say."""

    columns: Mapping[str, str]
    known: Known

    def where(self, condition: exp.Expr, *, holds: bool) -> Ranges:
        """The same, where a condition holds, or does not."""
        known = dict(self.known)
        for key, found in _facts(condition, holds):
            known[key] = known.get(key, ALL).both(found)
        return replace(self, known=known)

    def of(self, node: exp.Expr) -> Range:
        return self._of(node).both(self.known.get(_key(node), ALL))

    def _of(self, node: exp.Expr) -> Range:
        if (found := constants.number(node)) is not None:
            return Range(float(found), float(found))
        match node:
            case exp.Paren() | exp.Window():
                return self.of(node.this)
            case exp.Column():
                return _of_type(self.columns.get(node.name.lower(), ""))
            case exp.Neg():
                return _negated(self.of(node.this))
            case exp.Add():
                return _added(self.of(node.left), self.of(node.right))
            case exp.Sub():
                return _added(self.of(node.left), _negated(self.of(node.right)))
            case exp.Mul():
                same = _key(node.left) == _key(node.right)
                return NOT_NEGATIVE if same else _multiplied(self.of(node.left), self.of(node.right))
            case exp.Div():
                return _divided(self.of(node.left), self.of(node.right))
            case exp.Case() if not node.this:
                return self._of_case(node)
            case exp.Anonymous():
                return self._of_call(name_of(node), node.expressions)
        return ALL

    def _of_case(self, node: exp.Case) -> Range:
        found, before = [], self
        for branch in node.args["ifs"]:
            found.append(before.where(branch.this, holds=True).of(branch.args["true"]))
            before = before.where(branch.this, holds=False)
        if default := node.args.get("default"):
            found.append(before.of(default))
        return _hull(found)

    def _of_call(self, name: str, arguments: list[exp.Expr]) -> Range:
        if not arguments:
            return OF_CALLS.get(name, ALL)
        first = self.of(arguments[0])
        if name == "abs":
            low = 0 if first.has_zero or first.low < 0 < first.high else min(abs(first.low), abs(first.high))
            return Range(low, max(abs(first.low), abs(first.high)), nonzero=not first.has_zero)
        if name in ("greatest", "least"):
            every = [self.of(each) for each in arguments]
            pick = max if name == "greatest" else min
            lowest = pick(every, key=lambda each: (each.low, each.open_low))
            highest = pick(every, key=lambda each: (each.high, not each.open_high))
            return Range(lowest.low, highest.high, lowest.open_low, highest.open_high)
        if name == "iff" and len(arguments) == len(("condition", "then", "else")):
            condition, then, other = arguments
            return self.where(condition, holds=True).of(then).either(self.where(condition, holds=False).of(other))
        if name in FIRST_KNOWN:
            return _hull([self.of(each) for each in arguments[name == "nvl2" :]])
        if name == "zeroifnull":
            return first.either(Range(0, 0))
        if name in ("nullif", "nullifzero"):
            return replace(first, nonzero=name == "nullifzero" or constants.number(arguments[1]) == 0)
        if name in ("round", "floor", "ceil", "trunc"):
            return Range(_whole(first.low, math.floor), _whole(first.high, math.ceil))
        if name == "mod" and (by := constants.number(arguments[1])):
            return Range(0 if first.low >= 0 else -abs(float(by)), 0 if first.high <= 0 else abs(float(by)))
        if name in ("pow", "power"):
            exponent = constants.number(arguments[1])
            even = exponent is not None and exponent % 2 == 0
            return POSITIVE if first.within(POSITIVE) else NOT_NEGATIVE if even or first.low >= 0 else ALL
        if name == "sum":
            return Range(0 if first.low >= 0 else -math.inf, 0 if first.high <= 0 else math.inf)
        return first if name in OF_ONE_VALUE else OF_CALLS.get(name, ALL)


def _of_type(written: str) -> Range:
    if (found := NUMBER.fullmatch(written)) is None:
        return ALL
    most = 10.0 ** (int(found[1]) - int(found[2]))
    return Range(-most, most, open_low=True, open_high=True)


def _hull(found: list[Range]) -> Range:
    whole = found[0]
    for each in found[1:]:
        whole = whole.either(each)
    return whole


def _negated(of: Range) -> Range:
    return Range(-of.high, -of.low, of.open_high, of.open_low, of.nonzero)


def _added(one: Range, other: Range) -> Range:
    return Range(
        one.low + other.low, one.high + other.high, one.open_low or other.open_low, one.open_high or other.open_high
    )


def _multiplied(one: Range, other: Range) -> Range:
    ends = [_product(left, right) for left in (one.low, one.high) for right in (other.low, other.high)]
    return Range(min(ends), max(ends), nonzero=not one.has_zero and not other.has_zero)


def _divided(one: Range, other: Range) -> Range:
    if other.low == other.high and other.low:
        low, high = sorted((one.low / other.low, one.high / other.low))
        return Range(low, high, nonzero=not one.has_zero)
    signs = [(each.low >= 0) - (each.high <= 0) for each in (one, other)]
    sign = signs[0] * signs[1]  # where either may be of both signs, nothing is known
    return Range(0 if sign > 0 else -math.inf, 0 if sign < 0 else math.inf, nonzero=not one.has_zero)


def _product(left: float, right: float) -> float:
    return 0.0 if 0 in (left, right) else left * right


def _whole(of: float, function: object) -> float:
    return float(function(of)) if math.isfinite(of) else of  # type: ignore[operator]


def _key(node: exp.Expr) -> str:
    return constants.shown(node.unnest()).lower()


def _facts(condition: exp.Expr, holds: bool) -> Iterator[tuple[str, Range]]:
    """What a condition says of expressions when it holds, or when it does not (or is null, when the value is)."""
    match condition:
        case exp.Paren():
            yield from _facts(condition.this, holds)
        case exp.Not():
            yield from _facts(condition.this, not holds)
        case exp.And() if holds:
            yield from (*_facts(condition.left, True), *_facts(condition.right, True))
        case exp.Or() if not holds:
            yield from (*_facts(condition.left, False), *_facts(condition.right, False))
        case exp.Between() if holds:
            low, high = constants.number(condition.args["low"]), constants.number(condition.args["high"])
            if low is not None and high is not None:
                yield _key(condition.this), Range(float(low), float(high))
        case exp.EQ() | exp.NEQ() | exp.GT() | exp.GTE() | exp.LT() | exp.LTE():
            yield from _compared(condition, holds)


TURNED = {exp.GT: exp.LT, exp.LT: exp.GT, exp.GTE: exp.LTE, exp.LTE: exp.GTE}
DENIED = {exp.GT: exp.LTE, exp.LTE: exp.GT, exp.GTE: exp.LT, exp.LT: exp.GTE, exp.EQ: exp.NEQ, exp.NEQ: exp.EQ}


def _compared(condition: exp.Binary, holds: bool) -> Iterator[tuple[str, Range]]:
    kind, left, right = type(condition), condition.left, condition.right
    if constants.number(left) is not None:
        left, right, kind = right, left, TURNED.get(kind, kind)
    limit = constants.number(right)
    if limit is None:
        return
    at, kind = float(limit), kind if holds else DENIED[kind]
    found = {
        exp.GT: Range(low=at, open_low=True), exp.GTE: Range(low=at), exp.LT: Range(high=at, open_high=True),
        exp.LTE: Range(high=at), exp.EQ: Range(at, at), exp.NEQ: Range(nonzero=at == 0),
    }  # fmt: skip
    yield _key(left), found[kind]
