"""The Postgres part: set up whole, logins that are checked, commits that survive a kill."""

from __future__ import annotations

import json
import pwd
import signal
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from local.postgres import cluster, identity
from tests.local.conftest import Server

Part = Callable[[str], Server]


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
def postgres(part: Part) -> Server:
    return part("postgres").start(accepts)


def test_each_user_reaches_its_own_database_only(postgres: Server, known: dict[str, Any]) -> None:
    passwords = known["postgres"]
    for user, database, password in (
        ("airflow", "company", passwords["airflow"]),
        ("company", "airflow", passwords["company"]),
        ("company", "company", passwords["airflow"]),
        ("company", "company", ""),
        ("postgres", "postgres", ""),
        ("postgres", "company", passwords["company"]),
    ):
        with pytest.raises(psycopg.OperationalError):
            connect(postgres, user, database, password)
    with connect(postgres, "airflow", "airflow", passwords["airflow"]) as connection:
        assert connection.execute("select current_user").fetchone() == ("airflow",)


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


def test_a_half_made_cluster_is_made_again(part: Part, known: dict[str, Any]) -> None:
    server = part("postgres")
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
