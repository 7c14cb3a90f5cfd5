"""The query of a SQL job, tried without a server: parsed as Postgres' SQL, its columns compared with the contract's.

Which tables and functions the company's server has is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sqlglot import exp, parse
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from assay.contracts import Contract
from assay.errors import ConfigurationError
from assay.ingestion.checking import Asked
from assay.ingestion.sql_job.query import read_query
from assay.ingestion.sql_job.source import SqlJobSource
from assay.yaml_text import UNSEEN

DIALECT = "postgres"
WRITES = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Into, exp.Lock, exp.Create, exp.Drop, exp.Command)
NOT_AFTER = (TokenType.COMMA, TokenType.DOT)
NEXT_PART = frozenset({
    TokenType.FROM, TokenType.WHERE, TokenType.GROUP_BY, TokenType.ORDER_BY, TokenType.R_PAREN, TokenType.UNION,
    TokenType.LIMIT, TokenType.HAVING, TokenType.COMMA, TokenType.SELECT,
})  # fmt: skip
"""What begins another part, so that a comma or point before it is one too many."""


class _Wrong(Exception):
    """What is wrong, as the rest of a sentence, and its line."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def of_zone(asked: Asked[SqlJobSource]) -> Iterator[str]:
    """What is wrong with the queries of a zone."""
    for source in asked.sources.values():
        shown = f"zones/{asked.folder.name}/jobs/{source.job}.sql"
        try:
            yield from wrong(read_query(asked.folder, source.job), shown, asked.contracts.get(source.table))
        except ConfigurationError as error:
            yield str(error)


def wrong(text: str, shown: str, contract: Contract | None) -> Iterator[str]:
    """What is wrong with the query in `text`, in sentences with file and line."""
    try:
        query = _query(text)
        yield from (f"{shown}:1: {problem}" for problem in _columns(query, contract))
    except _Wrong as problem:
        yield f"{shown}:{problem.line}: {problem}"


def _query(text: str) -> exp.Query:
    """The one query in `text`. Raises _Wrong."""
    for unseen in UNSEEN.finditer(text.replace("\t", " ")):
        line = text.count("\n", 0, unseen.start()) + 1
        raise _Wrong(line, f"has the character {unseen[0]!a}, which cannot be seen; remove it")
    try:
        tokens = Postgres().tokenize(text)
        found = [each for each in parse(text, read=DIALECT) if each is not None and not isinstance(each, exp.Semicolon)]
    except SqlglotError as error:
        raise _Wrong(_line(error, text), f"is no SQL of Postgres: {_first(error)}") from error
    if len(found) != 1:
        raise _Wrong(1, f"holds {len(found)} statements; write one query, whose rows are the load")
    (query,) = found
    if not isinstance(query, exp.Query):
        raise _Wrong(1, "is no query; write one select, whose rows are the load")
    for writing in query.find_all(*WRITES):
        raise _Wrong(1, f"writes or locks ({writing.key}); a job reads, in a transaction that cannot write")
    _check_tokens(tokens, len(text.rstrip()))
    _check_parts(query, tokens)
    for unfilled in query.find_all(exp.Placeholder, exp.Parameter):
        raise _Wrong(1, f"holds {unfilled.sql(DIALECT)}, a parameter, and nothing fills it in; write the value")
    return query


def _check_tokens(tokens: list[Token], end: int) -> None:
    """Raise _Wrong for what the parser forgives and Postgres does not. `end` is where the text ends."""
    for token, following in pairwise([*tokens, None]):
        assert token is not None
        next_one = following.text if following else "the end"
        if token.token_type in NOT_AFTER and (following is None or following.token_type in NEXT_PART):
            raise _Wrong(token.line, f"has {token.text} before {next_one}; remove it")
        if token.token_type is TokenType.SEMICOLON and token.end + 1 < end:
            raise _Wrong(token.line, "has a semicolon before its end; write one query, whose rows are the load")
        if token.text == "==":
            raise _Wrong(token.line, "has ==, which Postgres writes as =")


def _check_parts(query: exp.Query, tokens: list[Token]) -> None:
    """Raise _Wrong for parts that are empty, or of other dialects."""
    for select in query.find_all(exp.Select):
        if not select.expressions:
            raise _Wrong(1, "has a select of no columns; name them")
        if select.args.get("qualify") or any(star.args.get("except_") for star in select.find_all(exp.Star)):
            raise _Wrong(1, "has qualify or a star with exceptions, which Postgres has not")
        group = select.args.get("group")
        if group is not None and not any(group.args.values()):
            raise _Wrong(1, "has group by, and nothing after it")
    for among in query.find_all(exp.In):
        if not any(among.args.get(part) for part in ("expressions", "query", "unnest", "field")):
            raise _Wrong(1, f"has an empty list: {among.sql(DIALECT)}")
    words = [token.token_type for token in tokens]
    if words.count(TokenType.SELECT) < len(list(query.find_all(exp.Select))):
        raise _Wrong(1, "has a query without select; write it out")
    free = words.count(TokenType.NATURAL) + sum(
        before is TokenType.CROSS for before, word in pairwise(words) if word is TokenType.JOIN
    )
    bound = sum(bool(join.args.get("on") or join.args.get("using")) for join in query.find_all(exp.Join))
    if words.count(TokenType.JOIN) - free > bound:
        raise _Wrong(1, "has a join without on or using; say by what rows are joined, or write cross join")


def _columns(query: exp.Query, contract: Contract | None) -> Iterator[str]:
    """What is wrong with the names of the columns, as far as the query says them itself."""
    names = [_name(each) for each in query.selects]
    if not names:
        yield "returns no columns; select those of the contract"
    for name in dict.fromkeys(name for name in names if name and names.count(name) > 1):
        yield f'returns two columns called "{name}"; give each a name of its own'
    if contract is None or None in names:
        return
    for column in contract.columns:
        if column.source.lower() not in names and not column.optional:
            there = ", ".join(str(name) for name in names)
            yield f'lacks the column "{column.source}" of its contract; it returns {there}'


def _name(selected: exp.Expr) -> str | None:
    """The column's name as files have it, in lower case; None where the server decides."""
    if isinstance(selected, exp.Alias) or (isinstance(selected, exp.Column) and not selected.is_star):
        return str(selected.alias_or_name).lower()
    return None


def _line(error: SqlglotError, text: str) -> int:
    """The line that the parser names, else the one where what is never closed begins."""
    lines = [found.get("line") for found in getattr(error, "errors", [])]
    if any(lines):
        return int(next(line for line in lines if line))
    written = text.splitlines()
    closed = (number for number in range(len(written), 0, -1) if _is_closed("\n".join(written[:number])))
    return min(next(closed, 0) + 1, max(len(written), 1))


def _is_closed(text: str) -> bool:
    try:
        Postgres().tokenize(text)
    except SqlglotError:
        return False
    return True


def _first(error: SqlglotError) -> str:
    return " ".join(str(error).split(". Line")[0].replace("\x1b[4m", "").replace("\x1b[0m", "").split())[:200]
