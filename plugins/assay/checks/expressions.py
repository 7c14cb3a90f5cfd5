"""SQL that people write in contracts and zone files, tried without a warehouse: parsed as Snowflake's, resolved against
the columns that it will meet, and checked by its type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches

from sqlglot import exp, parse
from sqlglot.dialects.snowflake import Snowflake
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.tokenizer_core import TokenType

from assay.checks import arguments, calls, expression_rules

TABLE = "candidate"
DIALECT = "snowflake"
Columns = Mapping[str, str]
"""Names of columns, and their types as Snowflake writes them."""

TEXT, NUMBER = "a text", "a number"
KINDS = (
    (exp.DataType.TEXT_TYPES, TEXT),
    (exp.DataType.NUMERIC_TYPES, NUMBER),
    ({exp.DataType.Type.BOOLEAN}, "true or false"),
    ({exp.DataType.Type.DATE, exp.DataType.Type.DATE32}, "a date"),
    (exp.DataType.TEMPORAL_TYPES, "a time"),
)
TIMES = ("a date", "a time")


class _Wrong(Exception):
    """What is wrong, as the rest of a sentence."""


def condition(text: str, columns: Columns) -> Iterator[str]:
    """What is wrong with a condition that each row is to fulfil."""
    yield from _tried(text, columns, ("true or false",), "a condition, which is true or false")


def day(text: str, columns: Columns) -> Iterator[str]:
    """What is wrong with an expression of a record's day."""
    yield from _tried(text, columns, TIMES, "a date")


def query(text: str, columns: Columns) -> Iterator[str]:
    """What is wrong with a query that returns one number about the rows in `candidate`."""
    try:
        statement = _one(text, columns)
        if not isinstance(statement, exp.Select):
            raise _Wrong("must be one select that returns a number")
        made = {each.alias_or_name.lower() for each in statement.find_all(exp.CTE)}
        for table in statement.find_all(exp.Table):
            if table.name.lower() not in {TABLE, *made} or table.args.get("db"):
                raise _Wrong(f"reads {table.sql(DIALECT)}; a rule reads the rows on trial only, which are ${{object}}")
        if TABLE not in {table.name.lower() for table in statement.find_all(exp.Table)}:
            raise _Wrong("reads nothing of the load; a rule reads the rows on trial, which are ${object}")
        if len(statement.selects) != 1 or statement.is_star:
            raise _Wrong(
                f"returns {len(statement.selects) if not statement.is_star else 'all'} columns; return one number"
            )
        if statement.args.get("group") or not _is_one_row(statement):
            raise _Wrong("may return several rows, or none; return one number, such as count(*) or max(…)")
        typed = _typed(statement, columns)
        _check_types(typed)
        _check_values(text, columns)
        kind = _kind(typed.selects[0])
        if kind not in (None, NUMBER):
            raise _Wrong(f"returns {kind}; return one number")
    except _Wrong as problem:
        yield str(problem)


def _tried(text: str, columns: Columns, wanted: tuple[str, ...], called: str) -> Iterator[str]:
    try:
        expression = _one(text, columns)
        if not isinstance(expression, exp.Condition) or expression.find(exp.Query):
            raise _Wrong(f"must be {called}, of the row's own columns, and no query")
        for aggregate in expression.find_all(exp.AggFunc):
            if not aggregate.find_ancestor(exp.Window):
                raise _Wrong(f"asks {_sql(aggregate)} of a single row; a rule with type sql asks it of the load")
        typed = _typed(exp.select(exp.alias_(expression, "one")).from_(TABLE), columns)
        _check_types(typed)
        _check_values(text, columns)
        kind = _kind(typed.selects[0])
        if kind is not None and kind not in wanted:
            raise _Wrong(f"must be {called}, and is {kind}")
    except _Wrong as problem:
        yield str(problem)


def _one(text: str, columns: Columns) -> exp.Expr:
    """The one statement or expression in `text`."""
    if not text.strip():
        raise _Wrong("is empty; write it")
    if any(mark in text for mark in ("{{", "{%", "{#")):
        raise _Wrong("holds template marks; it is run as it is written")
    try:
        _check_functions(text, columns)
        found = [each for each in parse(text, read=DIALECT) if each is not None]
    except SqlglotError as error:
        raise _Wrong(f"is no SQL of Snowflake: {_first(error)}") from error
    if len(found) != 1 or any(token.token_type is TokenType.SEMICOLON for token in Snowflake().tokenize(text)):
        raise _Wrong("must be one expression or statement, without ;")
    if _has_comment(text):
        raise _Wrong("holds a comment, which would hide what comes after it; remove it")
    (one,) = found
    assert isinstance(one, exp.Expr)
    for unfilled in one.find_all(exp.Placeholder, exp.Parameter):
        raise _Wrong(f"holds {unfilled.sql(DIALECT)}, which nothing fills in; write the value")
    if isinstance(one, exp.Alias):
        raise _Wrong(f'gives the value a name, "{one.alias}"; remove it')
    return one


def _has_comment(text: str) -> bool:
    return any(token.comments for token in Snowflake().tokenize(text))


def _check_functions(text: str, columns: Columns) -> None:
    for problem in calls.wrong(text, lambda argument: _kind_of(argument, columns)):
        raise _Wrong(problem)


def _check_values(text: str, columns: Columns) -> None:
    for problem in arguments.wrong(text, columns):
        raise _Wrong(problem)


def _kind_of(argument: str, columns: Columns) -> str | None:
    """What kind of value a part of an expression is; None where it cannot be known by itself."""
    tokens = Snowflake().tokenize(argument)
    if tokens and tokens[0].token_type is TokenType.DISTINCT:
        argument = argument[tokens[0].end + 1 :]
    try:
        (expression,) = parse(argument, read=DIALECT)
        assert expression is not None
        return _kind(_typed(exp.select(exp.alias_(expression, "one")).from_(TABLE), columns).selects[0])
    except (SqlglotError, ValueError, AssertionError, _Wrong):
        return None


def _typed(statement: exp.Select, columns: Columns) -> exp.Select:
    """The statement with every column found and every expression typed."""
    schema: dict[str, object] = {TABLE: dict(columns)}
    try:
        qualified = qualify(statement, schema=schema, dialect=DIALECT, quote_identifiers=False)
    except SqlglotError as error:
        raise _Wrong(f"does not fit the table: {_named(error, columns)}") from error
    typed = annotate_types(qualified, schema=schema, dialect=DIALECT)
    assert isinstance(typed, exp.Select)
    return typed


def _named(error: SqlglotError, columns: Columns) -> str:
    words = _first(error)
    for name in words.replace("'", '"').split('"')[1::2]:
        if near := get_close_matches(name.lower(), columns, n=1):
            return f'{words} (did you mean "{near[0]}"?)'
    return f"{words}; its columns are {', '.join(columns)}"


def _first(error: SqlglotError) -> str:
    return " ".join(str(error).split(". Line")[0].replace("\x1b[4m", "").replace("\x1b[0m", "").split())[:200]


def _check_types(statement: exp.Select) -> None:
    """Comparisons and sums of what Snowflake would have to convert, and may fail to."""
    for pair in statement.find_all(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE):
        _check_pair(pair.left, pair.right)
    for between in statement.find_all(exp.Between):
        _check_pair(between.this, between.args["low"])
        _check_pair(between.this, between.args["high"])
    for among in statement.find_all(exp.In):
        for each in among.expressions:
            _check_pair(among.this, each)
    for sum_ in statement.find_all(exp.Mul, exp.Div, exp.Mod):
        for side in (sum_.left, sum_.right):
            if (kind := _kind(side)) not in (None, NUMBER):
                raise _Wrong(f"reckons with {_sql(side)}, which is {kind}")
    for pattern in statement.find_all(exp.Like, exp.ILike, exp.RegexpLike, exp.RegexpILike):
        if (kind := _kind(pattern.this)) not in (None, TEXT):
            raise _Wrong(f"compares {_sql(pattern.this)}, which is {kind}, with a pattern")
    for problem in expression_rules.wrong(statement, _kind, _sql):
        raise _Wrong(problem)
    for both in statement.find_all(exp.And, exp.Or, exp.Not):
        for side in [both.this, *([both.expression] if isinstance(both, exp.Connector) else [])]:
            if (kind := _kind(side)) not in (None, "true or false"):
                raise _Wrong(f"takes {_sql(side)} as a condition, which is {kind}")


def _check_pair(left: exp.Expr, right: exp.Expr) -> None:
    kinds = _kind(left), _kind(right)
    if None in kinds or kinds[0] == kinds[1] or set(kinds) == set(TIMES):
        return
    for kind, other in ((kinds[0], right), (kinds[1], left)):
        if kind in TIMES and isinstance(other, exp.Literal) and other.is_string:
            try:
                datetime.fromisoformat(other.name)
            except ValueError:
                raise _Wrong(f"compares {kind} with {_sql(other)}; write it as 'YYYY-MM-DD'") from None
            return
    raise _Wrong(f"compares {_sql(left)}, which is {kinds[0]}, with {_sql(right)}, which is {kinds[1]}")


def _sql(expression: exp.Expr) -> str:
    """An expression as people write it: columns in lower case, and without their table."""

    def plain(node: exp.Expr) -> exp.Expr:
        return exp.column(node.name.lower()) if isinstance(node, exp.Column) else node

    return str(expression.copy().transform(plain).sql(DIALECT))


def _kind(expression: exp.Expr) -> str | None:
    """What kind of value it is; None where that is not certain."""
    inner = expression.unalias() if isinstance(expression, exp.Alias) else expression
    type_ = inner.type.this if inner.type is not None else None
    return next((kind for types, kind in KINDS if type_ in types), None)


def _is_one_row(select: exp.Select) -> bool:
    """Whether there is exactly one row: an aggregate over all, without what could hold it back."""
    (value,) = select.selects
    if any(select.args.get(part) for part in ("having", "qualify", "limit", "offset")):
        return False
    inner = value.unalias() if isinstance(value, exp.Alias) else value
    plain = [each for each in inner.find_all(exp.Column) if not each.find_ancestor(exp.AggFunc, exp.Query)]
    aggregated = [each for each in inner.find_all(exp.AggFunc) if not each.find_ancestor(exp.Window)]
    return not plain and bool(aggregated or (not select.args.get("from_") and not select.args.get("from")))
