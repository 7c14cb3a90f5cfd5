"""Snowflake's dialect as it is read here: a function is one of ours by name, or a call that nothing is known of.

sqlglot knows the functions of thirty dialects and would take any of them for Snowflake's. Only the functions whose
translation by sqlglot or fakesnow is right become nodes of their own; every other call stays `exp.Anonymous` under the
name that was written, and `functions` either has a translation for it or refuses it.
"""

from __future__ import annotations

from typing import ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.snowflake import Snowflake
from sqlglot.parsers.snowflake import SnowflakeParser

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


class Parser(SnowflakeParser):
    FUNCTIONS: ClassVar = {name: make for name, make in SnowflakeParser.FUNCTIONS.items() if name in PARSED}
    FUNCTION_PARSERS: ClassVar = {
        name: parse for name, parse in SnowflakeParser.FUNCTION_PARSERS.items() if name in SPECIAL
    }


class Dialect(Snowflake):
    ORIGINAL_NAME_META_KEY = NAME
    parser_class = Parser  # type: ignore[assignment]


def parse(sql: str) -> list[exp.Expr]:
    """The statements in a text."""
    return [t for t in sqlglot.parse(sql, read=Dialect) if t and not isinstance(t, exp.Semicolon)]


def parse_one(sql: str) -> exp.Expr:
    found: exp.Expr = sqlglot.parse_one(sql, read=Dialect)
    return found
