"""Snowflake's dialect as it is read here: a function is one of ours by name, or a call that nothing is known of.

sqlglot knows the functions of thirty dialects and would take any of them for Snowflake's. Only the functions whose
translation by sqlglot or fakesnow is right become nodes of their own; every other call stays `exp.Anonymous` under the
name that was written, and `functions` either has a translation for it or rejects it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.snowflake import Snowflake
from sqlglot.parsers.snowflake import SnowflakeParser
from sqlglot.tokenizer_core import Token, TokenType

from . import errors

_NAMES = """
COUNT SUM MIN MAX ANY_VALUE CORR COVAR_POP COVAR_SAMP STDDEV STDDEV_POP STDDEV_SAMP APPROX_COUNT_DISTINCT
PERCENTILE_CONT PERCENTILE_DISC ARRAY_AGG ARRAYAGG OBJECT_AGG ROW_NUMBER RANK DENSE_RANK PERCENT_RANK CUME_DIST NTILE
LAG LEAD
FIRST_VALUE LAST_VALUE NTH_VALUE TABLE FLATTEN GENERATOR SEQ1 SEQ2 SEQ4 SEQ8 OBJECT_CONSTRUCT ARRAY_CONSTRUCT
CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP
"""
PARSED = frozenset(_NAMES.split())
"""Functions that sqlglot parses into nodes of their own."""

SPECIAL = frozenset({"CAST", "TRY_CAST", "EXTRACT", "POSITION", "LISTAGG", "OBJECT_CONSTRUCT_KEEP_NULL"})
"""Functions with a grammar of their own."""

SYNTAX: tuple[type[exp.Expr], ...] = (
    exp.Cast, exp.TryCast, exp.Case, exp.If, exp.And, exp.Or, exp.Xor, exp.Array, exp.Struct, exp.Exists, exp.Extract,
    exp.StrPosition, exp.GroupConcat, exp.JSONObject, exp.JSONExtract, exp.RegexpLike, exp.CurrentDate, exp.CurrentTime,
    exp.CurrentTimestamp, exp.Localtime, exp.Localtimestamp, exp.CurrentUser, exp.CurrentRole, exp.JSONPath, exp.Any,
    exp.All, exp.StarMap, exp.ToBoolean,
)  # fmt: skip
"""What sqlglot counts among functions and is written without a function's name, or is one of `SPECIAL`."""

NAME = "warehouse_name"
WRITTEN = "warehouse_written"
"""Marks a column of a query with its text in the statement, which is the name that Snowflake gives it."""
_FOREIGN = frozenset({"==", "<=>"})
"""Operators that the tokenizer reads for other dialects' sake."""
_OPENING = (TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE)
_CLOSING = (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE)
_ENDS = (
    TokenType.FROM, TokenType.WHERE, TokenType.UNION, TokenType.INTERSECT, TokenType.EXCEPT, TokenType.QUALIFY,
    TokenType.ORDER_BY, TokenType.GROUP_BY, TokenType.HAVING, TokenType.LIMIT, TokenType.FETCH, TokenType.OFFSET,
    TokenType.SEMICOLON, TokenType.INTO, TokenType.R_PAREN,
)  # fmt: skip


class Parser(SnowflakeParser):
    FUNCTIONS: ClassVar = {name: make for name, make in SnowflakeParser.FUNCTIONS.items() if name in PARSED}
    FUNCTION_PARSERS: ClassVar = {
        name: parse for name, parse in SnowflakeParser.FUNCTION_PARSERS.items() if name in SPECIAL
    }


class Dialect(Snowflake):
    ORIGINAL_NAME_META_KEY = NAME
    parser_class = Parser  # type: ignore[assignment]


def parse(sql: str) -> list[exp.Expr]:
    """The statements in a text. Each column of the first's query knows how it is written: see `WRITTEN`."""
    dialect = Dialect()
    tokens = dialect.tokenize(sql)
    if (odd := next((token.text for token in tokens if token.text in _FOREIGN), None)) is not None:
        raise errors.syntax(f"unexpected '{odd}'")
    found = dialect.parser().parse(tokens, sql)
    trees = [t for t in found if t and not isinstance(t, exp.Semicolon)]
    if trees and isinstance(trees[0], exp.Select | exp.SetOperation):
        _remember_columns(sql, tokens, trees[0])
    return trees


def first_select(query: exp.Expr) -> exp.Select | None:
    """The query whose columns give a query's columns their names."""
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    return query if isinstance(query, exp.Select) else None


def _remember_columns(sql: str, tokens: list[Token], query: exp.Expr) -> None:
    select = first_select(query)
    texts = list(_columns(sql, tokens))
    if select is not None and len(texts) == len(select.expressions):
        for column, text in zip(select.expressions, texts, strict=True):
            column.meta[WRITTEN] = text


def _columns(sql: str, tokens: list[Token]) -> Iterator[str | None]:
    """How each column after the first SELECT outside of parentheses is written; None where a comment is in it."""
    depth, rest = 0, iter(tokens)
    for token in rest:
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        if depth == 0 and token.token_type is TokenType.SELECT:
            break
    begun: list[Token] = []
    for token in rest:
        compares = bool(begun) and begun[-1].token_type is TokenType.DISTINCT  # IS DISTINCT FROM
        if depth == 0 and token.token_type in _ENDS and not compares:
            break
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        if depth == 0 and token.token_type is TokenType.COMMA:
            yield _slice(sql, begun)
            begun = []
        elif begun or token.token_type not in (TokenType.DISTINCT, TokenType.ALL):
            begun.append(token)
            if len(begun) == 2 and begun[0].token_type is TokenType.TOP and token.token_type is TokenType.NUMBER:
                begun = []
    if begun:
        yield _slice(sql, begun)


def _slice(sql: str, tokens: list[Token]) -> str | None:
    text = sql[tokens[0].start : tokens[-1].end + 1]
    return None if any(mark in text for mark in ("--", "//", "/*")) else text


def parse_one(sql: str) -> exp.Expr:
    found: exp.Expr = sqlglot.parse_one(sql, read=Dialect)
    return found
