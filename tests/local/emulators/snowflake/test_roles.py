"""What a role may do is what it was granted, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from snowflake.connector import ProgrammingError, SnowflakeConnection

from .conftest import Connect, Person, run, scalar

pytestmark = pytest.mark.core

MISSING, DENIED = 2003, 3001


@pytest.fixture
def one(person: Callable[[str], Person], admin: SnowflakeConnection) -> Person:
    run(admin, "create table t (a int)", "insert into t values (1)", "create view v as select a from t")
    return person("one")


def refused(connection: SnowflakeConnection, statement: str, number: int) -> None:
    with pytest.raises(ProgrammingError) as error:
        run(connection, statement)
    assert error.value.errno == number, error.value.msg


def test_reading_needs_usage_on_database_and_schema_and_select(
    admin: SnowflakeConnection, one: Person, database: str
) -> None:
    session = one.connect()
    read = f"select a from {database}.s.t"
    refused(session, read, MISSING)
    run(admin, f"grant usage on database {database} to role {one.role}")
    refused(session, read, MISSING)
    run(admin, f"grant usage on schema s to role {one.role}")
    refused(session, read, MISSING)
    run(admin, f"grant insert on table t to role {one.role}")
    refused(session, read, DENIED)
    run(admin, f"grant select on table t to role {one.role}")
    assert scalar(session, read) == 1
    run(admin, f"revoke select on table t from role {one.role}")
    refused(session, read, DENIED)


@pytest.fixture
def inside(admin: SnowflakeConnection, one: Person, database: str) -> SnowflakeConnection:
    """The person's session, with usage of the schema and nothing more."""
    run(
        admin,
        f"grant usage on database {database} to role {one.role}",
        f"grant usage on schema s to role {one.role}",
    )
    return one.connect(database=database, schema="S")


@pytest.mark.parametrize(
    ("privilege", "statement"),
    [
        ("insert", "insert into t values (2)"),
        ("update", "update t set a = 3"),
        ("delete", "delete from t where 1 = 1"),
        ("truncate", "truncate table t"),
    ],
)
def test_each_way_of_writing_needs_its_own_privilege(
    admin: SnowflakeConnection, one: Person, inside: SnowflakeConnection, privilege: str, statement: str
) -> None:
    run(admin, f"grant select on table t to role {one.role}")
    refused(inside, statement, DENIED)
    run(admin, f"grant {privilege} on table t to role {one.role}")
    run(inside, statement)


def test_a_merge_needs_the_privilege_of_each_of_its_actions(
    admin: SnowflakeConnection, one: Person, inside: SnowflakeConnection
) -> None:
    merge = (
        "merge into t using (select 1 as a) s on t.a = s.a "
        "when matched then update set a = s.a when not matched then insert (a) values (s.a)"
    )
    run(admin, f"grant select, update on table t to role {one.role}")
    refused(inside, merge, DENIED)
    run(admin, f"grant insert on table t to role {one.role}")
    run(inside, merge)


@pytest.mark.parametrize(
    ("privilege", "statement"),
    [
        ("create table", "create table mine (a int)"),
        ("create view", "create view mine as select 1 as a"),
        ("create sequence", "create sequence mine"),
        ("create stage", "create stage mine url = 's3://landing/x/'"),
        ("create file format", "create file format mine type = csv"),
    ],
)
def test_creating_needs_the_privilege_and_makes_the_creator_owner(
    admin: SnowflakeConnection, one: Person, inside: SnowflakeConnection, privilege: str, statement: str
) -> None:
    refused(inside, statement, DENIED)
    run(admin, f"grant {privilege} on schema s to role {one.role}")
    run(inside, statement)
    kind = privilege.removeprefix("create ")
    owner = [row[5] for row in run(admin, f"show grants on {kind} mine") if row[1] == "OWNERSHIP"]
    assert owner == [one.role]
    run(inside, f"drop {kind} mine")


@pytest.mark.parametrize(
    "statement",
    ["drop table t", "alter table t rename to u", "alter table t add column b int", "create or replace table t (b int)",
     "comment on table t is 'x'", "grant select on table t to role public"],
)  # fmt: skip
def test_changing_a_table_is_its_owners(
    admin: SnowflakeConnection, one: Person, inside: SnowflakeConnection, statement: str
) -> None:
    run(
        admin,
        f"grant select, insert on table t to role {one.role}",
        f"grant create table on schema s to role {one.role}",
    )
    refused(inside, statement, DENIED)
    run(admin, f"grant ownership on table t to role {one.role} copy current grants")
    run(inside, statement)


def test_schemas_are_made_with_create_schema_and_swapped_renamed_and_dropped_by_their_owner(
    admin: SnowflakeConnection, one: Person, inside: SnowflakeConnection, database: str
) -> None:
    run(admin, "create schema other", f"grant usage on schema other to role {one.role}")
    refused(inside, "create schema mine", DENIED)
    run(admin, f"grant create schema on database {database} to role {one.role}")
    run(inside, "create schema mine", "create schema yours", "alter schema mine swap with yours")
    for statement in ("alter schema mine swap with other", "alter schema other rename to x", "drop schema other"):
        refused(inside, statement, DENIED)
    run(inside, "drop schema mine", "drop schema yours")


def test_a_view_reads_with_its_owners_rights(
    admin: SnowflakeConnection, one: Person, inside: SnowflakeConnection
) -> None:
    run(admin, f"grant select on view v to role {one.role}")
    assert scalar(inside, "select a from v") == 1
    refused(inside, "select a from t", MISSING)


def test_roles_inherit(admin: SnowflakeConnection, one: Person, inside: SnowflakeConnection, database: str) -> None:
    reader = f"{database}_READER"
    run(admin, f"create role {reader}", f"grant select on table t to role {reader}")
    refused(inside, "select a from t", MISSING)
    run(admin, f"grant role {reader} to role {one.role}")
    assert scalar(inside, "select a from t") == 1
    run(admin, f"revoke role {reader} from role {one.role}")
    refused(inside, "select a from t", MISSING)


def test_a_role_cannot_come_to_inherit_from_itself(admin: SnowflakeConnection, database: str) -> None:
    a, b = f"{database}_A", f"{database}_B"
    run(admin, f"create role {a}", f"create role {b}", f"grant role {a} to role {b}")
    with pytest.raises(ProgrammingError, match="inherit from itself"):
        run(admin, f"grant role {b} to role {a}")


def test_future_grants_reach_what_is_made_later_and_all_grants_what_is_there(
    admin: SnowflakeConnection, one: Person, inside: SnowflakeConnection, database: str
) -> None:
    run(
        admin,
        f"grant select on future tables in schema s to role {one.role}",
        f"grant usage on future schemas in database {database} to role {one.role}",
        f"grant select on future views in database {database} to role {one.role}",
        "create table later (a int)",
        "create schema later_s",
        "create view later_s.v as select 5 as a",
    )
    run(inside, "select * from s.later")
    assert scalar(inside, "select a from later_s.v") == 5
    refused(inside, "select * from s.t", MISSING)
    run(admin, f"grant select on all tables in schema s to role {one.role}")
    run(inside, "select * from s.t")


def test_what_may_not_be_seen_is_not_listed(
    admin: SnowflakeConnection, one: Person, inside: SnowflakeConnection, database: str
) -> None:
    listing = f"select table_name from {database}.information_schema.tables where table_schema = 'S' order by 1"
    assert run(inside, listing) == []
    assert run(inside, "show tables in schema s") == []
    run(admin, f"grant select on table t to role {one.role}")
    assert run(inside, listing) == [("T",)]
    assert run(admin, listing) == [("T",), ("V",)]
    columns = f"select column_name from {database}.information_schema.columns where table_schema = 'S'"
    assert run(inside, columns) == [("A",)]


def test_only_administrators_make_users_roles_databases_and_warehouses(one: Person) -> None:
    session = one.connect()
    for statement in ("create user u", "create role r", "create database d", "create warehouse w"):
        refused(session, statement, DENIED)
    refused(session, f"grant role accountadmin to user {one.role}", DENIED)
    refused(session, "alter user assay_admin set password = 'mine'", DENIED)


def test_queries_need_a_warehouse_that_the_role_may_use(
    admin: SnowflakeConnection, one: Person, inside: SnowflakeConnection, database: str
) -> None:
    run(admin, f"grant select on table t to role {one.role}", f"create warehouse {database}_wh")
    refused(inside, f"use warehouse {database}_wh", 2043)
    run(admin, f"grant usage on warehouse {database}_wh to role {one.role}")
    run(inside, f"use warehouse {database}_wh", "select * from t")
    idle = one.connect(database=database, schema="S", warehouse="NO_SUCH")
    refused(idle, "select * from t", 606)
    assert scalar(idle, "select 1") == 1


def test_grants_are_shown_and_survive_a_replacement_only_if_copied(
    admin: SnowflakeConnection, one: Person, inside: SnowflakeConnection
) -> None:
    run(admin, f"grant select on table t to role {one.role}")
    granted = {(row[1], row[2], row[3].split(".")[-1]) for row in run(admin, f"show grants to role {one.role}")}
    assert ("SELECT", "TABLE", "T") in granted
    assert ("USAGE", "SCHEMA", "S") in granted
    run(admin, "create or replace table t copy grants as select 1 as a")
    assert scalar(inside, "select a from t") == 1
    run(admin, "create or replace table t as select 1 as a")
    refused(inside, "select a from t", MISSING)


def test_ownership_with_grants_on_it_passes_only_with_a_word_about_them(
    admin: SnowflakeConnection, one: Person, inside: SnowflakeConnection, database: str
) -> None:
    reader = f"{database}_R"
    run(admin, f"create role {reader}", f"grant select on table t to role {reader}")
    with pytest.raises(ProgrammingError, match="Dependent grant of privilege 'SELECT'"):
        run(admin, f"grant ownership on table t to role {one.role}")
    run(admin, f"grant ownership on table t to role {one.role} copy current grants")
    assert {(r[1], r[5]) for r in run(admin, "show grants on table t")} == {
        ("OWNERSHIP", one.role),
        ("SELECT", reader),
    }


def test_statements_nobody_taught_it_are_refused_and_not_let_through(admin: SnowflakeConnection) -> None:
    for statement in (
        "create function f() returns int as '1'",
        "call something()",
        "create masking policy p as (v string) returns string -> v",
        "grant usage on integration i to role public",
        "undrop table t",
        "select * from t at (offset => -60)",
        "copy into @stage from t",
        "install httpfs",
        "attach 'x.db'",
        "pragma database_list",
    ):
        with pytest.raises(ProgrammingError):
            run(admin, statement)


def test_duckdbs_own_functions_that_read_the_machine_are_out_of_reach(
    inside: SnowflakeConnection, connect: Connect
) -> None:
    for statement in (
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from duckdb_tables()",
        "select * from assay.entries",
        "select * from data.t1",
        "select getenv('HOME')",
    ):
        with pytest.raises(ProgrammingError):
            run(inside, statement)


def test_who_manages_grants_sees_and_grants_everything_and_reads_nothing(
    admin: SnowflakeConnection, one: Person, person: Callable[[str], Person], database: str
) -> None:
    manager = person("manager")
    session = manager.connect()
    refused(session, f"grant select on table {database}.s.t to role {one.role}", MISSING)
    run(admin, f"grant manage grants on account to role {manager.role}")
    session = manager.connect()
    assert database in {row[1] for row in run(session, "show databases")}
    run(
        session,
        f"grant usage on database {database} to role {one.role}",
        f"grant usage on schema {database}.s to role {one.role}",
        f"grant select on table {database}.s.t to role {one.role}",
        f"grant select on future tables in schema {database}.s to role {one.role}",
    )
    assert scalar(one.connect(), f"select a from {database}.s.t") == 1
    assert [row[1:6] for row in run(session, f"show future grants to role {one.role}")] == [
        ("SELECT", "TABLE", f"{database}.S.<TABLE>", "ROLE", one.role)
    ]
    refused(session, f"select a from {database}.s.t", MISSING)


def test_a_session_ends_with_its_user_and_its_role_with_the_grant(
    admin: SnowflakeConnection, one: Person, inside: SnowflakeConnection
) -> None:
    run(admin, f"grant select on table t to role {one.role}")
    assert scalar(inside, "select a from t") == 1
    run(admin, f"revoke role {one.role} from user {one.role}")
    refused(inside, "select a from t", 3013)
    refused(inside, "select 1", 3013)
    run(inside, "use role public")
    assert scalar(inside, "select 1") == 1
    run(admin, f"grant role {one.role} to user {one.role}", f"alter user {one.role} set disabled = true")
    refused(inside, "select 1", 390111)
    run(admin, f"alter user {one.role} set disabled = false")
    assert scalar(inside, "select 1") == 1
    run(admin, f"drop user {one.role}")
    refused(inside, "select 1", 390111)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("use secondary roles sysadmin", "does not support USE SECONDARY ROLES"),
        ("alter session set no_such_parameter = 1", "invalid parameter 'NO_SUCH_PARAMETER'"),
        ("alter session unset no_such_parameter", "invalid parameter 'NO_SUCH_PARAMETER'"),
        ("alter session set week_start = 1", "does not support the session parameter WEEK_START"),
        ("alter session set timezone = 'Europe/Berlin'", "does not support the session parameter TIMEZONE"),
        ("create table unnamed as select count(*) from t", "Missing column specification"),
        ("create view unnamed as select 1", "Missing column specification"),
    ],
)
def test_what_a_session_cannot_have_is_refused_by_name(
    admin: SnowflakeConnection, one: Person, statement: str, words: str
) -> None:
    with pytest.raises(ProgrammingError, match=words):
        run(admin, statement)
