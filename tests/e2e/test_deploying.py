"""From a merged change to Airflow by git alone: the commit is pushed, git-sync serves it, and its revert likewise."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import Checkout, copy_checkout

pytestmark = pytest.mark.e2e

LIVE_WITHIN = 60
"""Seconds from the push until Airflow shows it (DEP-3)."""

AIRFLOW = ("airflow-api-server", "airflow-dag-processor")
ZONE = "dags/zones/weather/zone.yml"


@pytest.fixture
def following(demo: Checkout, root: Path, tmp_path: Path) -> Iterator[Checkout]:
    """A checkout with a remote, whose Airflow reads the release branch of that remote and not the checkout."""
    found = Checkout(tmp_path / "following")
    copy_checkout(root, found.root)
    shutil.copy2(demo.root / "dags" / "manifest.json", found.root / "dags" / "manifest.json")
    for words in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("config", "user.name", "Ada"),
        ("config", "user.email", "ada@example.com"),
        ("init", "--quiet", "--bare", str(tmp_path / "origin.git")),
        ("remote", "add", "origin", str(tmp_path / "origin.git")),
    ):
        found.run("git", *words)
    merge(found)
    found.assay("deploy", "local", "--push")
    try:
        found.assay("up", "--follow", str(tmp_path / "origin.git"), *AIRFLOW)
        yield found
    finally:
        found.assay("down")


def merge(checkout: Checkout) -> None:
    checkout.run("git", "add", "--all")
    checkout.run("git", "commit", "--quiet", "--message", "a change")


def described(checkout: Checkout) -> str | None:
    dag = checkout.airflow.dags().get("weather")
    return dag and dag["description"]


def processes(checkout: Checkout) -> dict[str, int]:
    rows = json.loads(checkout.assay("status", "--json", check=False).stdout)["services"]
    return {row["service"]: row["pid"] for row in rows if row["pid"]}


def seconds_until_live(checkout: Checkout, description: str) -> float:
    began = time.monotonic()
    checkout.until(lambda: described(checkout) == description, LIVE_WITHIN, f"weather is described as “{description}”")
    return time.monotonic() - began


def test_a_merged_change_and_its_revert_are_live_within_a_minute_without_a_restart(following: Checkout) -> None:
    following.until(lambda: described(following) is not None, LIVE_WITHIN, "Airflow has read the branch")
    before, running = described(following), processes(following)
    assert before
    text = (following.root / ZONE).read_text()
    assert before in text

    (following.root / ZONE).write_text(text.replace(before, "Weather, by the hour."))
    merge(following)
    made = json.loads(following.assay("deploy", "local", "--push", "--json").stdout)
    assert (made["status"], made["changes"][-1]) == ("deployed", f"changed {ZONE}")
    print(f"live after {seconds_until_live(following, 'Weather, by the hour.'):.0f} s")

    following.assay("deploy", "local", "--revert", "--push")
    print(f"back after {seconds_until_live(following, before):.0f} s")
    assert following.airflow.import_errors() == []
    assert processes(following) == running
    assert json.loads(following.assay("deploy", "local", "--dry-run", "--json").stdout)["status"] == "dry run"
