"""Constants in the SQL that people write: an expression without columns is evaluated here, as Snowflake would.

Calls are kept by their written names: the parser of `plain` knows no function, so that none is renamed or completed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any, ClassVar, Final

from sqlglot import exp
from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import SqlglotError
from sqlglot.parsers.snowflake import SnowflakeParser

LONGEST = 10_000
"""Characters of a text that is evaluated; a longer one is not known."""
KEPT_PARSERS = ("CAST", "TRY_CAST", "EXTRACT", "DATE_PART", "LISTAGG", "POSITION")
DIGITS = 60


class _Plain(Snowflake):
    """Snowflake's grammar, in which every function is one that is not known."""

    class Parser(SnowflakeParser):
        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: read for name, read in SnowflakeParser.FUNCTION_PARSERS.items() if name in KEPT_PARSERS
        }


class _Unknown:
    """What is not known before there are rows."""


UNKNOWN: Final = _Unknown()
Value = Decimal | str | bool | _Unknown | None


def plain(text: str) -> exp.Expr | None:
    """The expression or query in `text` with its calls as they are written; None where it does not parse."""
    try:
        found = [each for each in _Plain().parse(text) if each is not None]
    except SqlglotError:
        return None
    return found[0] if len(found) == 1 else None


def is_written(text: str) -> bool:
    """Whether SQL is a literal, a number with a sign before it, or literals put together."""
    tree = plain(text)
    while isinstance(tree, exp.Paren | exp.Neg):
        tree = tree.this
    parts = [tree] if not isinstance(tree, exp.DPipe) else list(tree.flatten())
    return all(isinstance(each, exp.Literal | exp.RawString) for each in parts)


def shown(node: exp.Expr) -> str:
    """An expression as people write it."""
    return str(node.sql("snowflake", normalize_functions=False))


def name_of(node: exp.Expr) -> str:
    """The name of the function that a node calls, in lower case; empty where it calls none."""
    return str(node.name).lower() if isinstance(node, exp.Anonymous) else ""


def value(node: exp.Expr | None) -> Value:
    """The value of a constant expression, or UNKNOWN."""
    if node is None:
        return UNKNOWN
    try:
        with localcontext() as exact:
            exact.prec = DIGITS
            return _value(node)
    except (ArithmeticError, InvalidOperation, ValueError, OverflowError):
        return UNKNOWN


def number(node: exp.Expr | None) -> Decimal | None:
    """The value of a constant number."""
    found = value(node)
    return found if isinstance(found, Decimal) else None


def text(node: exp.Expr | None) -> str | None:
    """The value of a constant text."""
    found = value(node)
    return found if isinstance(found, str) else None


def _value(node: exp.Expr) -> Value:
    match node:
        case exp.Literal():
            return str(node.this) if node.is_string else Decimal(str(node.this))
        case exp.Boolean():
            return bool(node.this)
        case exp.Null():
            return None
        case exp.Paren():
            return _value(node.this)
        case exp.Neg():
            of = _value(node.this)
            return -of if isinstance(of, Decimal) else UNKNOWN
        case exp.DPipe():
            both = (_value(node.left), _value(node.right))
            return "".join(each for each in both if isinstance(each, str)) if _all(both, str) else UNKNOWN
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Div() | exp.Mod():
            return _calculated(node, _value(node.left), _value(node.right))
        case exp.Cast() if isinstance(_value(node.this), str) and node.to.this in exp.DataType.TEXT_TYPES:
            return _value(node.this)
        case exp.Anonymous() if (function := FOLDED.get(name_of(node))) is not None:
            arguments = [_value(each) for each in node.expressions]
            return UNKNOWN if any(isinstance(each, _Unknown) for each in arguments) else function(*arguments)
    return UNKNOWN


def _calculated(node: exp.Binary, left: Value, right: Value) -> Value:
    if left is None or right is None:
        return UNKNOWN if isinstance(left, _Unknown) or isinstance(right, _Unknown) else None
    if not isinstance(left, Decimal) or not isinstance(right, Decimal):
        return UNKNOWN
    match node:
        case exp.Add():
            return left + right
        case exp.Sub():
            return left - right
        case exp.Mul():
            return left * right
        case exp.Div():
            return left / right
    return left % right


def _all(values: tuple[Value, ...], kind: type) -> bool:
    return all(isinstance(each, kind) for each in values)


def _of(kind: type, function: Callable[..., Value]) -> Callable[..., Value]:
    """The function for arguments of this kind; null where one is null, UNKNOWN for others."""

    def called(*arguments: Value) -> Value:
        if None in arguments:
            return None
        return function(*arguments) if _all(arguments, kind) else UNKNOWN

    return called


def _real(function: Callable[..., float]) -> Callable[..., Value]:
    def called(*arguments: Decimal) -> Value:
        found = function(*(float(each) for each in arguments))
        return Decimal(found) if math.isfinite(found) else UNKNOWN

    return _of(Decimal, called)


def _rounded(of: Value, scale: Value = Decimal(0)) -> Value:
    if not isinstance(of, Decimal) or not isinstance(scale, Decimal):
        return UNKNOWN
    return of.quantize(Decimal(1).scaleb(-int(scale)), "ROUND_HALF_UP")


def _part(of: Value, count: Value, *, right: bool = False) -> Value:
    if not isinstance(of, str) or not isinstance(count, Decimal):
        return UNKNOWN
    wanted = max(0, int(count))
    return (of[-wanted:] if wanted else "") if right else of[:wanted]


def _repeated(of: Value, count: Value) -> Value:
    if not isinstance(of, str) or not isinstance(count, Decimal) or len(of) * count > LONGEST:
        return UNKNOWN
    return of * int(count)


def _first(*values: Value) -> Value:
    return next((each for each in values if each is not None), None)


FOLDED: Mapping[str, Callable[..., Value]] = {
    "abs": _of(Decimal, abs),
    "ceil": _of(Decimal, lambda of: Decimal(math.ceil(of))),
    "coalesce": _first,
    "concat": _of(str, lambda *of: "".join(of)),
    "cos": _real(math.cos),
    "exp": _real(math.exp),
    "floor": _of(Decimal, lambda of: Decimal(math.floor(of))),
    "greatest": _of(Decimal, max),
    "ifnull": _first,
    "least": _of(Decimal, min),
    "left": _part,
    "len": _of(str, lambda of: Decimal(len(of))),
    "length": _of(str, lambda of: Decimal(len(of))),
    "ln": _real(math.log),
    "lower": _of(str, lambda of: of.lower()),
    "ltrim": _of(str, lambda of, of_these=" ": of.lstrip(of_these)),
    "mod": _of(Decimal, lambda of, by: of % by),
    "nullif": lambda of, other: None if of == other else of,
    "nvl": _first,
    "pi": lambda: Decimal(math.pi),
    "pow": _real(math.pow),
    "power": _real(math.pow),
    "repeat": _repeated,
    "replace": _of(str, lambda of, old, new="": of.replace(old, new) if old else of),
    "reverse": _of(str, lambda of: of[::-1]),
    "right": lambda of, count: _part(of, count, right=True),
    "round": _rounded,
    "rtrim": _of(str, lambda of, of_these=" ": of.rstrip(of_these)),
    "sign": _of(Decimal, lambda of: Decimal((of > 0) - (of < 0))),
    "sin": _real(math.sin),
    "sqrt": _real(math.sqrt),
    "square": _of(Decimal, lambda of: of * of),
    "trim": _of(str, lambda of, of_these=" ": of.strip(of_these)),
    "upper": _of(str, lambda of: of.upper()),
    "zeroifnull": lambda of: Decimal(0) if of is None else of,
}
"""Functions whose constant calls are evaluated. Others are not known, and pass."""
