"""Statements of a low role, which may make things in a schema, for a table in it that it may not read, and for what is
under the warehouse: files, DuckDB's catalog, settings and extensions. Each is refused, or shows nothing of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import Error

from .conftest import Person, run

VALUE, HIDDEN = "theirs-5d0e", "HIDDEN_5D0E"
READS = (
    "select * from {t}", "select count(*) from {t}", "select 1 from {t}", "select * from (select * from {t})",
    "select (select max(a) from {t})", "select exists (select 1 from {t})", "select 1 where 1 in (select 1 from {t})",
    "select * from (select 1) x, lateral (select * from {t})", "select * from (select 1) x join {t} on true",
    "select * from (select 1) x left join lateral (select a from {t}) y on true",
    "with c as (select * from {t}) select * from c", "with c as (select 1), d as (select * from {t}) select * from d",
    "with recursive c (n) as (select 1 union all select n + 1 from c join {t} on true) select * from c",
    "select * from values ((select max(a) from {t}))", "select 1 union all select 1 from {t}",
    "select 1 intersect select 1 from {t}", "select 1 except select 1 from {t}",
    "select 1 qualify row_number() over (order by (select max(a) from {t})) = 1",
    "select 1 order by (select max(a) from {t})", "select 1 group by 1 having (select max(a) from {t}) is null",
    "select 1 limit (select count(*) from {t})", "select max(1) over (order by (select max(a) from {t}))",
    "select case when (select max(a) from {t}) > '' then 1 end", "select array_agg(a) from {t}",
    "select listagg(a, ',') within group (order by a) from {t}", "select object_construct(*) from {t}",
    "select t.* from {t} t", "select {t}.a from {t}", "select $1 from {t}", "select * exclude a from {t}",
    "select * rename a as b from {t}", "select * ilike 'a%' from {t}", "select * from {t} sample (100)",
    "select * from {t} tablesample (1 rows)", "select * from {t} pivot (max(a) for a in ('x'))",
    "select * from {t} unpivot (v for n in (a))", "select * from {t} at (offset => -1)",
    "select * from {t} changes (information => default) at (offset => -1)", "select * from table('{t}')",
    "select * from identifier('{t}')", "select * from table(identifier('{t}'))", "select * from table({t})",
    'select * from "{d}"."S"."THEIRS"', "select * from {d}..theirs", "select * from ((({t})))", "table {t}", "from {t}",
    "select f.value from {t}, lateral flatten(input => parse_json(a)) f",
    "select f.value from table(flatten(input => (select array_agg(a) from {t}))) f",
    "select * from table(result_scan(last_query_id(-1))) r, {t}", "select /*+ */ * from/**/{t}", "select * from\n{t}",
    "create table {s}.own1 as select * from {t}", "create temporary table {s}.own2 as select * from {t}",
    "create table {s}.own3 clone {t}", "create table {s}.own4 like {t}", "create or replace table {t} (a int)",
    "create view {s}.own5 as select * from {t}", "create or replace view {t} as select 1 a",
    "create table {s}.own6 (a varchar default (select max(a) from {t}))", "insert into {t} values ('x')",
    "insert into {s}.own select a from {t}", "insert overwrite into {s}.own select a from {t}",
    "update {t} set a = 'x'", "update {s}.own set a = (select max(a) from {t})",
    "update {s}.own set a = t.a from {t} t",
    "delete from {t}", "delete from {s}.own using {t} t where t.a > ''", "truncate table {t}", "drop table {t}",
    "merge into {s}.own o using {t} t on true when matched then update set a = t.a",
    "merge into {t} t using {s}.own o on true when matched then delete", "alter table {t} rename to {s}.mine",
    "alter table {t} swap with {s}.own", "alter table {s}.own swap with {t}", "alter table {t} add column b int",
    "describe table {t}", "explain select * from {t}", "explain using text select * from {t}",
    "copy into @~/x from {t}", "copy into @~/x from (select * from {t})", "copy into 's3://landing/x' from {t}",
    "comment on table {t} is 'x'", "grant select on table {t} to role public", "undrop table {t}", "lock table {t}",
    "grant ownership on table {t} to role {me}", "create masking policy {s}.p as (v varchar) returns varchar -> v",
    "call {t}()", "execute immediate 'select * from {t}'", "execute immediate $$ select * from {t} $$",
    "begin select * from {t}; end", "declare x cursor for select * from {t}; begin return 1; end",
    "create function {s}.f() returns varchar as 'select max(a) from {t}'",
    "create function {s}.g() returns table (a varchar) as 'select a from {t}'",
    "create procedure {s}.p() returns varchar language sql as 'begin return (select max(a) from {t}); end'",
    "create dynamic table {s}.dyn target_lag = '1 minute' warehouse = compute_wh as select * from {t}",
    "create materialized view {s}.mv as select * from {t}", "create stream {s}.st on table {t}",
    "create task {s}.tk warehouse = compute_wh as insert into {s}.own select a from {t}",
)  # fmt: skip
UNDER = (
    "select * from read_csv('/etc/passwd')", "select * from read_csv_auto('/etc/passwd')",
    "select * from table(read_text('/etc/passwd'))", "select * from (select 1) x, lateral read_blob('/etc/passwd')",
    'select * from "read_csv"(\'/etc/passwd\')', "select * from Read_Csv('/etc/passwd')", "select * from glob('/*')",
    "select * from main.read_csv('/etc/passwd')", "select * from system.main.read_csv('/etc/passwd')",
    "select * from '/etc/passwd'", 'select * from "/etc/passwd"', "select * from 'file:///etc/passwd'",
    "select * from 'http://127.0.0.1/'", "select getenv('ASSAY_CREDENTIALS')",
    "select current_setting('home_directory')",
    "select * from duckdb_tables()", "select * from duckdb_columns()", "select * from duckdb_settings()",
    "select * from duckdb_secrets()", "select * from duckdb_databases()", "select * from duckdb_functions()",
    "select * from (select 1) x, lateral duckdb_views()", "select * from pragma_table_info('theirs')",
    "select * from pragma_database_list()", "select * from pragma_storage_info('theirs')",
    "pragma table_info('theirs')",
    "pragma show_tables", "PRAGMA database_list", "select * from sqlite_master", "select * from pg_catalog.pg_class",
    "select * from query('select * from {t}')", "select * from query_table('theirs')", "select * from sniff_csv('/x')",
    "select * from parquet_scan('/x')", "select * from json_execute_serialized_sql('{{}}')",
    "select json_serialize_sql('x')",
    "select * from repeat_row(1, num_rows => 3)", "select * from which_secret('x', 'y')", "from duckdb_tables()",
    "with x as (from duckdb_tables()) from x", "select * from (values (1)) v, lateral (from duckdb_tables())",
    "select (select any_value(sql) from duckdb_tables())", "select 1 qualify (select 1 from duckdb_tables()) = 1",
    "select 1 order by (select 1 from duckdb_tables())", "create view {s}.v1 as select * from duckdb_tables()",
    "create table {s}.t1 as from duckdb_tables()", "insert into {s}.own select sql from duckdb_tables()",
    "create function {s}.h() returns varchar as 'select max(sql) from duckdb_tables()'", "summarize {t}",
    "create macro {s}.m() as table select * from {t}", "copy {t} to '/tmp/x'", "copy (select 1) to '/tmp/x'",
    "copy {s}.own from '/etc/passwd'", "attach '/tmp/x.db' as x", "attach ':memory:' as x", "detach x", "use wh",
    "install httpfs", "load httpfs", "install 'x' from 'http://127.0.0.1'", "force install httpfs", "checkpoint",
    "export database '/tmp/x'", "import database '/tmp/x'", "reset all", "create secret x (type s3)",
    "vacuum", "analyze",
    "create type x as enum ('a')", "prepare p as select 1", "execute p", "deallocate p", "call pragma_version()",
    "select 1; select * from duckdb_tables()", "select nextval('x')", "select txid_current()", "select pg_typeof(1)",
    "select columns(*) from {t}", "select * replace (1 as a) from {t}", "select #1 from {t}", "describe duckdb_tables",
    "create schema wh.x", "select * from wh.information_schema.tables", "select * from wh.main.sqlite_master",
    "select * from system.information_schema.tables", "select * from temp.information_schema.tables",
)  # fmt: skip
SHOWS = (
    "select * from {d}.information_schema.tables", "select * from information_schema.tables",
    "select * from {d}.information_schema.columns", "select * from {d}.information_schema.schemata",
    "select * from {d}.information_schema.views", "select * from {d}.information_schema.databases",
    "select * from {d}.information_schema.table_privileges", "select * from {d}.information_schema.object_privileges",
    "select table_name from {d}.information_schema.tables where table_name ilike '%hidden%'",
    "select max(table_name) from {d}.information_schema.tables", "show tables", "show tables in account",
    "show terse tables in account", "show tables in database {d}", "show tables in schema {s}",
    "show objects in account",
    "show views in account", "show schemas in account", "show columns in account", "show columns in schema {s}",
    "show tables like '%' in account", "show tables starts with 'HIDDEN' in account", "show databases", "show stages",
    'select * from "{d}"."INFORMATION_SCHEMA"."TABLES"', "select * from {d}.\"information_schema\".tables",
    "with x as (select * from {d}.information_schema.columns) select * from x",
    "select * from (select 1) x, lateral (select table_name from {d}.information_schema.tables)",
    "create table {s}.names as select table_name from {d}.information_schema.tables",
    "create view {s}.seen as select table_name from {d}.information_schema.tables", "select * from {s}.seen",
    "select get_ddl('table', '{t}')", "select get_ddl('schema', '{s}')", "select get_ddl('database', '{d}')",
    "select * from snowflake.account_usage.query_history", "select * from snowflake.account_usage.tables",
    "select * from table({d}.information_schema.query_history())",
    "select * from table(information_schema.query_history(result_limit => 10000))", "show grants on table {t}",
    "show grants to role {admin}", "show grants of role accountadmin", "show users", "show warehouses", "show roles",
)  # fmt: skip


@pytest.fixture
def low(admin: SnowflakeConnection, person: Callable[[str], Person], database: str) -> SnowflakeConnection:
    made = person("low")
    run(
        admin,
        "create table theirs (a varchar)",
        f"insert into theirs values ('{VALUE}')",
        f"create table {HIDDEN} (a varchar)",
        f"create schema {HIDDEN}_SCHEMA",
        "use schema s",
        f"grant usage on database {database} to role {made.role}",
        f"grant usage, create table, create view on schema {database}.s to role {made.role}",
    )
    session = made.connect(database=database, schema="S")
    run(session, "create table own (a varchar)")
    return session


def tried(session: SnowflakeConnection, database: str, statements: tuple[str, ...]) -> dict[str, str]:
    """Those that were not refused, with what they answered; or that the warehouse itself broke at."""
    names = {
        "d": database,
        "s": f"{database}.s",
        "t": f"{database}.s.theirs",
        "me": f"{database}_LOW",
        "admin": "sysadmin",
    }
    answered = {}
    for statement in statements:
        text = statement.format(**names)
        try:
            answered[text] = str(run(session, text))
        except Error as refused:
            if refused.errno in (603, 1, None):
                answered[text] = f"broke: {refused}"
    return answered


@pytest.mark.parametrize("statements", [READS, UNDER], ids=["reads", "under the warehouse"])
def test_a_hostile_statement_is_refused(
    admin: SnowflakeConnection, low: SnowflakeConnection, database: str, statements: tuple[str, ...]
) -> None:
    assert len({*statements}) == len(statements) > 80
    assert tried(low, database, statements) == {}
    assert run(admin, f"select a from {database}.s.theirs") == [(VALUE,)]
    assert run(low, f"select a from {database}.s.own") == []
    assert f"{database}_LOW" not in str(run(admin, f"show grants on table {database}.s.theirs"))
    run(admin, f"grant select on table {database}.s.theirs to role {database}_LOW")
    assert len(tried(low, database, READS[:10])) == 10, "with the right to read it they are answered"


def test_what_is_shown_has_nothing_that_the_role_may_not_see(low: SnowflakeConnection, database: str) -> None:
    answered = tried(low, database, SHOWS)
    assert {text: found for text, found in answered.items() if found.startswith("broke")} == {}
    assert [text for text, found in answered.items() if VALUE in found or HIDDEN in found] == []
    assert len(answered) > 15
