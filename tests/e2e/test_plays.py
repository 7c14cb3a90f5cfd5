"""Ansible's plays against the running platform: each does its work once, says what it would do, and can run again."""

from __future__ import annotations

import re

import pytest

from tests.checkout import Checkout

pytestmark = pytest.mark.e2e


def play(demo: Checkout, *words: str) -> int:
    """How many tasks changed something."""
    text = demo.assay("play", *words).stdout
    found = re.search(r"platform +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=0", text)
    assert found, text
    secrets = (
        demo.endpoints.credentials["warehouse"]["admin"]["password"],
        demo.endpoints.credentials["airflow"]["password"],
    )
    assert not any(secret in text for secret in secrets)
    return int(found[1])


@pytest.mark.deep
def test_an_account_is_made_ready_for_terraform_once_and_back(demo: Checkout) -> None:
    assert play(demo, "bootstrap", "local", "--check") == 2
    assert play(demo, "bootstrap", "local") == 2
    assert play(demo, "bootstrap", "local") == 0
    held = {
        row["privilege"] for row in demo.sql("show grants to role ASSAY_TERRAFORM") if row["granted_on"] == "ACCOUNT"
    }
    assert {"CREATE DATABASE", "MANAGE GRANTS"} <= held
    demo.sql("grant create share on account to role ASSAY_TERRAFORM")
    assert play(demo, "bootstrap", "local", "--check") == 1
    assert play(demo, "bootstrap", "local", "--tags", "warehouse_login") == 1, "what was given by hand is taken back"
    back = ("--tags", "warehouse_login,state_bucket", "--extra-vars", "confirm=assay-local forget_state=true")
    assert play(demo, "teardown", "local", *back) == 2
    assert play(demo, "teardown", "local", *back) == 0
    assert demo.sql("show users like 'ASSAY_TERRAFORM'") == []


@pytest.mark.deep
def test_airbyte_is_made_as_the_files_say_and_then_left_alone(demo: Checkout) -> None:
    only = ("platform", "local", "--tags", "airbyte")
    assert play(demo, *only) == 0, "the demo has applied the files"
    path = demo.root / "airbyte" / "sources" / "flights_api.yaml"
    text = path.read_text()
    try:
        path.write_text(text.replace("2013-01-01T", "2012-12-31T"))
        assert path.read_text() != text
        assert play(demo, *only, "--check") == 1
        assert play(demo, *only) == 1
        assert play(demo, *only) == 0
    finally:
        path.write_text(text)
    assert play(demo, *only) == 1


@pytest.mark.deep
def test_what_was_granted_by_hand_is_taken_back_and_what_was_taken_is_given(demo: Checkout) -> None:
    only = ("platform", "local", "--tags", "permissions")
    assert play(demo, *only) == 0, "the demo has applied the file"
    demo.sql("revoke role LOCAL_READER from user LENA_BRANDT")
    demo.sql("grant role LOCAL_FLIGHTS_OWNER to user LENA_BRANDT")
    assert play(demo, *only, "--check") == 1
    assert play(demo, *only) == 1
    assert play(demo, *only) == 0
    assert {row["role"] for row in demo.sql("show grants to user LENA_BRANDT")} == {"LOCAL_READER"}


def test_a_platform_that_is_as_the_files_say_is_left_as_it_is_and_runs_a_zone(demo: Checkout) -> None:
    before = demo.sql("select count(*) as n from LOCAL_WEATHER.LEDGER.RELEASES where zone = 'weather'")
    assert play(demo, "platform", "local", "--tags", "airbyte,smoke", "--check") == 0
    assert play(demo, "platform", "local", "--tags", "airbyte,smoke") == 0
    after = demo.sql("select count(*) as n from LOCAL_WEATHER.LEDGER.RELEASES where zone = 'weather'")
    assert after[0]["N"] == before[0]["N"] + 1
