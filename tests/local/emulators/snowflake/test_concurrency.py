"""Several clients at once: no error that Snowflake would not give, and nothing lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

from snowflake.connector import SnowflakeConnection

from .conftest import Connect, run, scalar


def together(*work: Callable[[], None]) -> list[BaseException]:
    """Run everything at once; what went wrong."""
    failures: list[BaseException] = []

    def guarded(one: Callable[[], None]) -> None:
        try:
            one()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=[one]) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_writers_of_the_same_row_wait_for_each_other(
    admin: SnowflakeConnection, connect: Connect, database: str
) -> None:
    run(admin, "create table counter (n int)", "insert into counter values (0)")

    def count() -> None:
        session = connect(database=database, schema="S")
        for _ in range(5):
            run(session, "update counter set n = n + 1")
            run(session, "begin", "select n from counter", "update counter set n = n + 1", "commit")

    assert together(*[count] * 4) == []
    assert scalar(admin, "select n from counter") == 40


def test_tables_are_made_replaced_and_read_at_once(admin: SnowflakeConnection, connect: Connect, database: str) -> None:
    run(admin, "create table shared as select 1 as a")

    def make(name: str) -> Callable[[], None]:
        def work() -> None:
            session = connect(database=database, schema="S")
            for _ in range(5):
                run(
                    session,
                    f"create or replace table {name} as select a from shared",
                    f"create or replace view {name}_v as select a from {name}",
                    f"create or replace temporary table {name}_t as select a from {name}_v",
                    f"merge into {name} using {name}_t s on {name}.a = s.a when matched then update set a = 2",
                    f"drop view {name}_v",
                )

        return work

    def replace() -> None:
        session = connect(database=database, schema="S")
        for _ in range(10):
            run(session, "create or replace table shared as select 1 as a")

    def read() -> None:
        session = connect(database=database, schema="S")
        for _ in range(30):
            assert run(session, "select a from shared") == [(1,)]
            run(session, f"select count(*) from {database}.information_schema.columns")

    assert together(make("x"), make("y"), make("z"), replace, read) == []


def test_a_client_that_dies_in_a_transaction_does_not_block_others_once_it_logs_out(
    admin: SnowflakeConnection, connect: Connect, database: str
) -> None:
    run(admin, "create table t (a int)")
    holder = connect(database=database, schema="S")
    run(holder, "begin", "insert into t values (1)")
    waiting = threading.Thread(target=lambda: run(admin, "insert into t values (2)"))
    waiting.start()
    holder.close()
    waiting.join(10)
    assert not waiting.is_alive()
    assert run(admin, "select a from t") == [(2,)]
