"""Python functions: what they are given, what they may read, and what is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from snowflake.connector import ProgrammingError, SnowflakeConnection

from .conftest import Person, run, scalar

pytestmark = pytest.mark.core

READS = """
create or replace function size_of(url varchar, name varchar) returns varchar
language python runtime_version = '3.11' packages = ('snowflake-snowpark-python') handler = 'answer'
as $$
from snowflake.snowpark.files import SnowflakeFile

def answer(url, name):
    with SnowflakeFile.open(url, "rb") as file:
        return f"{name}: {len(file.read())}"
$$
"""


@pytest.fixture
def stage(admin: SnowflakeConnection, s3: Any, database: str) -> SnowflakeConnection:
    s3.put_object(Bucket="landing", Key=f"{database}/a b,'c'.csv", Body=b"1,2\n")
    run(admin, f"create stage inbox url = 's3://landing/{database}/' storage_integration = landing", READS)
    return admin


def test_a_function_reads_the_staged_file_that_its_url_names(stage: SnowflakeConnection, database: str) -> None:
    call = f"{database}.s.size_of(build_scoped_file_url(@{database}.s.inbox, 'a b,''c''.csv'), 'it''s')"
    assert scalar(stage, f"select {call}") == "it's: 4"
    assert run(stage, f"select 'x' as p, {call} as r union all select 'y', {call} order by 1") == [
        ("x", "it's: 4"), ("y", "it's: 4"),
    ]  # fmt: skip


def test_a_file_that_is_not_there_or_not_scoped_is_an_error(stage: SnowflakeConnection) -> None:
    with pytest.raises(ProgrammingError, match="was not found"):
        run(stage, "select size_of(build_scoped_file_url(@inbox, 'none.csv'), 'x')")
    with pytest.raises(ProgrammingError, match="Python Interpreter Error"):
        run(stage, "select size_of('s3://landing/x.csv', 'x')")
    with pytest.raises(ProgrammingError, match="not valid"):
        run(stage, "select size_of('https://assay.snowflakecomputing.com/api/files/e30=.00', 'x')")


def test_a_handler_s_error_is_the_statement_s(stage: SnowflakeConnection) -> None:
    run(stage, READS.replace("return f", "raise ValueError('no luck') or f"))
    with pytest.raises(ProgrammingError, match=r"Python Interpreter Error[\s\S]*no luck"):
        run(stage, "select size_of(build_scoped_file_url(@inbox, 'a b,''c''.csv'), 'x')")


def test_functions_are_listed_kept_and_dropped(stage: SnowflakeConnection) -> None:
    assert [row[1] for row in run(stage, "show user functions in schema s")] == ["SIZE_OF"]
    run(stage, READS.replace("or replace function", "function if not exists").replace("len(file.read())", "0"))
    assert scalar(stage, "select size_of(build_scoped_file_url(@inbox, 'a b,''c''.csv'), 'x')") == "x: 4"
    run(stage, "drop function size_of(varchar, varchar)", "drop function if exists size_of(varchar, varchar)")
    with pytest.raises(ProgrammingError):
        run(stage, "select size_of('', '')")


def test_a_function_needs_its_privileges(
    stage: SnowflakeConnection, person: Callable[[str], Person], database: str
) -> None:
    loader = person("maker")
    run(
        stage,
        f"grant usage on database {database} to role {loader.role}",
        f"grant usage on schema s to role {loader.role}",
    )
    session = loader.connect(database=database, schema="S")
    with pytest.raises(ProgrammingError, match="Insufficient privileges"):
        run(session, READS.replace("size_of", "mine"))
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
        run(session, f"select {database}.s.size_of('', '')")
    run(stage, f"grant create function on schema s to role {loader.role}")
    run(session, READS.replace("size_of", "mine"))
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
        run(session, "select mine(build_scoped_file_url(@inbox, 'a b,''c''.csv'), 'x')")
    run(stage, f"grant usage on stage inbox to role {loader.role}")
    assert scalar(session, "select mine(build_scoped_file_url(@inbox, 'a b,''c''.csv'), 'x')") == "x: 4"


@pytest.mark.parametrize(
    "statement",
    [
        READS.replace("language python", "language java"),
        READS.replace("snowflake-snowpark-python", "pandas"),
        READS.replace("returns varchar", "returns number"),
        READS.replace("handler =", "external_access_integrations = ('x') handler ="),
        "select size_of(a, 'x') from (values ('x')) as t (a)",
    ],
)
def test_what_it_cannot_do_it_says(stage: SnowflakeConnection, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="does not support"):
        run(stage, statement)
