"""Keys are replaced while a zone runs every minute: no run fails, no row is lost or doubled, `up` undoes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.checkout import Checkout
from tests.e2e.data import weather_by_day

pytestmark = [pytest.mark.e2e, pytest.mark.deep]

EVERY_MINUTE = 'schedule: "* * * * *"'


def runs(demo: Checkout) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = demo.airflow.call(
        "GET", "dags/weather/dagRuns", params={"limit": 100, "order_by": "-run_after"}
    )["dag_runs"]
    return [run for run in found if run["dag_run_id"].startswith("scheduled__")]


def ended(demo: Checkout) -> int:
    return sum(run["state"] in ("success", "failed") for run in runs(demo))


def logins(demo: Checkout) -> list[str]:
    """Every login whose key the platform holds."""
    kinds = json.loads(demo.assay("secret", "kinds", "--json").stdout)
    return [each["name"] for each in kinds if each["kind"] == "snowflake key pair"]


def held(demo: Checkout) -> dict[str, str]:
    manager = demo.endpoints.aws("secretsmanager")
    names = [name for page in manager.get_paginator("list_secrets").paginate() for name in
             (secret["Name"] for secret in page["SecretList"])]  # fmt: skip
    return {name: manager.get_secret_value(SecretId=name)["SecretString"] for name in names}


def pass_a_day(demo: Checkout) -> None:
    """A day passes, and a run that begins after it ends."""
    demo.world.live(demo.world.next_days(1))
    before = ended(demo)
    demo.until(lambda: ended(demo) >= before + 2, 300, "two more runs have ended")


def test_every_key_is_rotated_under_a_zone_that_runs_every_minute(demo: Checkout) -> None:
    zone = demo.root / "dags" / "zones" / "weather" / "zone.yml"
    text = zone.read_text()
    assert text.count('schedule: "0 5 * * *"') == 1
    zone.write_text(text.replace('schedule: "0 5 * * *"', EVERY_MINUTE))
    try:
        old = {run["dag_run_id"] for run in runs(demo)}
        demo.until(lambda: ended(demo) > len(old), 300, "the zone runs every minute")
        before = held(demo)
        for login in logins(demo):
            steps = json.loads(demo.assay("secret", "rotate", login, "--json").stdout)["steps"]
            assert any(step.startswith("write the new key") for step in steps), login
        pass_a_day(demo)
        after = held(demo)
        changed = {name for name in before if "snowflake" in name or "warehouse" in name} - {
            "assay/bootstrap/snowflake"
        }
        assert {name for name in before if before[name] != after[name]} >= changed
        demo.assay("up")
        assert {name for name in changed if held(demo)[name] != after[name]} == set()
        for login in logins(demo):
            demo.assay("secret", "revoke", login, "--now")
        pass_a_day(demo)
        states = {run["dag_run_id"]: run["state"] for run in runs(demo) if run["dag_run_id"] not in old}
        assert len(states) >= 3
        assert [name for name, state in states.items() if state == "failed"] == []
        assert demo.gold_by_day("weather") == {day: weather_by_day()[day] for day in demo.days()}
    finally:
        zone.write_text(text)
