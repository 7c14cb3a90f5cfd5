"""What `./assay up` writes over a secret that is there: this machine's addresses, and nothing that was rotated."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from local.platform.kept_secrets import kept, private_key

PUBLIC = ("SNOWFLAKE_HOST", "SNOWFLAKE_PORT", "SNOWFLAKE_USER", "AWS_ENDPOINT_URL", "AWS_REGION", "PGHOST", "PGPORT")
SNOWFLAKE = {
    "conn_type": "snowflake", "login": "W_LOADER",
    "extra": {"host": "127.0.0.1", "port": 2, "private_key_content": "first"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "declared", "found", "expected"),
    [
        ("assay/pods/landing-x", {"AWS_ENDPOINT_URL": "http://127.0.0.1:2", "AWS_ACCESS_KEY_ID": "first"},
         {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "rotated"},
         {"AWS_ENDPOINT_URL": "http://127.0.0.1:2", "AWS_ACCESS_KEY_ID": "rotated"}),
        ("assay/pods/postgres-company", {"PGHOST": "h", "PGPORT": "2", "PGPASSWORD": "first"},
         {"PGHOST": "h", "PGPORT": "1", "PGPASSWORD": "rotated"},
         {"PGHOST": "h", "PGPORT": "2", "PGPASSWORD": "rotated"}),
        ("assay/syncs/flights_api", {"FLIGHTS_API_URL": "http://127.0.0.1:2", "FLIGHTS_API_TOKEN": "first"},
         {"FLIGHTS_API_URL": "http://127.0.0.1:1", "FLIGHTS_API_TOKEN": "rotated"},
         {"FLIGHTS_API_URL": "http://127.0.0.1:2", "FLIGHTS_API_TOKEN": "rotated"}),
        ("assay/connections/airbyte",
         {"conn_type": "airbyte", "host": "http://127.0.0.1:2", "login": "1", "password": "a"},
         {"conn_type": "airbyte", "host": "http://127.0.0.1:1", "login": "2", "password": "b"},
         {"conn_type": "airbyte", "host": "http://127.0.0.1:2", "login": "2", "password": "b"}),
        ("assay/connections/chat_x", {"conn_type": "http", "password": "http://127.0.0.1:2/hooks/first"},
         {"conn_type": "http", "password": "http://127.0.0.1:1/hooks/rotated"},
         {"conn_type": "http", "password": "http://127.0.0.1:2/hooks/rotated"}),
        ("assay/connections/chat_x", {"conn_type": "http", "password": "http://127.0.0.1:2/hooks/first"},
         {"conn_type": "http", "password": "https://chat.example/hooks/abc", "extra": "{}"},
         {"conn_type": "http", "password": "https://chat.example/hooks/abc", "extra": "{}"}),
        ("assay/connections/snowflake_x_loader", SNOWFLAKE,
         {"conn_type": "snowflake", "login": "W_LOADER", "extra": {"port": 1, "private_key_content": "rotated"}},
         SNOWFLAKE | {"extra": {"host": "127.0.0.1", "port": 2, "private_key_content": "rotated"}}),
        ("assay/connections/snowflake_x_loader", SNOWFLAKE,
         {"conn_type": "snowflake", "login": "W_LOADER", "extra": json.dumps({"private_key_content": "rotated"})},
         SNOWFLAKE | {"extra": {"host": "127.0.0.1", "port": 2, "private_key_content": "rotated"}}),
        ("assay/connections/airbyte", {"conn_type": "airbyte", "host": "http://127.0.0.1:2"},
         {"conn_type": "generic", "host": "a person's own"}, {"conn_type": "generic", "host": "a person's own"}),
        ("assay/bootstrap/snowflake", {"password": "first"}, {"password": "other"}, {"password": "first"}),
        ("assay/connections/kubernetes", {"conn_type": "kubernetes", "extra": {"token": "first"}},
         {"conn_type": "kubernetes", "extra": {"token": "other"}},
         {"conn_type": "kubernetes", "extra": {"token": "first"}}),
        ("assay/pods/landing-x", {"AWS_ACCESS_KEY_ID": "first"}, None, {"AWS_ACCESS_KEY_ID": "first"}),
    ],
)  # fmt: skip
def test_addresses_are_this_machines_and_secrets_are_what_was_found(
    name: str, declared: dict[str, Any], found: dict[str, Any] | None, expected: dict[str, Any]
) -> None:
    assert kept(name, declared, found, PUBLIC) == expected
    assert kept(name, declared, expected, PUBLIC) == expected, "running it again changes nothing"


@pytest.mark.parametrize("seed", range(30))
def test_of_a_pods_secret_exactly_what_is_public_is_declared_anew(seed: int) -> None:
    rng = random.Random(seed)
    names = [f"K{number}" for number in range(8)]
    public = set(rng.sample(names, rng.randint(0, 8)))
    declared = {name: f"declared {name}" for name in rng.sample(names, rng.randint(1, 8))}
    found = {name: f"found {name}" for name in rng.sample(names, rng.randint(1, 8))}
    after = kept("assay/pods/x", declared, found, public)
    assert set(after) == set(declared)
    for name, value in after.items():
        assert value == (found[name] if name in found and name not in public else declared[name])


def test_a_connections_key_is_read_without_its_armour() -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nAAAA\nBBBB\n-----END PRIVATE KEY-----\n"
    assert private_key({"extra": {"private_key_content": pem}}, "other") == "AAAABBBB"
    assert private_key({"extra": json.dumps({"private_key_content": pem})}, "other") == "AAAABBBB"
    assert private_key(None, "other") == "other"
    assert private_key({"extra": {}}, "other") == "other"
