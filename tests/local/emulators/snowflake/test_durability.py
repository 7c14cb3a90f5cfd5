"""What was acknowledged is there after kill -9, with its grants; what was not is not there at all."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector import Error as SnowflakeError
from snowflake.connector import ProgrammingError

from local.state import credentials

from .conftest import Warehouse, run, scalar


@pytest.fixture
def own(tmp_path: Path, home: Path, root: Path, env_python: Callable[[str], Path], s3_url: str) -> Any:
    """A warehouse that may be killed."""
    for name in ("warehouse.crt", "warehouse.key", "bundle.crt"):
        (tmp_path / name).write_bytes((home / name).read_bytes())
    known = credentials.ensure(tmp_path / "credentials.json", ["flights"])
    running = Warehouse(env_python("warehouse"), root, tmp_path, s3_url, known).start()
    yield running
    running.stop(signal.SIGKILL)


def test_everything_acknowledged_survives_a_kill(own: Warehouse) -> None:
    session = own.connect()
    run(
        session,
        "create database d",
        "create schema d.s",
        "create table d.s.t (id int identity, name varchar(9) not null)",
        "create sequence d.s.q start 10",
        "create view d.s.v as select name from d.s.t",
        "create stage d.s.inbox url = 's3://landing/x/'",
        "create role reader",
        "create user reader password = 'secret' default_role = reader default_warehouse = compute_wh",
        "grant role reader to user reader",
        "grant usage on warehouse compute_wh to role reader",
        "grant usage on database d to role reader",
        "grant usage on schema d.s to role reader",
        "grant select on view d.s.v to role reader",
        "insert into d.s.t (name) values ('a'), ('b')",
        "select d.s.q.nextval",
        "create schema d.next clone d.s",
        "insert into d.next.t (name) values ('c')",
        "alter schema d.s swap with d.next",
        "begin",
        "insert into d.s.t (name) values ('never')",
    )
    own.stop(signal.SIGKILL)
    own.start()
    session = own.connect()
    assert run(session, "select id, name from d.s.t order by id") == [(1, "a"), (2, "b"), (3, "c")]
    assert run(session, "select name from d.next.t order by id") == [("a",), ("b",)]
    assert scalar(session, "select d.s.q.nextval") > 10
    assert run(session, "show stages in schema d.s")[0][4] == "s3://landing/x/"
    run(session, "insert into d.s.t (name) values ('d')")
    assert scalar(session, "select max(id) from d.s.t") == 4
    reader = own.connect(user="READER", password="secret")
    assert run(reader, "select count(*) from d.next.v") == [(4,)]  # it reads whatever is called d.s.t
    with pytest.raises(ProgrammingError):
        run(reader, "select count(*) from d.next.t")


def test_a_kill_among_swaps_and_writes_leaves_one_whole_state(own: Warehouse) -> None:
    session = own.connect()
    run(session, "create database d")
    for schema in ("a", "b"):
        run(session, f"create schema d.{schema}", f"create table d.{schema}.n as select '{schema}' as home")
    run(session, "create table d.public.log (n int)")
    acknowledged = 0

    def work() -> None:
        nonlocal acknowledged
        with contextlib.suppress(SnowflakeError):  # the kill ends it
            while True:
                run(session, "begin", f"insert into d.public.log values ({acknowledged + 1})", "commit")
                acknowledged += 1
                run(session, "alter schema d.a swap with d.b")

    worker = threading.Thread(target=work)
    worker.start()
    while acknowledged < 10:
        worker.join(0.05)
    own.stop(signal.SIGKILL)
    own.start()
    worker.join(60)
    session = own.connect()
    assert scalar(session, "select max(n) from d.public.log") in (acknowledged, acknowledged + 1)
    assert {scalar(session, "select home from d.a.n"), scalar(session, "select home from d.b.n")} == {"a", "b"}


def test_it_stops_cleanly_and_starts_again(own: Warehouse) -> None:
    run(own.connect(), "create database d", "create table d.public.t as select 1 as a")
    assert own.stop() == 0
    own.start()
    assert scalar(own.connect(), "select a from d.public.t") == 1


def test_a_session_from_before_a_restart_is_told_to_log_in_again(own: Warehouse) -> None:
    session = own.connect()
    own.stop(signal.SIGKILL)
    own.start()
    with pytest.raises(SnowflakeError, match="Session no longer exists"):
        run(session, "select 1")
