"""Statements over rows: results, types, transactions, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from snowflake.connector import ProgrammingError, SnowflakeConnection

from .conftest import Connect, run, scalar

pytestmark = pytest.mark.core


@pytest.fixture
def table(admin: SnowflakeConnection) -> SnowflakeConnection:
    run(admin, "create table t (id int, name varchar, amount number(10,2))")
    run(admin, "insert into t values (1, 'one', 1.10), (2, 'two', 2.20)")
    return admin


def test_a_merge_counts_what_it_did(table: SnowflakeConnection) -> None:
    counts = run(
        table,
        "merge into t using (select * from values (1, 'ONE'), (2, null), (3, 'three') as s (id, name)) s "
        "on t.id = s.id "
        "when matched and s.name is null then delete "
        "when matched then update set t.name = s.name "
        "when not matched then insert (id, name) values (s.id, s.name)",
    )
    assert counts == [(1, 1, 1)]
    assert run(table, "select id, name from t order by id") == [(1, "ONE"), (3, "three")]


def test_a_merge_with_two_sources_for_one_target_is_refused(table: SnowflakeConnection) -> None:
    with pytest.raises(ProgrammingError, match="Duplicate row detected"):
        run(table, "merge into t using (select 1 id union all select 1) s on t.id = s.id "
                   "when matched then update set name = 'x'")  # fmt: skip
    assert scalar(table, "select name from t where id = 1") == "one"


def test_dml_returns_its_counts(table: SnowflakeConnection) -> None:
    with table.cursor() as cursor:
        assert cursor.execute("insert into t (id) values (3), (4)").rowcount == 2  # type: ignore[union-attr]
        assert cursor.execute("update t set name = 'x' where id > 2").rowcount == 2  # type: ignore[union-attr]
        assert cursor.execute("delete from t where id = 4").rowcount == 1  # type: ignore[union-attr]


def test_a_statement_tells_how_many_rows_it_changed_as_snowflake_does(table: SnowflakeConnection) -> None:
    with table.cursor() as cursor:
        assert cursor.execute("create table u as select * from t").stats.num_rows_inserted == 2  # type: ignore[union-attr]
        assert cursor.execute("create table v (id int) as select id from t").stats.num_rows_inserted == 2  # type: ignore[union-attr]
        merged = cursor.execute(
            "merge into u using (select 1 as id union all select 9) s on u.id = s.id "
            "when matched then update set name = 'x' when not matched then insert (id) values (s.id)"
        )
        assert (merged.stats.num_rows_inserted, merged.stats.num_rows_updated) == (1, 1)  # type: ignore[union-attr]
        assert cursor.execute("create view w as select * from u").stats.num_rows_inserted is None  # type: ignore[union-attr]
        assert cursor.execute("select * from u").stats.num_rows_inserted is None  # type: ignore[union-attr]


def test_decimals_are_exact_and_integers_sum_without_limit(table: SnowflakeConnection) -> None:
    assert run(table, "select sum(amount), 0.1 + 0.2, sum(9000000000000000000) from t") == [
        (Decimal("3.30"), Decimal("0.3"), 18_000_000_000_000_000_000)
    ]


def test_times_of_all_years_are_read_to_the_microsecond(table: SnowflakeConnection) -> None:
    for text in ("0001-01-01 00:00:00.000001", "1969-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999"):
        moment = datetime.fromisoformat(text)
        assert scalar(table, f"select try_to_timestamp_ntz('{text}', 'YYYY-MM-DD HH24:MI:SS.FF6')") == moment
        read = f"try_to_timestamp_tz('{text} +0000', 'YYYY-MM-DD HH24:MI:SS.FF6 TZHTZM')"
        assert scalar(table, f"select {read}") == moment.replace(tzinfo=UTC)


def test_null_is_null_in_every_type(table: SnowflakeConnection) -> None:
    types = (
        "date",
        "timestamp_ntz",
        "timestamp_tz",
        "number(10,2)",
        "int",
        "float",
        "boolean",
        "varchar",
        "variant",
        "time",
    )
    assert run(table, "select " + ", ".join(f"null::{t}" for t in types)) == [(None,) * len(types)]


def test_dates_stay_dates(table: SnowflakeConnection) -> None:
    row = run(
        table,
        "select dateadd(day, 1, d), date_trunc('month', d), dateadd(hour, 1, d) from (select '2013-01-31'::date d)",
    )
    assert [type(value).__name__ for value in row[0]] == ["date", "date", "datetime"]


def test_a_transaction_is_seen_by_others_when_it_commits(
    table: SnowflakeConnection, connect: Connect, database: str
) -> None:
    other = connect(database=database, schema="S")
    run(table, "begin", "insert into t (id) values (9)", "update t set name = 'nine' where id = 9")
    assert scalar(other, "select count(*) from t") == 2
    run(table, "commit")
    assert scalar(other, "select name from t where id = 9") == "nine"
    run(table, "begin", "delete from t where 1 = 1", "rollback")
    assert scalar(table, "select count(*) from t") == 3


def test_one_transaction_spans_databases(table: SnowflakeConnection, database: str) -> None:
    run(table, f"create database {database}_b", f"create table {database}_b.public.log (a int)")
    run(
        table, "begin", f"insert into {database}.s.t (id) values (5)", f"insert into {database}_b.public.log values (5)"
    )
    run(table, "rollback")
    assert scalar(table, f"select count(*) from {database}_b.public.log") == 0
    assert scalar(table, f"select count(*) from {database}.s.t where id = 5") == 0


def test_ddl_commits_the_open_transaction(table: SnowflakeConnection) -> None:
    run(table, "begin", "insert into t (id) values (5)", "create table other (a int)", "rollback")
    assert scalar(table, "select count(*) from t where id = 5") == 1


def test_without_autocommit_the_client_commits(connect: Connect, table: SnowflakeConnection, database: str) -> None:
    session = connect(database=database, schema="S", autocommit=False)
    run(session, "insert into t (id) values (6)")
    session.rollback()
    run(session, "insert into t (id) values (7)")
    session.commit()
    assert run(table, "select id from t where id > 2") == [(7,)]


def test_a_failed_statement_ends_its_transaction_and_the_next_one_is_told(table: SnowflakeConnection) -> None:
    run(table, "begin", "insert into t (id) values (8)")
    with pytest.raises(ProgrammingError):
        run(table, "insert into t (id) select 'not a number' || name from t")
    with pytest.raises(ProgrammingError, match="was rolled back"):
        run(table, "commit")
    assert scalar(table, "select count(*) from t where id = 8") == 0


def test_a_column_is_added_once_and_left_alone_after_that(table: SnowflakeConnection) -> None:
    run(table, "create table aged (a int, note varchar(5) not null comment 'kept')", "insert into aged values (1, 'x')")
    for _ in range(2):
        run(table, "alter table aged add column if not exists note varchar comment 'other'")
        run(table, "alter table aged add column if not exists b number(5, 2)")
    assert run(table, "select * from aged") == [(1, "x", None)]
    described = {row[0]: (row[1], row[3], row[9]) for row in run(table, "describe table aged")}
    assert described["NOTE"] == ("VARCHAR(5)", "N", "kept")
    assert described["B"] == ("NUMBER(5,2)", "Y", None)
    for rule in ("default 1", "autoincrement", "unique"):
        with pytest.raises(ProgrammingError):
            run(table, f"alter table aged add column if not exists c int {rule}")


def test_a_temporary_table_is_its_sessions_own_and_hides_the_real_one(
    table: SnowflakeConnection, connect: Connect, database: str
) -> None:
    run(table, "create temporary table t as select 42 as id")
    assert run(table, "select id from t") == [(42,)]
    assert scalar(connect(database=database, schema="S"), "select count(*) from t") == 2
    run(table, "drop table t")
    assert scalar(table, "select count(*) from t") == 2


def test_bound_values_and_batches(connect: Connect, table: SnowflakeConnection) -> None:
    with table.cursor() as cursor:
        cursor.executemany("insert into t (id, name) values (%s, %s)", [(10, "it's"), (11, None)])
        cursor.execute("select name from t where id = %s", (10,))
        assert cursor.fetchall() == [("it's",)]


def test_semi_structured_values(table: SnowflakeConnection) -> None:
    assert run(
        table,
        """select v:a.b::string, v:list[1]::int, array_size(v:list), array_contains(2::variant, v:list),
                  array_to_string(array_construct('x', 'y'), '; '), object_construct('k', 1, 'n', null):k::int
           from (select parse_json('{"a": {"b": "x"}, "list": [1, 2]}') v)""",
    ) == [("x", 2, 2, True, "x; y", 1)]
    flat = 'select f.value:id::int from (select parse_json(\'[{"id": 1}, {"id": 2}]\') v) x, '
    flat += "lateral flatten(x.v) f order by 1"
    assert run(table, flat) == [(1,), (2,)]


def test_try_functions_do_not_fail(table: SnowflakeConnection) -> None:
    assert run(
        table,
        "select try_to_number('x'), try_to_number('7'), try_cast('2013-02-30' as date), try_to_timestamp('nonsense'), "
        "try_cast('2013-02-03 04:05:06' as timestamp_ntz) is not null, "
        "regexp_like('abc', 'b'), regexp_like('abc', '.b.')",
    ) == [(None, 7, None, None, True, False, True)]


def test_texts_are_taken_apart_alike_wherever_the_function_stands(table: SnowflakeConnection) -> None:
    assert run(table, "select ltrim('0120', '0'), rtrim('0120', '0'), trim('0120', '0'), trim('  x ')") == [
        ("120", "012", "12", "x")
    ]
    run(table, "create table times as select '2013-01-01 05:00:00.000000 +0530' as text")
    found = "regexp_substr(text, '[+-][0-9]{4}$')"
    assert scalar(table, f"select {found} from times") == "+0530"
    assert scalar(table, "select regexp_substr('a1 b2 c3', '[a-z]([0-9])', 1, 2, 'e') from times") == "2"
    read = f"try_to_timestamp_tz(left(text, 26) || ' ' || {found}, 'YYYY-MM-DD HH24:MI:SS.FF6 TZHTZM')"
    assert scalar(table, f"select cast(convert_timezone('UTC', {read}) as timestamp_ntz) from times") == datetime(
        2012, 12, 31, 23, 30
    )


def test_results_are_scanned_again(table: SnowflakeConnection) -> None:
    run(table, "show tables in schema s")
    assert run(table, 'select "name" from table(result_scan(last_query_id()))') == [("T",)]


def test_session_settings_last_for_the_session(table: SnowflakeConnection, database: str) -> None:
    run(table, "alter session set query_tag = 'zone=flights'")
    assert run(table, "show parameters like 'query_tag' in session")[0][1] == "zone=flights"
    run(table, "set wanted = 'two'")
    assert scalar(table, "select id from t where name = $wanted") == 2
    tags = run(table, "select query_tag from snowflake.account_usage.query_history where query_text ilike '%$wanted%'")
    assert ("zone=flights",) in tags


def test_mistakes_are_sql_errors_with_snowflakes_numbers(table: SnowflakeConnection) -> None:
    for statement, number in (
        ("selct 1", 1003),
        ("select nope from t", 904),
        ("select * from nope", 2003),
        ("select no_such_function(1)", 2140),
        ("create table t (a int)", 2002),
        ("select 'x'::int", 100038),
        ("select 1; select 2", 8),
        ("use schema nope", 2043),
    ):
        with pytest.raises(ProgrammingError) as error:
            run(table, statement)
        assert error.value.errno == number, f"{statement}: {error.value.msg}"
