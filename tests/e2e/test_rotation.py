"""Every kind of secret is replaced while a zone runs every minute: no run fails, no row is lost or doubled, `up` undoes
nothing, and what was replaced works no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from assay.rotation.access_keys import AccessKeys
from assay.rotation.airbyte_clients import AirbyteClients
from assay.rotation.passwords import Passwords
from tests.checkout import Checkout
from tests.e2e.data import flights_by_day

pytestmark = [pytest.mark.e2e, pytest.mark.deep, pytest.mark.timeout(2400)]

ZONE = "flights"
SCHEDULE, EVERY_MINUTE = 'schedule: "30 5 * * *"', 'schedule: "* * * * *"'
KEPT = {"assay/bootstrap/snowflake", "assay/smoke/airflow", "assay/connections/kubernetes", "assay/syncs/applied"}
"""Secrets that this command refuses to rotate, with a reason, and what Airbyte's configuration remembers."""

MADE_HERE = ("snowflake key pair", "aws access key", "airbyte application", "postgres password")
ISSUED = {
    "assay/syncs/flights_api": "flights_api", "assay/connections/chat_flights": "chat_flights",
    "assay/connections/chat_weather": "chat_weather", "assay/connections/chat_platform": "chat_platform",
}  # fmt: skip
"""Secrets that somebody else issues, and who: `./assay company issue` stands for the vendor's page."""


@contextmanager
def every_minute(demo: Checkout) -> Iterator[None]:
    """The zone runs every minute; afterwards as before."""
    zone = demo.root / "dags" / "zones" / ZONE / "zone.yml"
    text = zone.read_text()
    assert text.count(SCHEDULE) == 1
    zone.write_text(text.replace(SCHEDULE, EVERY_MINUTE))
    try:
        yield
    finally:
        zone.write_text(text)


def runs(demo: Checkout) -> dict[str, str]:
    """The state of each scheduled run by its id."""
    query = {"limit": 100, "order_by": "-run_after"}
    found: list[dict[str, Any]] = demo.airflow.call("GET", f"dags/{ZONE}/dagRuns", params=query)["dag_runs"]
    return {run["dag_run_id"]: run["state"] for run in found if run["dag_run_id"].startswith("scheduled__")}


def ended(demo: Checkout) -> int:
    return sum(state in ("success", "failed") for state in runs(demo).values())


def held(demo: Checkout) -> dict[str, str]:
    manager = demo.endpoints.aws("secretsmanager")
    pages = manager.get_paginator("list_secrets").paginate()
    names = [secret["Name"] for page in pages for secret in page["SecretList"]]
    return {name: manager.get_secret_value(SecretId=name)["SecretString"] for name in names}


def logins(demo: Checkout) -> dict[str, str]:
    """The kind of each login that the platform itself replaces, by one of its secrets."""
    kinds = json.loads(demo.assay("secret", "kinds", "--json").stdout)
    return {each["secrets"][-1]: each["kind"] for each in kinds if each["kind"] in MADE_HERE}


def pass_a_day(demo: Checkout) -> None:
    """A day passes, and a run that begins after it ends."""
    demo.company.live(demo.company.next_days(1))
    before = ended(demo)
    demo.until(lambda: ended(demo) >= before + 2, 400, "two more runs have ended")


def refused(issuer: Any, text: str) -> bool:
    try:
        issuer.check(text)
    except Exception:
        return True
    return False


def test_every_kind_is_rotated_under_a_zone_that_runs_every_minute(demo: Checkout) -> None:
    with every_minute(demo):
        old = set(runs(demo))
        demo.until(lambda: ended(demo) > len(old), 400, "the zone runs every minute")
        before, ours = held(demo), logins(demo)
        assert set(ours.values()) == set(MADE_HERE)
        for name in ours:
            steps = json.loads(demo.assay("secret", "rotate", name, "--json").stdout)["steps"]
            assert any(step.startswith("write the new one") for step in steps), name
        for name, system in ISSUED.items():
            demo.run("bash", "-c", f"set -o pipefail; ./assay company issue {system} | ./assay secret rotate {name}")
        after = held(demo)
        assert {name for name in before if before[name] == after[name]} <= KEPT
        pass_a_day(demo)

        demo.assay("up")
        assert {name for name in after if held(demo)[name] != after[name]} == set(), "`up` brought something back"

        for name, kind in ours.items():
            demo.assay("secret", "revoke", name, "--now")
            if kind != "snowflake key pair":
                issuers: dict[str, Any] = {
                    "aws access key": AccessKeys(wait=lambda _: None), "airbyte application": AirbyteClients(),
                    "postgres password": Passwords(),
                }  # fmt: skip
                assert refused(issuers[kind], before[name]), name
                assert not refused(issuers[kind], after[name]), name
        for system in ISSUED.values():
            demo.assay("company", "revoke", system)
        pass_a_day(demo)

        states = {run: state for run, state in runs(demo).items() if run not in old}
        assert len([run for run, state in states.items() if state == "success"]) >= 5
        assert [run for run, state in states.items() if state == "failed"] == []
        assert demo.gold_by_day(ZONE) == {day: flights_by_day()[day] for day in demo.days()}
        values = {secret for text in (*before.values(), *after.values()) for secret in secrets_of(text)}
        logs = "\n".join(path.read_text(errors="replace") for path in demo.layout.logs.rglob("*") if path.is_file())
        assert [value[:4] for value in values if value in logs] == [], "a value is in a log"


def secrets_of(text: str) -> set[str]:
    """The long texts of a secret that are no address: what a log must not have."""
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for name, each in value.items():
                secret = any(word in name.lower() for word in ("password", "secret", "token", "private_key"))
                if secret and isinstance(each, str) and len(each) >= 16:
                    found.update((each, each.rpartition("/")[2]))
                walk(each)

    walk(json.loads(text) if text.startswith("{") else {})
    return {each for each in found if len(each) >= 16}
