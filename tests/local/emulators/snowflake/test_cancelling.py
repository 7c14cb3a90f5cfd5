"""A statement that runs is seen by those who may, and cancelled by them: it leaves nothing behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import Error, ProgrammingError

from .conftest import Connect, Person, run, scalar

WITHOUT_END = (
    "select count_if(a.n = b.n) as n from (select seq8() n from table(generator(rowcount => 3000000))) a, big b"
)
PATIENCE = 20.0

pytestmark = pytest.mark.core


def running(session: SnowflakeConnection, database: str, tag: str) -> list[str]:
    return [
        str(row[0])
        for row in run(
            session,
            f"""select query_id from table({database}.information_schema.query_history_by_warehouse(
                warehouse_name => 'COMPUTE_WH', result_limit => 10000))
                where query_tag = '{tag}' and end_time is null""",
        )
    ]


def seen_running(session: SnowflakeConnection, database: str, failures: list[BaseException]) -> str:
    deadline = time.monotonic() + PATIENCE
    while not (found := running(session, database, database)):
        assert not failures
        assert time.monotonic() < deadline
    return found[0]


@contextmanager
def at_work(session: SnowflakeConnection, statement: str, tag: str) -> Iterator[list[BaseException]]:
    """Inside, the session runs the statement; afterwards the list holds what it failed with."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with session.cursor() as cursor:
                cursor.execute(statement, timeout=int(PATIENCE))  # so that a test that fails ends
        except Error as error:
            failures.append(error)

    run(session, f"alter session set query_tag = '{tag}'")
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield failures
    finally:
        thread.join(2 * PATIENCE)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    "statement",
    [
        f"create or replace table result as {WITHOUT_END}",
        f"insert into result {WITHOUT_END}",
        f"update result set n = ({WITHOUT_END})",
        f"merge into result using ({WITHOUT_END}) as new on true when matched then update set n = 2",
        WITHOUT_END,
    ],
    ids=["create", "insert", "update", "merge", "select"],
)
def test_a_cancelled_statement_fails_and_changes_nothing(
    admin: SnowflakeConnection, connect: Connect, database: str, statement: str
) -> None:
    run(admin, "create table big as select seq8() n from table(generator(rowcount => 3000000))")
    run(admin, "create table result (n int)", "insert into result values (1)")
    session = connect(database=database, schema="S")
    with at_work(session, statement, database) as failures:
        query = seen_running(admin, database, failures)
        assert scalar(admin, f"select system$cancel_query('{query}')") == f"query [{query}] terminated."
    assert [getattr(failure, "errno", None) for failure in failures] == [604]
    assert running(admin, database, database) == []
    assert scalar(admin, "select max(n) from result") == 1
    with pytest.raises(ProgrammingError, match="not currently executing"):
        run(admin, f"select system$cancel_query('{query}')")
    run(session, "insert into result values (2)")  # the session goes on


def test_a_statement_is_cancelled_while_it_waits_for_another_transaction(
    admin: SnowflakeConnection, connect: Connect, database: str
) -> None:
    run(admin, "create table result (n int)", "begin", "insert into result values (1)")
    session = connect(database=database, schema="S")
    with at_work(session, "insert into result values (2)", database) as failures:
        other = connect(database=database, schema="S")
        query = seen_running(other, database, failures)
        run(other, f"select system$cancel_query('{query}')")
    assert [getattr(failure, "errno", None) for failure in failures] == [604]
    run(admin, "commit")
    assert scalar(admin, "select max(n) from result") == 1


@pytest.mark.parametrize(
    ("privilege", "sees", "cancels"), [("USAGE", False, False), ("MONITOR", True, False), ("OPERATE", True, True)]
)
def test_rights_on_the_warehouse_decide_who_sees_and_who_cancels(
    admin: SnowflakeConnection,
    connect: Connect,
    database: str,
    person: Callable[[str], Person],
    privilege: str,
    sees: bool,
    cancels: bool,
) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/system_cancel_query and …/query_history"""
    run(admin, "create table big as select seq8() n from table(generator(rowcount => 3000000))")
    somebody = person("ASKING")
    run(admin, f"grant usage on database {database} to role {somebody.role}")
    run(admin, f"grant {privilege} on warehouse compute_wh to role {somebody.role}")
    asking = somebody.connect()
    session = connect(database=database, schema="S")
    with at_work(session, WITHOUT_END, database) as failures:
        query = seen_running(admin, database, failures)
        assert running(asking, database, database) == ([query] if sees else [])
        if not cancels:
            with pytest.raises(ProgrammingError, match="Insufficient privileges"):
                run(asking, f"select system$cancel_query('{query}')")
        run(asking if cancels else admin, f"select system$cancel_query('{query}')")
    assert len(failures) == 1


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ("table(information_schema.query_history_by_warehouse('COMPUTE_WH'))", "no literals with names"),
        (
            "table(information_schema.query_history_by_warehouse(result_limit => 1, result_limit => 2))",
            "each given once",
        ),
        (
            "table(information_schema.query_history_by_warehouse(end_time_range_start => '2026-01-01'))",
            "END_TIME_RANGE",
        ),
        ("table(information_schema.query_history_by_warehouse(result_limit => 'many'))", r"value \[many\]"),
        ("table(information_schema.query_history_by_warehouse(result_limit => 0))", r"value \[0\]"),
        ("table(query_history_by_warehouse())", "Unknown function"),
        ("table(nowhere.information_schema.query_history_by_warehouse())", "does not exist"),
    ],
)
def test_what_is_asked_in_another_way_is_refused_by_name(admin: SnowflakeConnection, asked: str, refusal: str) -> None:
    with pytest.raises(ProgrammingError, match=refusal):
        run(admin, f"select query_id from {asked}")
