"""What SQL in contracts may be made of beside calls: Snowflake's operators and clauses, and conversions between kinds
of values. Allow lists: the parser reads the operators of many databases, and a rule with another one fails in a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp
from sqlglot.dialects.snowflake import Snowflake
from sqlglot.tokenizer_core import Token, TokenType

Kind = Callable[[exp.Expr], str | None]
TEXT, NUMBER, CONDITION, DATE, TIME = "a text", "a number", "true or false", "a date", "a time"
NODES: frozenset[type[exp.Expr]] = frozenset((
    exp.Add, exp.Alias, exp.All, exp.And, exp.Anonymous, exp.Any, exp.Array, exp.Between, exp.Boolean, exp.Bracket,
    exp.CTE, exp.Case, exp.Cast, exp.Column, exp.CurrentDate, exp.CurrentTimestamp, exp.DPipe, exp.DataType,
    exp.DataTypeParam, exp.Distinct, exp.Div, exp.EQ, exp.Escape, exp.Except, exp.Exists, exp.Extract, exp.From, exp.GT,
    exp.GTE, exp.Group, exp.GroupConcat, exp.Having, exp.HexString, exp.ILike, exp.Identifier, exp.If, exp.IgnoreNulls,
    exp.In, exp.Intersect, exp.Interval, exp.Is, exp.JSONExtract, exp.JSONPath, exp.JSONPathKey, exp.JSONPathRoot,
    exp.JSONPathSubscript, exp.Join, exp.LT, exp.LTE, exp.Like, exp.Limit, exp.Literal, exp.Mod, exp.Mul, exp.NEQ,
    exp.Neg, exp.Not, exp.Null, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Offset, exp.Or, exp.Order, exp.Ordered, exp.Paren,
    exp.PropertyEQ, exp.Qualify, exp.RawString, exp.RegexpLike, exp.RespectNulls, exp.Select, exp.Star, exp.StrPosition,
    exp.Struct, exp.Sub, exp.Subquery, exp.Table, exp.TableAlias, exp.TryCast, exp.Tuple, exp.Union, exp.Var, exp.Where,
    exp.Window, exp.WindowSpec, exp.With, exp.WithinGroup,
))  # fmt: skip
NUMBERS, TEXTS = exp.DataType.NUMERIC_TYPES, exp.DataType.TEXT_TYPES
TYPE_NAMES = frozenset(
    [
        "decimal",
        "number",
        "numeric",
        "varchar",
        "string",
        "float",
        "double",
        "timestamp_ntz",
        "timestamp_tz",
        "timestamp",
        "char",
        "time",
    ]
)
CASTS: tuple[tuple[frozenset[exp.DType], tuple[str, ...]], ...] = (
    (frozenset(TEXTS), (TEXT, NUMBER, CONDITION, DATE, TIME)),
    (frozenset(exp.DataType.FLOAT_TYPES), (TEXT, NUMBER)),
    (frozenset(NUMBERS), (TEXT, NUMBER, CONDITION)),
    (frozenset({exp.DType.BOOLEAN}), (TEXT, NUMBER, CONDITION)),
    (frozenset({exp.DType.DATE}), (TEXT, DATE, TIME)),
    (frozenset({exp.DType.TIME}), (TEXT, TIME)),
    (frozenset({exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPLTZ,
                exp.DType.DATETIME}), (TEXT, DATE, TIME)),
    (frozenset({exp.DType.VARIANT}), (TEXT, NUMBER, CONDITION)),
)  # fmt: skip
"""Types to convert to, and kinds of values that Snowflake converts to each."""
DAYS = frozenset((
    "year", "years", "y", "yy", "yyy", "yyyy", "yr", "yrs", "quarter", "quarters", "q", "qtr", "qtrs", "month",
    "months", "mm", "mon", "mons", "week", "weeks", "w", "wk", "weekofyear", "woy", "wy", "day", "days", "d", "dd",
    "dayofmonth",
))  # fmt: skip
"""Units of whole days."""
PARTS = (exp.JSONExtract, exp.Bracket, exp.ParseJSON)


def odd_token(tokens: list[Token]) -> str | None:
    """The first operator that is none of Snowflake's, or the name of a type that is called as a function."""
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        if token.token_type is TokenType.NULLSAFE_EQ or token.text == "==":
            return f"has {token.text}; write = or is not distinct from"
        named = token.text.lower() in TYPE_NAMES and token.token_type is not TokenType.STRING
        called = after is not None and after.token_type is TokenType.L_PAREN
        as_type = before is not None and before.token_type in (TokenType.DCOLON, TokenType.ALIAS)
        if named and called and not as_type:
            return f"calls {token.text}, which is a type; write ::{token.text.lower()} after the value"
    return None


def wrong(text: str, tree: exp.Expr) -> Iterator[str]:
    """What is wrong with the operators and clauses of SQL; `tree` is its `constants.plain`."""
    if (problem := odd_token(Snowflake().tokenize(text))) is not None:
        yield problem
    for node in tree.walk():
        if type(node) not in NODES:
            yield f"has {node.sql('snowflake')[:80]}, which is no part of a rule; write it with functions and operators"
            return


def cast(node: exp.Expr, kind: Kind, shown: Callable[[exp.Expr], str]) -> str:
    """What is wrong with a conversion, empty if nothing."""
    if isinstance(node, exp.TimeSlice):
        return _time_slice(node, kind, shown)
    if not isinstance(node, exp.Cast):
        return ""
    sizes = [each.name for each in node.to.expressions]
    found, target = kind(node.this), node.to.this
    accepted = next((kinds for types, kinds in CASTS if target in types), None)
    called = node.to.sql("snowflake").lower()
    if accepted is None or (sizes not in ([], ["9"]) and target in exp.DataType.TEMPORAL_TYPES):
        return f"converts to {called}; write number, float, varchar, boolean, date, time or timestamp_ntz"
    if target in TEXTS and sizes and sizes[0] != "0":
        return f"converts to {called}, which cuts longer texts; write left({shown(node.this)}::varchar, {sizes[0]})"
    if isinstance(node, exp.TryCast) and (found not in (None, TEXT) or target is exp.DType.VARIANT):
        return f"tries to convert {shown(node.this)}, which is {found}, and try_cast takes a text; write a cast"
    if found is not None and found not in accepted:
        return f"converts {shown(node.this)}, which is {found}, to {called}, and Snowflake does not"
    converts = isinstance(node, exp.TryCast) or (target not in TEXTS and target is not exp.DType.VARIANT)
    if isinstance(node.this.unnest(), PARTS) and converts:
        part = shown(node.this)
        return f"converts {part}, which fails on any value that is none; write try_cast({part}::varchar as {called})"
    return ""


def _time_slice(node: exp.TimeSlice, kind: Kind, shown: Callable[[exp.Expr], str]) -> str:
    of = node.this
    if of.type is not None and of.type.this in (exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPLTZ):
        return f"takes time_slice of {shown(of)}, which has a time zone; write ::timestamp_ntz after it"
    if kind(of) == DATE and node.args["unit"].name.lower() not in DAYS:
        return f"takes time_slice of {shown(of)}, which is a date, by {node.args['unit'].name.lower()}; write day"
    return ""
