"""Which secrets rotate and how: by where they are kept and what they hold."""

from __future__ import annotations

import json

import pytest

from assay.rotation import Kind, RotationError, pick, subjects
from assay.rotation.kinds import POD_KEY

HELD = {
    "assay/connections/snowflake_weather_loader": json.dumps(
        {"conn_type": "snowflake", "login": "W_LOADER", "extra": {"private_key_content": "k"}}
    ),
    "assay/pods/warehouse-weather-loader": json.dumps({"SNOWFLAKE_USER": "W_LOADER", POD_KEY: "k"}),
    "assay/pods/warehouse-weather-transformer": json.dumps({"SNOWFLAKE_USER": "W_TRANSFORMER", POD_KEY: "k"}),
    "assay/connections/snowflake_permissions": json.dumps(
        {"conn_type": "snowflake", "login": "ASSAY_PERMISSIONS", "extra": json.dumps({"private_key_content": "k"})}
    ),
    "assay/connections/airbyte": json.dumps({"conn_type": "airbyte", "login": "id", "password": "x"}),
    "assay/connections/chat_weather": json.dumps({"conn_type": "http", "password": "https://chat/hooks/x"}),
    "assay/connections/kubernetes": json.dumps({"conn_type": "kubernetes"}),
    "assay/pods/landing-weather": json.dumps({"AWS_ACCESS_KEY_ID": "x"}),
    "assay/pods/postgres-company": json.dumps({"PGPASSWORD": "x"}),
    "assay/syncs/flights_api": json.dumps({"FLIGHTS_API_TOKEN": "x"}),
    "assay/variables/limit": "5",
    "assay/bootstrap/snowflake": json.dumps({"conn_type": "snowflake", "login": "A", "password": "x"}),
    "assay/smoke/airflow": json.dumps({"username": "a", "password": "x"}),
    "assay/airflow/fernet": json.dumps({"key": "x"}),
    "assay/runners/token": json.dumps({"token": "x"}),
    "assay/elsewhere/own": "x",
    "assay/pods/broken": "not JSON",
}


def test_copies_of_one_login_are_one_subject() -> None:
    found = {each.name: each for each in subjects(HELD)}
    assert found["W_LOADER"].secrets == (
        "assay/connections/snowflake_weather_loader", "assay/pods/warehouse-weather-loader",
    )  # fmt: skip
    assert found["W_TRANSFORMER"].secrets == ("assay/pods/warehouse-weather-transformer",)
    assert found["ASSAY_PERMISSIONS"].kind is Kind.SNOWFLAKE_KEY
    assert {name for each in found.values() for name in each.secrets} == set(HELD)


def test_each_secret_rotates_or_is_refused_with_a_reason() -> None:
    kinds = {name: each.kind for each in subjects(HELD) for name in each.secrets}
    assert kinds["assay/connections/airbyte"] is Kind.AIRBYTE_CLIENT
    for name in ("connections/chat_weather", "pods/landing-weather", "pods/postgres-company", "syncs/flights_api",
                 "variables/limit"):  # fmt: skip
        assert kinds[f"assay/{name}"] is Kind.ISSUED_ELSEWHERE
    refused = [each for each in subjects(HELD) if each.kind is Kind.REFUSED]
    assert {each.name for each in refused} == {
        "assay/connections/kubernetes", "assay/bootstrap/snowflake", "assay/smoke/airflow", "assay/airflow/fernet",
        "assay/runners/token", "assay/elsewhere/own", "assay/pods/broken",
    }  # fmt: skip
    for each in refused:
        with pytest.raises(RotationError) as caught:
            pick(subjects(HELD), each.name)
        assert str(caught.value) == f"{each.name} is not rotated by this command: {each.reason}."
        assert len(each.reason) > 20


def test_a_name_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(RotationError) as caught:
        pick(subjects(HELD), "assay/pods/landing-wether")
    assert 'did you mean "assay/pods/landing-weather"?' in str(caught.value)
    assert "W_LOADER" in str(caught.value)
    assert "bootstrap" not in str(caught.value)
