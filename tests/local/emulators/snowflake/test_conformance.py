"""Every statement of the conformance suite gives what Snowflake documents, or is refused by name."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from types import ModuleType
from typing import Any

import pytest
from snowflake.connector import ProgrammingError, SnowflakeConnection

from .conformance import conditionals, dates, models, names_and_columns, numbers, queries, semi_structured, strings
from .conformance.answers import Answer, Error, Refused, same
from .conftest import run

EXPRESSIONS = (strings, numbers, conditionals, dates, semi_structured, models)
STATEMENTS = (queries, names_and_columns)
FEWEST = 250


def test_there_are_enough_expressions() -> None:
    assert sum(len(cases) for module in (*EXPRESSIONS, *STATEMENTS) for cases in module.CASES.values()) >= FEWEST


@pytest.mark.parametrize("module", [*EXPRESSIONS, *STATEMENTS], ids=lambda module: module.__name__.rpartition(".")[2])
def test_no_page_has_two_entries(module: ModuleType) -> None:
    """Python would keep the cases of the second, without a word."""
    tables = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Dict)]
    for table in tables:
        keys = Counter(ast.unparse(key) for key in table.keys if key is not None)
        assert [key for key, count in keys.items() if count > 1] == []


def differs(connection: SnowflakeConnection, statement: str, answer: Answer, *, whole: bool) -> str | None:
    """How the warehouse's answer differs from the documented one."""
    try:
        rows: Any = run(connection, statement if whole else f"select {statement} as answer")
    except ProgrammingError as error:
        wanted = answer.text if isinstance(answer, Error) else answer.name if isinstance(answer, Refused) else None
        if wanted is not None and wanted in str(error.msg):
            return None
        return f"{statement}: {error.msg}, not {answer!r}"
    if not whole:
        found, wanted_rows = rows, [(answer,)]
    elif answer is None:
        return None
    else:
        found, wanted_rows = rows, answer
    if isinstance(answer, Error | Refused) or len(found) != len(wanted_rows):
        return f"{statement}: {found!r}, not {answer!r}"
    pairs = [
        pair for row, wanted_row in zip(found, wanted_rows, strict=True) for pair in zip(wanted_row, row, strict=True)
    ]
    return None if all(same(wanted, value) for wanted, value in pairs) else f"{statement}: {found!r}, not {answer!r}"


@pytest.mark.parametrize(
    "module", [*EXPRESSIONS, *STATEMENTS], ids=lambda module: str(module.__name__).rpartition(".")[2]
)
def test_the_warehouse_answers_as_snowflake_documents(admin: SnowflakeConnection, module: ModuleType) -> None:
    found = [
        f"{page}: {difference}"
        for page, cases in module.CASES.items()
        for statement, answer in cases
        if (difference := differs(admin, statement, answer, whole=module in STATEMENTS))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("select strtok('user@snowflake.com', '@.', 1)", ["STRTOK('USER@SNOWFLAKE.COM', '@.', 1)"]),
        ("select 1+1, 1 + 1, count(*), '1'::int", ["1+1", "1 + 1", "COUNT(*)", "'1'::INT"]),
        (
            "select 1 is distinct from null, case when true then 1 end",
            ["1 IS DISTINCT FROM NULL", "CASE WHEN TRUE THEN 1 END"],
        ),
        ("with a as (select 1 as n) select n, upper('x') from a", ["N", "UPPER('X')"]),
        ("select distinct sum(column1) over () from values (1)", ["SUM(COLUMN1) OVER ()"]),
        ("select * from (select count(*) from values (1)) t", ["COUNT(*)"]),
        ("select top 1 1+1 union all select 3", ["1+1"]),
    ],
)
def test_a_column_without_a_name_has_its_text(admin: SnowflakeConnection, query: str, names: list[str]) -> None:
    """As the headers of the examples on docs.snowflake.com have it."""
    with admin.cursor() as cursor:
        assert [column.name for column in cursor.describe(query) or ()] == names
