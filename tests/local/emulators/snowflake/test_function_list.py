"""Only functions on the list reach DuckDB: whatever DuckDB has besides is unknown, wherever a statement calls it."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from snowflake.connector import ProgrammingError, SnowflakeConnection

from .conftest import Person, run

NAMES = """
import json
from local.emulators.snowflake import allowed, functions
print(json.dumps(sorted(name for name in allowed.known() if name.upper() not in functions.ALLOWED)))
"""
POSITIONS = (
    "select {call}",
    "select {call} over ()",
    "select {call} within group (order by 1)",
    "select upper(to_varchar({call}))",
    "select 1 where {call} is not null",
    "select 1 order by {call}",
    "select 1 qualify {call} = 1",
    "select case when true then {call} end",
    "select (select {call})",
    "select {call}::varchar",
    "select object_construct('a', {call})",
    "select array_agg({call})",
    "select * from {call}",
    "select * from {call} as t (a)",
    "select * from table({call})",
    "select * from (select 1) t, lateral {call}",
    "select * from (select 1) t, lateral {call} as r",
    "select * from (select 1) t, lateral flatten(input => {call})",
    "select * from (select 1) t join {call} on true",
    "select * from (select 1) t cross join lateral (select * from {call})",
    "select * from (values ({call}))",
    "with c as (select * from {call}) select * from c",
    "with recursive c as (select 1 union all select * from {call}) select * from c",
    "select 1 union all select * from {call}",
    "select * from (select * from {call})",
    "create temporary table {home}.stolen as select * from {call}",
    "create temporary view {home}.stolen as select * from {call}",
    "explain select * from {call}",
)
ARGUMENTS = ("", "'x'", "'assay.entries'", "1", "'select * from assay.entries'", "(select 1)", "x := 1", "x => 1")
SPELLINGS = ('"{name}"', "main.{name}", "system.main.{name}", "'x'.{name}", "{{fn {name}")


@pytest.fixture(scope="module")
def strange(root: Path, env_python: Callable[[str], Path]) -> list[str]:
    """DuckDB's functions that are not on the list."""
    found = subprocess.run(
        [env_python("warehouse"), "-c", NAMES], cwd=root, capture_output=True, text=True, check=True
    )  # fmt: skip
    names: list[str] = json.loads(found.stdout)
    assert len(names) > 600
    assert {"query", "query_table", "read_csv", "duckdb_tables", "current_setting", "sniff_csv"} <= {*names}
    return names


@pytest.fixture
def outsider(person: Callable[[str], Person], database: str) -> SnowflakeConnection:
    """A role with nothing but its warehouse."""
    return person("outsider").connect()


def refused(session: SnowflakeConnection, statement: str, name: str) -> None:
    with pytest.raises(ProgrammingError) as error:
        run(session, statement)
    message = str(error.value.msg)
    is_named = f"Unknown function {name.upper()}" in message
    assert is_named or "syntax error" in message or "Unknown table function" in message, (statement, message)


def test_what_is_not_on_the_list_is_unknown_wherever_it_is_called(
    admin: SnowflakeConnection, outsider: SnowflakeConnection, strange: list[str], database: str
) -> None:
    run(admin, f"grant usage on database {database} to role public", "grant usage on schema s to role public")
    everything = bool(os.environ.get("ASSAY_ALL_FUNCTIONS"))  # all of them: about 20,000 statements
    chosen = random.Random()
    # names like these are words of the grammar: they are refused as syntax, or as the column that they would be
    names = [name for name in strange if name.isidentifier() and name not in WORDS]
    for name in names if everything else chosen.sample(names, 10):
        for position in POSITIONS:
            call = f"{name}({chosen.choice(ARGUMENTS)})"
            refused(outsider, position.format(call=call, home=f"{database}.s"), name)


WORDS = {"row", "list", "map", "struct", "array", "any", "all", "exists", "values", "if", "case", "unnest", "table"}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_name_gets_round_the_list(
    outsider: SnowflakeConnection, strange: list[str], spelling: str
) -> None:
    for name in ("query", "duckdb_tables", "read_text", "getenv", "query_table", *random.sample(strange, 3)):
        for position in ("select {call}", "select * from {call}", "select * from (select 1) t, lateral {call}"):
            call = spelling.format(name=name) + "('assay.entries')"
            if spelling.startswith("{{"):
                call += "}"
            with pytest.raises(ProgrammingError):
                run(outsider, position.format(call=call))


@pytest.mark.parametrize(
    "statement",
    [
        "select * from 'x.csv'",
        "select * from 's3://landing/x.csv'",
        'select * from "x.csv"',
        "select * from duckdb_tables",
        "select * from assay.entries",
        "select * from wh.assay.entries",
        "select * from wh.data.t1",
        "select * from sqlite_master",
        "select * from pg_catalog.pg_tables",
        "select * from (describe select 1)",
        "select * from (show tables)",
        "select * from (summarize select 1)",
        "select * from (pivot duckdb_tables on table_name using count(*))",
        "select * from (unpivot duckdb_tables on table_name into name n value v)",
        "with x as (pragma database_list) select * from x",
        "from duckdb_tables",
        "from assay.entries select body",
        "table assay.entries",
        "select columns('.*') from assay.entries",
        "pivot assay.entries on key",
        "copy (select 1) to 'x.csv'",
        "copy assay.entries to 'x.csv'",
        "attach 'x.db' as x",
        "install httpfs",
        "load httpfs",
        "pragma database_list",
        "call pragma_version()",
        "export database 'x'",
        "import database 'x'",
        "create macro f() as 1",
        "create table t as from assay.entries",
        "prepare p as select * from assay.entries",
        "execute immediate 'select * from assay.entries'",
        "begin; select 1; end",
        "select 1; select * from assay.entries",
        "explain analyze select * from assay.entries",
        "select * from values (1) at (timestamp => now())",
        "use wh",
        "vacuum",
        "checkpoint",
        "force checkpoint wh",
    ],
)
def test_duckdbs_own_statements_and_tables_are_out_of_reach(outsider: SnowflakeConnection, statement: str) -> None:
    with pytest.raises(ProgrammingError):
        run(outsider, statement)
