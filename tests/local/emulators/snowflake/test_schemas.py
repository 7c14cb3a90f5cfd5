"""Schemas as releases: swapped whole, cloned with their grants, renamed and dropped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from snowflake.connector import IntegrityError, ProgrammingError, SnowflakeConnection

from .conftest import Connect, Person, run, scalar

pytestmark = pytest.mark.core


@pytest.fixture
def gold(admin: SnowflakeConnection) -> SnowflakeConnection:
    """GOLD holds release 1 in two tables, GOLD_NEXT release 2."""
    run(admin, "create schema gold", "create schema gold_next")
    for schema, release in (("gold", 1), ("gold_next", 2)):
        run(
            admin,
            f"create table {schema}.a as select {release} as release",
            f"create table {schema}.b as select {release} as release",
        )
    return admin


def test_a_reader_in_a_loop_sees_one_whole_release_or_the_other(
    gold: SnowflakeConnection, connect: Connect, database: str
) -> None:
    seen: list[tuple[int, int]] = []
    failures: list[Exception] = []
    done = threading.Event()

    def read(session: SnowflakeConnection) -> None:
        while not done.is_set():
            try:
                seen.append(run(session, "select a.release, b.release from gold.a, gold.b")[0])
            except Exception as error:
                failures.append(error)

    readers = [threading.Thread(target=read, args=[connect(database=database)]) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(20):
        run(gold, "alter schema gold swap with gold_next")
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert set(seen) <= {(1, 1), (2, 2)}
    assert len(seen) > 20


def test_a_reader_survives_the_whole_release_and_the_candidate_made_anew(
    gold: SnowflakeConnection, connect: Connect, database: str
) -> None:
    run(gold, "create schema gold_previous")
    failures: list[Exception] = []
    done = threading.Event()

    def read(session: SnowflakeConnection) -> None:
        while not done.is_set():
            try:
                assert scalar(session, "select count(*) from gold.a") == 1
            except Exception as error:
                failures.append(error)

    reader = threading.Thread(target=read, args=[connect(database=database)])
    reader.start()
    for _ in range(10):
        run(
            gold,
            "create or replace schema gold_next clone gold",
            "create or replace table gold_next.a as select 3 as release",
            "alter schema gold swap with gold_next",
            "alter schema gold_previous swap with gold_next",
        )
    done.set()
    reader.join()
    assert failures == []


def test_swapping_and_cloning_hundreds_of_thousands_of_rows_takes_a_moment(gold: SnowflakeConnection) -> None:
    run(
        gold,
        "create table gold.big as select seq4() as id, uuid_string() as text from table(generator(rowcount => 300000))",
    )
    started = time.monotonic()
    run(gold, "create or replace schema gold_next clone gold")
    cloned = time.monotonic()
    run(gold, "alter schema gold swap with gold_next")
    swapped = time.monotonic()
    assert cloned - started < 5
    assert swapped - cloned < 1
    assert scalar(gold, "select count(*) from gold.big") == 300_000


def test_grants_travel_with_the_schema_and_not_with_its_name(
    gold: SnowflakeConnection, person: Callable[[str], Person], database: str
) -> None:
    reader = person("reader")
    run(
        gold,
        f"grant usage on database {database} to role {reader.role}",
        f"grant usage on schema gold to role {reader.role}",
        f"grant select on all tables in schema gold to role {reader.role}",
    )
    session = reader.connect(database=database)
    assert scalar(session, "select release from gold.a") == 1
    run(gold, "alter schema gold swap with gold_next")
    assert scalar(session, "select release from gold_next.a") == 1
    with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
        run(session, "select release from gold.a")


def test_a_view_keeps_the_names_it_was_written_with(gold: SnowflakeConnection) -> None:
    run(gold, "create view gold.v as select release from gold.a", "use schema gold", "create view w as select * from a")
    run(gold, "alter schema gold swap with gold_next")
    assert scalar(gold, "select release from gold_next.v") == 2
    assert scalar(gold, "select release from gold_next.w") == 2


def test_a_clone_copies_what_is_inside_with_its_grants_but_no_grant_on_itself(
    gold: SnowflakeConnection, person: Callable[[str], Person], database: str
) -> None:
    reader = person("reader")
    run(
        gold,
        f"grant usage on database {database} to role {reader.role}",
        f"grant usage on schema gold to role {reader.role}",
        f"grant select on table gold.a to role {reader.role}",
        "create sequence gold.numbers start 5",
        "create table gold.counted (n int default gold.numbers.nextval, id int identity, text varchar(7) not null)",
        "insert into gold.counted (text) values ('x')",
        "create view gold.v as select n from gold.counted",
        "create or replace transient schema candidate clone gold",
    )
    session = reader.connect(database=database)
    with pytest.raises(ProgrammingError):
        run(session, "select * from candidate.a")
    run(gold, f"grant usage on schema candidate to role {reader.role}")
    assert scalar(session, "select release from candidate.a") == 1
    run(gold, "insert into candidate.counted (text) values ('y')")
    assert run(gold, "select n, id, text from candidate.counted order by n") == [(5, 1, "x"), (6, 2, "y")]
    assert run(gold, "select n, id from gold.counted") == [(5, 1)]
    assert scalar(gold, "select gold.numbers.nextval") == 6
    with pytest.raises(IntegrityError, match="non-nullable column: TEXT"):
        run(gold, "insert into candidate.counted (text) values (null)")
    run(gold, "drop schema candidate")
    assert run(gold, "select n from gold.v") == [(5,)]


def test_a_clone_is_a_copy_in_both_directions(gold: SnowflakeConnection) -> None:
    run(gold, "create table gold.c clone gold.a", "create schema copy clone gold")
    run(gold, "insert into gold.a values (9)", "update copy.a set release = 7")
    assert run(gold, "select release from gold.a order by 1") == [(1,), (9,)]
    assert run(gold, "select release from copy.a") == [(7,)]
    assert run(gold, "select release from gold.c") == [(1,)]


def test_a_schema_is_renamed_and_dropped_and_its_name_is_free_again(gold: SnowflakeConnection, database: str) -> None:
    run(gold, "alter schema gold rename to old_gold")
    assert scalar(gold, "select release from old_gold.a") == 1
    run(gold, "create schema gold")
    with pytest.raises(ProgrammingError, match="already exists"):
        run(gold, "alter schema old_gold rename to gold")
    run(gold, "drop schema old_gold")
    with pytest.raises(ProgrammingError, match="does not exist"):
        run(gold, "select * from old_gold.a")
    run(gold, "drop schema if exists old_gold", f"drop database {database}", f"drop database if exists {database}")
    assert database not in [row[1] for row in run(gold, "show databases")]


def test_tables_swap_and_move_between_schemas(gold: SnowflakeConnection) -> None:
    run(gold, "alter table gold.a swap with gold_next.a")
    assert scalar(gold, "select release from gold.a") == 2
    run(gold, "alter table gold.b rename to gold_next.moved")
    assert scalar(gold, "select release from gold_next.moved") == 1


def test_a_database_is_cloned(gold: SnowflakeConnection, database: str) -> None:
    run(gold, f"create database {database}_copy clone {database}", f"insert into {database}_copy.gold.a values (8)")
    assert run(gold, f"select release from {database}.gold.a") == [(1,)]
    run(gold, f"drop database {database}_copy")


def test_a_sequence_in_use_elsewhere_keeps_its_schema_from_being_dropped(gold: SnowflakeConnection) -> None:
    run(
        gold,
        "create schema numbers",
        "create sequence numbers.n",
        "create table gold.n (a int default numbers.n.nextval)",
    )
    with pytest.raises(ProgrammingError):
        run(gold, "drop schema numbers")
    run(gold, "insert into gold.n values (default)", "drop table gold.n", "drop schema numbers")
