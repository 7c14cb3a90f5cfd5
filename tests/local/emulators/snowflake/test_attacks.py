"""Requests that no honest client sends to the embedded Snowflake."""

from __future__ import annotations

import gzip
import http.client
import json
import ssl
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector import SnowflakeConnection

from .conftest import Connect, Warehouse, run

MB = 1 << 20
LOGIN = "/session/v1/login-request"
GZIP = {"Content-Encoding": "gzip"}


def send(warehouse: Warehouse, path: str, body: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """One request, its answer as JSON. A body of several parts is sent in chunks, with no length announced."""
    context = ssl.create_default_context(cafile=str(warehouse.bundle))
    client = http.client.HTTPSConnection("127.0.0.1", warehouse.port, timeout=60, context=context)
    try:
        client.request("POST", path, body, {"Content-Type": "application/json", **(headers or {})})
        answer: dict[str, Any] = json.loads(client.getresponse().read())
    finally:
        client.close()
    return answer


def most_memory(warehouse: Warehouse) -> int:
    """The most memory, in bytes, that the server has had at once."""
    assert warehouse.process is not None
    status = Path(f"/proc/{warehouse.process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) << 10


def token(warehouse: Warehouse) -> dict[str, str]:
    """The header of a session."""
    admin = warehouse.known["warehouse"]["admin"]
    login = {"data": {"LOGIN_NAME": admin["user"], "PASSWORD": admin["password"]}}
    return {"Authorization": f'Snowflake Token="{send(warehouse, LOGIN, json.dumps(login))["data"]["token"]}"'}


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(warehouse: Warehouse) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("the memory of a process is read from /proc")
    bomb = gzip.compress(b" " * (512 * MB), 9)
    session = token(warehouse)
    before = most_memory(warehouse)
    for path, headers in ((LOGIN, GZIP), ("/queries/v1/query-request?requestId=bomb", GZIP | session)):
        answer = send(warehouse, path, bomb, headers)
        assert (answer["success"], answer["code"]) == (False, "390400")
        assert "more than" in answer["message"]
    assert most_memory(warehouse) - before < 256 * MB


def parts(size: int) -> Iterator[bytes]:
    for _ in range(size // 65536):
        yield b" " * 65536


def test_a_body_that_is_none_is_refused_in_words(warehouse: Warehouse) -> None:
    login = json.dumps({"data": {"LOGIN_NAME": "X", "PASSWORD": "y"}})
    for name, body, headers in (
        ("too large", " " * (300 << 10), {}),
        ("too large, and not announced", parts(300 << 10), {}),
        ("not JSON", "{", {}),
        ("no object", "[1]", {}),
        ("no data", "{}", {}),
        ("data that is none", '{"data": 5}', {}),
        ("too deep", "[" * 100_000, {}),
        ("not gzip", login, GZIP),
        ("cut off", gzip.compress(login.encode())[:-5], GZIP),
        ("two files", gzip.compress(login.encode()) * 2, GZIP),
    ):
        answer = send(warehouse, LOGIN, body, headers)
        assert (answer["success"], answer["code"]) == (False, "390400"), (name, answer)
    assert send(warehouse, LOGIN, gzip.compress(login.encode()), GZIP)["code"] == "390100"
    for name, data in (
        ("no text", {"LOGIN_NAME": {"a": 1}, "PASSWORD": [1]}),
        ("odd text", {"LOGIN_NAME": "\x00\u2028'\"--", "PASSWORD": "\x00"}),
        ("nothing", {}),
    ):
        assert send(warehouse, LOGIN, json.dumps({"data": data}))["code"] == "390100", name


def test_the_session_of_a_dropped_user_and_of_an_ended_one_answer_nothing(
    warehouse: Warehouse, connect: Connect, database: str
) -> None:
    admin = connect()
    run(admin, f"create user {database}_gone password = 'long-enough-1' must_change_password = false")
    login = {"data": {"LOGIN_NAME": f"{database}_gone", "PASSWORD": "long-enough-1"}}
    opened = send(warehouse, LOGIN, json.dumps(login))
    assert opened["success"], opened
    header = {"Authorization": f'Snowflake Token="{opened["data"]["token"]}"'}
    query = json.dumps({"sqlText": "select current_user()"})
    assert send(warehouse, "/queries/v1/query-request?requestId=one", query, header)["success"]
    run(admin, f"drop user {database}_gone")
    assert not send(warehouse, "/queries/v1/query-request?requestId=two", query, header)["success"]

    ended = token(warehouse)
    assert send(warehouse, "/session?delete=true", "", ended)["success"]
    assert send(warehouse, "/queries/v1/query-request?requestId=three", query, ended)["code"] == "390111"


COSTS = """
import hashlib, json, types
import jwt
from local.emulators.snowflake import errors, logins
from local.emulators.snowflake.catalog import User

done = []
scrypt, verify = hashlib.scrypt, jwt.decode
hashlib.scrypt = lambda *a, **k: (done.append("hash"), scrypt(*a, **k))[1]
jwt.decode = lambda *a, **k: (done.append("signature"), verify(*a, **k))[1]
logins._no_password()
users = [User("KNOWN", "", 0, password=logins.hash_password("x")), User("NONE", "", 0),
         User("OFF", "", 0, password=logins.hash_password("x"), disabled=True),
         User("KEY", "", 0, public_keys=(logins._no_key(),))]
catalog = types.SimpleNamespace(user={user.name: user for user in users}.get)
found = {}
for name in ("KNOWN", "NONE", "OFF", "KEY", "NO_LOGIN", ""):
    for way in (lambda: logins.by_password(catalog, name, "x?"), lambda: logins.by_token(catalog, "A", name, "x?")):
        done.clear()
        try:
            way()
        except errors.SqlError as error:
            found.setdefault(str([*done, error.code]), []).append(name)
print(json.dumps(found))
"""


def test_a_guess_costs_as_much_whether_the_user_exists_or_not(root: Path, env_python: Callable[[str], Path]) -> None:
    """Counted, not timed: the same work is done for a user, one without password or key, and none at all."""
    told = subprocess.run([env_python("warehouse"), "-c", COSTS], cwd=root, capture_output=True, text=True, check=True)
    every = ["KNOWN", "NONE", "OFF", "KEY", "NO_LOGIN", ""]
    assert json.loads(told.stdout) == {"['hash', 390100]": every, "['signature', 390144]": every}


def test_wrong_logins_of_a_name_wait_for_each_other_and_a_right_one_ends_that(
    warehouse: Warehouse, connect: Connect
) -> None:
    admin = warehouse.known["warehouse"]["admin"]

    def log_in(password: str) -> dict[str, Any]:
        return send(warehouse, LOGIN, json.dumps({"data": {"LOGIN_NAME": admin["user"], "PASSWORD": password}}))

    assert log_in("guess")["code"] == "390100"
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(log_in, ["guess"] * 20))
    assert {answer["code"] for answer in answers} == {"390100"}
    assert any("Too many logins at once" in answer["message"] for answer in answers)
    assert log_in(admin["password"])["success"]


@pytest.mark.parametrize("name", ['say "a"', 'a"; drop table data.t1; --', "a'; --", '"', 'a" int, "b'])
def test_a_quote_in_a_columns_name_ends_no_statement(admin: SnowflakeConnection, name: str) -> None:
    """Whatever stood behind it would run with the rights of the warehouse itself."""
    one, two = (name.replace('"', '""') for name in (name, f"{name} again"))
    run(admin, "create table t (kept int)", f'alter table t add column "{one}" int not null')
    run(admin, f'alter table t alter column "{one}" drop not null', f'alter table t rename column "{one}" to "{two}"')
    assert [row[0] for row in run(admin, "describe table t")] == ["KEPT", f"{name} again"]
    run(admin, f'alter table t drop column "{two}"')
    assert [row[0] for row in run(admin, "describe table t")] == ["KEPT"]
