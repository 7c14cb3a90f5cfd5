"""Credentials are made once, for their owner only, and completed for new zones."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from local.emulators.common.files import StateError
from local.state import credentials


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    credentials.ensure(tmp_path / "c.json", ["flights"])
    assert (tmp_path / "c.json").stat().st_mode & 0o777 == 0o600


def test_nothing_changes_the_second_time_and_a_new_zone_adds_its_users(tmp_path: Path) -> None:
    first = credentials.ensure(tmp_path / "c.json", ["flights"])
    assert credentials.ensure(tmp_path / "c.json", ["flights"]) == first
    later = credentials.ensure(tmp_path / "c.json", ["flights", "weather"])
    users = later["warehouse"]["service_users"]
    assert set(users) == set(credentials.service_users(["flights", "weather"]))
    assert {name: users[name] for name in first["warehouse"]["service_users"]} == first["warehouse"]["service_users"]
    assert later["inbox"]["flights"] == first["inbox"]["flights"]


def test_two_installations_share_nothing(tmp_path: Path) -> None:
    one, other = (credentials.ensure(tmp_path / name, ["flights"]) for name in ("a.json", "b.json"))
    for service in ("postgres", "airbyte", "flights_api", "aws", "kubernetes", "inbox"):
        assert not secrets_of(one[service]) & secrets_of(other[service])


def secrets_of(value: Any) -> set[str]:
    """Every text in a service's credentials, however deep."""
    return set().union(*(secrets_of(each) for each in value.values())) if isinstance(value, dict) else {value}


def test_the_one_key_of_an_earlier_version_is_the_root_users(tmp_path: Path) -> None:
    earlier = {"access_key_id": "AKIAEARLIER", "secret_access_key": "kept"}
    (tmp_path / "c.json").write_text(json.dumps({"aws": earlier}))
    assert credentials.load(tmp_path / "c.json")["aws"] == {"administrator": earlier}
    found = credentials.ensure(tmp_path / "c.json", ["flights"])["aws"]
    assert found["administrator"] == earlier
    assert set(found) == {"administrator", "airflow", "external-secrets", "snowflake", "pods-flights"}


def test_a_service_users_keys_belong_together(tmp_path: Path) -> None:
    pair = credentials.ensure(tmp_path / "c.json", ["flights"])["warehouse"]["service_users"]["LOCAL_FLIGHTS_LOADER"]
    private = load_der_private_key(base64.b64decode(pair["private_key"]), password=None)
    public = load_der_public_key(base64.b64decode(pair["public_key"]))
    assert private.public_key() == public


def test_half_a_file_is_an_error_in_words_and_not_a_new_beginning(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"aws": {')
    with pytest.raises(StateError, match=r"c\.json is not readable as JSON"):
        credentials.ensure(tmp_path / "c.json", ["flights"])
