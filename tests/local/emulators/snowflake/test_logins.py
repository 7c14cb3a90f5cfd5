"""Who may log in, and as what."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from snowflake.connector import DatabaseError, ProgrammingError

from .conftest import Connect, KeyPair, Person, Warehouse, key_pair, run, scalar


def test_the_administrators_password_opens_and_no_other_does(connect: Connect) -> None:
    assert run(connect(), "select current_user(), current_role(), current_account()") == [
        ("ASSAY_ADMIN", "ACCOUNTADMIN", "ASSAY")
    ]
    with pytest.raises(DatabaseError, match="Incorrect username or password") as refused:
        connect(password="guess")
    assert "390100" in str(refused.value)


def test_an_unknown_user_is_refused_in_the_same_words_as_a_wrong_password(connect: Connect) -> None:
    with pytest.raises(DatabaseError, match="Incorrect username or password was specified"):
        connect(user="NO_LOGIN", password="x")


def test_a_service_user_logs_in_with_the_key_that_is_registered_and_with_no_other(
    connect: Connect, database: str
) -> None:
    keys, others = key_pair(), key_pair()
    user = f"{database}_SERVICE"
    run(
        connect(),
        f"create role {user}",
        f"create user {user} type = service rsa_public_key = '{keys.public}' default_role = {user}",
        f"grant role {user} to user {user}",
    )
    assert run(connect(user=user, private_key=keys.private_der), "select current_user(), current_role()") == [
        (user, user)
    ]
    with pytest.raises(DatabaseError, match="JWT token is invalid"):
        connect(user=user, private_key=others.private_der)
    with pytest.raises(DatabaseError, match="Incorrect username or password"):
        connect(user=user, password="x", authenticator="snowflake")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(rsa.generate_private_key(65537, 2048), id="RSA"),
        pytest.param(ec.generate_private_key(ec.SECP384R1()), id="P-384"),
        pytest.param(ec.generate_private_key(ec.SECP521R1()), id="P-521"),
    ],
)
def test_a_key_may_be_of_any_kind_that_snowflake_takes(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, connect: Connect, database: str
) -> None:
    keys = key_pair(key)
    run(connect(), f"create user {database}_KEY type = service rsa_public_key = '{keys.public}'")
    connect(user=f"{database}_KEY", private_key=keys.private_der)


def test_a_key_can_be_rotated(connect: Connect, database: str) -> None:
    old, new = key_pair(), key_pair()
    user = f"{database}_ROTATED"
    run(connect(), f"create user {user} rsa_public_key = '{old.public}'")
    run(connect(), f"alter user {user} set rsa_public_key_2 = '{new.public}'")
    connect(user=user, private_key=old.private_der)
    connect(user=user, private_key=new.private_der)
    run(connect(), f"alter user {user} unset rsa_public_key")
    connect(user=user, private_key=new.private_der)
    with pytest.raises(DatabaseError, match="JWT token is invalid"):
        connect(user=user, private_key=old.private_der)


def issuer(keys: KeyPair, user: str) -> str:
    digest = base64.b64encode(hashlib.sha256(base64.b64decode(keys.public)).digest()).decode()
    return f"ASSAY.{user}.SHA256:{digest}"


def token(keys: KeyPair, user: str, algorithm: str = "ES256", **claims: Any) -> str:
    now = int(time.time())
    body = {"iss": issuer(keys, user), "sub": f"ASSAY.{user}", "iat": now, "exp": now + 60, **claims}
    if algorithm == "none":
        return jwt.encode(body, "", algorithm="none")
    key = serialization.load_der_private_key(keys.private_der, None)
    return jwt.encode(body, key, algorithm=algorithm)  # type: ignore[arg-type]


def log_in(warehouse: Warehouse, user: str, proof: str) -> dict[str, Any]:
    """The raw request, for tokens that no honest client would send."""
    data = {"data": {"LOGIN_NAME": user, "AUTHENTICATOR": "SNOWFLAKE_JWT", "TOKEN": proof}}
    request = urllib.request.Request(
        f"https://127.0.0.1:{warehouse.port}/session/v1/login-request",
        json.dumps(data).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=str(warehouse.bundle))) as answer:
        body: dict[str, Any] = json.load(answer)
    return body


def test_a_token_must_be_fresh_for_this_account_and_really_signed(
    connect: Connect, database: str, warehouse: Warehouse
) -> None:
    keys = key_pair()
    user = f"{database}_TOKEN"
    run(connect(), f"create user {user} rsa_public_key = '{keys.public}'")
    assert log_in(warehouse, user, token(keys, user))["success"]
    now = int(time.time())
    for bad in (
        token(keys, user, exp=now - 3600),
        token(keys, user, iat=now + 3600, exp=now + 7200),
        token(keys, user, sub=f"OTHER.{user}"),
        token(keys, user, iss=f"ASSAY.{user}.SHA256:made-up"),
        token(keys, user, algorithm="none"),
        token(key_pair(), user, iss=issuer(keys, user)),
        token(keys, user).rsplit(".", 1)[0] + ".AAAA",
        "no.token",
        "",
    ):
        refused = log_in(warehouse, user, bad)
        assert (refused["success"], refused["code"]) == (False, "390144")
    assert log_in(warehouse, "ASSAY_ADMIN", token(keys, user))["code"] == "390144"


@pytest.mark.parametrize(
    "public",
    [
        pytest.param("aGVsbG8=", id="none at all"),
        pytest.param(key_pair(rsa.generate_private_key(65537, 1024)).public, id="a short one"),
        pytest.param(key_pair(ec.generate_private_key(ec.SECP256K1())).public, id="of another curve"),
    ],
)
def test_a_public_key_that_snowflake_would_not_take_is_refused_when_it_is_registered(
    public: str, connect: Connect
) -> None:
    with pytest.raises(ProgrammingError, match="Invalid public key"):
        run(connect(), f"create user broken_key rsa_public_key = '{public}'")


def test_a_role_must_be_granted_to_be_taken(connect: Connect, person: Callable[[str], Person]) -> None:
    one, other = person("one"), person("other")
    assert scalar(one.connect(), "select current_role()") == one.role
    with pytest.raises(DatabaseError, match="does not exist or not authorized"):
        one.connect(role=other.role)
    with pytest.raises(ProgrammingError, match="is not assigned to the executing user"):
        run(one.connect(), f"use role {other.role}")
    run(connect(), f"grant role {other.role} to role {one.role}")
    session = one.connect(role=other.role)
    assert scalar(session, "select current_role()") == other.role
    run(session, f"use role {one.role}")
    assert scalar(session, "select current_role()") == one.role


def test_a_disabled_user_and_a_dropped_one_cannot_log_in(connect: Connect, person: Callable[[str], Person]) -> None:
    one = person("gone")
    run(connect(), f"alter user {one.role} set disabled = true")
    with pytest.raises(DatabaseError, match="access disabled"):
        one.connect()
    run(connect(), f"drop user {one.role}")
    with pytest.raises(DatabaseError, match="Incorrect username"):
        one.connect()


def test_a_statement_without_a_valid_session_is_refused(warehouse: Warehouse) -> None:
    trusting = ssl.create_default_context(cafile=str(warehouse.bundle))
    for header in ({}, {"Authorization": 'Snowflake Token="made-up"'}):
        request = urllib.request.Request(
            f"https://127.0.0.1:{warehouse.port}/queries/v1/query-request?requestId=1",
            json.dumps({"sqlText": "select 1"}).encode(),
            {"Content-Type": "application/json", **header},
        )
        with urllib.request.urlopen(request, context=trusting) as answer:
            body = json.load(answer)
        assert not body["success"]
        assert body["code"] == "390111"


def test_no_password_is_shown_or_kept_in_the_open(connect: Connect, database: str, warehouse: Warehouse) -> None:
    secret = "Tr0ub4dor-and-3"
    run(connect(), f"create user {database}_SECRET password = '{secret}'")
    shown = run(connect(), "show users")
    history = run(connect(), "select query_text from snowflake.account_usage.query_history")
    assert secret not in str(shown)
    assert secret not in str(history)
    for file in (warehouse.home / "state").iterdir():
        if file.is_file():
            assert secret.encode() not in file.read_bytes()
    assert secret not in (warehouse.home / "warehouse.log").read_text()
