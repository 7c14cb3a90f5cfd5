"""What the tables of functions are made of: how many arguments a function takes, and what a call of it becomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

INTERNAL = "internal"
"""Marks the calls that the warehouse itself writes, under DuckDB's names."""

KEPT_DATE = "kept_date"
"""``kept_date(original, moved)``: what was moved, as a date if the original is one. `arithmetic` replaces it."""

Build = Callable[[list[exp.Expr]], exp.Expr]
TEXT_MACRO = "sf_text"
TEXT = "text"
"""Marks what is a VARCHAR, whatever it is made of."""


@dataclass(frozen=True)
class Function:
    """``most`` is None where there is no end to the arguments."""

    least: int
    most: int | None
    build: Build


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A call of a DuckDB function or of one of our macros."""
    made = exp.Anonymous(this=name, expressions=list(arguments))
    made.meta[INTERNAL] = True
    return made


_SIMPLE = (exp.Column, exp.Literal, exp.RawString, exp.Null, exp.Boolean, exp.Identifier, exp.Placeholder)


def once(argument: exp.Expr, body: Callable[[exp.Expr], exp.Expr], name: str = "v_") -> exp.Expr:
    """``body`` of the argument, which stands in the statement once, however often the body names it."""
    plain = argument.unnest()
    if isinstance(plain, _SIMPLE):
        return body(plain)
    one = exp.to_identifier(name)
    listed = exp.Array(expressions=[argument])
    listed.meta["duckdb"] = True
    mapped = call("list_transform", listed, exp.Lambda(this=body(one), expressions=[one.copy()]))
    return call("list_extract", mapped, exp.Literal.number(1))


def macro(name: str, argument: exp.Expr, *others: exp.Expr) -> exp.Expr:
    """A call of a macro that names its first argument many times."""
    return once(argument, lambda one: call(name, one, *others))


def is_text(argument: exp.Expr) -> bool:
    """Whether an expression is known to be a VARCHAR: macros ask DuckDB for the types of all others, which costs more
    than most statements do otherwise."""
    plain = argument.unnest()
    if isinstance(plain, exp.Literal):
        return bool(plain.is_string)
    return isinstance(plain, exp.RawString) or bool(plain.meta.get(TEXT))


def as_text(made: exp.Expr) -> exp.Expr:
    """Mark an expression of DuckDB's as a VARCHAR."""
    made.meta[TEXT] = True
    return made


def text(argument: exp.Expr) -> exp.Expr:
    """The argument as Snowflake's text of it; literals and texts already made are left as they are."""
    if is_text(argument):
        return argument
    if isinstance(argument, exp.Null):
        return exp.cast(argument, "VARCHAR")
    return as_text(macro(TEXT_MACRO, argument))


def duckdb(name: str, least: int, most: int | None = -1) -> Function:
    """DuckDB has the same function under this name. Without ``most``, exactly ``least`` arguments."""
    make = macro if name.startswith("sf_") and least else call
    return Function(least, least if most == -1 else most, lambda arguments: make(name, *arguments))


def on_texts(name: str, least: int, most: int = -1, *, texts: int = 9, gives_text: bool = True) -> Function:
    """A macro or function whose first ``texts`` arguments are texts."""

    def build(arguments: list[exp.Expr]) -> exp.Expr:
        make = macro if name.startswith("sf_") else call
        made = make(name, *[text(a) if i < texts else a for i, a in enumerate(arguments)])
        return as_text(made) if gives_text else made

    return Function(least, least if most == -1 else most, build)


def constant(argument: exp.Expr, function: str, what: str) -> str:
    """The text of a literal argument, or of literals put together; anything else is refused by name."""
    if isinstance(argument, exp.DPipe):
        return constant(argument.this, function, what) + constant(argument.expression, function, what)
    if isinstance(argument, exp.Literal | exp.RawString):
        return str(argument.this)
    raise NotImplementedError(f"{function} with {what} that is not a literal")


def literal(value: Any) -> exp.Expr:
    return exp.Literal.number(value) if isinstance(value, int) else exp.Literal.string(str(value))
