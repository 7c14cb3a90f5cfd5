"""The Postgres service: set up whole, logins that are checked, commits that survive a kill."""

from __future__ import annotations

import json
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from local.emulators.postgres import cluster, identity
from tests.local.conftest import Server

Service = Callable[[str], Server]


def connect(server: Server, user: str, database: str, password: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host="127.0.0.1", port=server.port, user=user, dbname=database, password=password, connect_timeout=5
    )


def accepts(server: Server) -> bool:
    try:
        connect(server, "company", "company", json.loads(server.credentials.read_text())["postgres"]["company"]).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def postgres(service: Service) -> Server:
    return service("postgres").start(accepts)


def test_each_user_reaches_its_own_database_only(postgres: Server, known: dict[str, Any]) -> None:
    passwords = known["postgres"]
    for user, database, password in (
        ("airflow", "company", passwords["airflow"]),
        ("company", "airflow", passwords["company"]),
        ("company", "company", passwords["airflow"]),
        ("company", "company", ""),
        ("postgres", "postgres", ""),
        ("postgres", "company", passwords["company"]),
        ("company_reader", "airflow", passwords["company_reader"]),
        ("company_reader", "company", passwords["company"]),
        ("company_reader", "company", ""),
    ):
        with pytest.raises(psycopg.OperationalError):
            connect(postgres, user, database, password)
    with connect(postgres, "airflow", "airflow", passwords["airflow"]) as connection:
        assert connection.execute("select current_user").fetchone() == ("airflow",)


WRITES = (
    "insert into planes values ('N2')", "update planes set tail = 'N3'", "delete from planes", "truncate planes",
    "drop table planes", "alter table planes add column x int", "create table mine (a int)", "create schema mine",
    "create temp table mine (a int)", "create view mine as select * from planes",
    "create role mine", "alter role company password 'mine'", "set role company", "set session authorization company",
    "alter table planes owner to company_reader", "drop owned by company", "reassign owned by company to public",
    "copy planes to program 'true'", "select pg_read_file('pg_hba.conf')", "create extension file_fdw",
    "select * from pg_authid", "select * from pg_shadow", "select lo_import('/etc/passwd')",
    "alter system set listen_addresses = '*'", "lock table planes in exclusive mode",
    "select * from planes for update", "create publication mine for all tables", "comment on table planes is 'mine'",
)  # fmt: skip


def test_the_login_that_reads_the_companys_database_owns_and_changes_nothing(
    postgres: Server, known: dict[str, Any]
) -> None:
    passwords = known["postgres"]
    with connect(postgres, "company", "company", passwords["company"]) as owner:
        owner.execute("create table planes as select 'N1' as tail")
        owner.execute("create schema late; create table late.later as select 2 as n")
    with connect(postgres, "company_reader", "company", passwords["company_reader"]) as reader:
        reader.autocommit = True
        assert reader.execute("select tail from planes").fetchall() == [("N1",)]
        assert reader.execute("select n from late.later").fetchall() == [(2,)]
        owns = "select count(*) from pg_shdepend where refobjid = 'company_reader'::regrole and deptype = 'o'"
        assert reader.execute(owns).fetchone() == (0,)
        allowed = []
        for statement in WRITES:
            try:
                reader.execute(statement.encode())
                allowed.append(statement)
            except psycopg.errors.Error:
                pass
    assert allowed == []
    with connect(postgres, "company", "company", passwords["company"]) as owner:
        assert owner.execute("select tail from planes").fetchall() == [("N1",)]


EARLIER = """
import sys
from pathlib import Path
from local.emulators.postgres import cluster, identity
identity.leave_root()
data = Path(sys.argv[1])
cluster.statements(data, ["DROP OWNED BY company_reader", "DROP ROLE company_reader"], "company")
(data / "pg_hba.conf").write_text("host  company  company  127.0.0.1/32  scram-sha-256\\n")
(data.parent / "passwords.sha256").write_text("of an earlier version")
"""


def test_a_cluster_of_an_earlier_version_gets_the_login_that_reads(
    postgres: Server, known: dict[str, Any], root: Path
) -> None:
    with connect(postgres, "company", "company", known["postgres"]["company"]) as owner:
        owner.execute("create table kept as select 7 as n")
    postgres.stop(signal.SIGINT)
    subprocess.run([sys.executable, "-c", EARLIER, str(postgres.state / "cluster")], cwd=root, check=True)
    postgres.start(accepts)
    with connect(postgres, "company_reader", "company", known["postgres"]["company_reader"]) as reader:
        assert reader.execute("select n from kept").fetchone() == (7,)


def test_what_was_committed_survives_a_kill(postgres: Server, known: dict[str, Any]) -> None:
    password = known["postgres"]["company"]
    with connect(postgres, "company", "company", password) as connection:
        connection.execute("create table kept as select 7 as n")
    postgres.stop(signal.SIGKILL)
    postgres.start(accepts)
    with connect(postgres, "company", "company", password) as connection:
        assert connection.execute("select n from kept").fetchone() == (7,)


def test_a_new_password_is_taken_over_at_the_next_start(postgres: Server, known: dict[str, Any]) -> None:
    postgres.stop(signal.SIGINT)
    old = known["postgres"]["company"]
    fresh = known | {"postgres": known["postgres"] | {"company": "it's new"}}
    postgres.credentials.write_text(json.dumps(fresh))
    postgres.start(accepts)
    with pytest.raises(psycopg.OperationalError):
        connect(postgres, "company", "company", old)


def test_a_half_made_cluster_is_made_again(service: Service, known: dict[str, Any]) -> None:
    server = service("postgres")
    (server.state / "cluster.new" / "base").mkdir(parents=True)
    server.start(accepts)
    assert not (server.state / "cluster.new").exists()


def test_the_lock_of_a_process_that_is_something_else_by_now_is_removed(postgres: Server) -> None:
    postgres.stop(signal.SIGINT)
    lock = postgres.state / "cluster" / "postmaster.pid"
    lock.write_text("1\n")
    cluster.forget_stale_lock(postgres.state / "cluster")
    assert not lock.exists()


def test_the_data_is_for_its_owner_only(postgres: Server) -> None:
    assert postgres.state.stat().st_mode & 0o077 == 0


def test_inside_the_namespace_root_is_a_user_with_a_name() -> None:
    def user(uid: int) -> pwd.struct_passwd:
        return pwd.struct_passwd((f"u{uid}", "x", uid, uid, "", "/", "/bin/sh"))

    assert identity.ordinary_user([user(0), user(33), user(1000)]) == 33
    with pytest.raises(identity.CannotLeaveRoot, match="no user but root"):
        identity.ordinary_user([user(0)])
