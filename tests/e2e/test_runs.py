"""Runs of one zone started at once, in every way there is, with kills; and every way round a failed test."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from local.platform.airflow_client import FINISHED, AirflowError, Run
from local.platform.zone_run import reasons
from tests.checkout import Checkout, processes_of
from tests.e2e.data import weather_by_day
from tests.e2e.test_kills import kill
from tests.e2e.test_releases import live

pytestmark = [pytest.mark.e2e, pytest.mark.deep]

ZONE = "weather"
EVERY_MINUTE = "* * * * *"
ALL_END = 1200
"""Seconds in which ten runs have ended, one after another."""
TASK_PROCESS = re.compile(rb"airflow worker -- ([0-9a-f-]{36})\b")
"""What Airflow calls the process that runs a task: by the id of the task instance."""
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
MARKER = re.compile(r"gold_next\._release as\s+select .*'([^']*)' as run_id", re.DOTALL)
WRITES = re.compile(r"(create|insert|merge|delete|update|truncate|alter|drop)\b")
TEST = "silver.hourly_observations.test"
RULE = "dbt/tests/weather/rules/no_hour_is_windy.sql"
FAILING = "select station_code, observed_at from {{ ref('hourly_observations') }} where wind_speed_ms > 9"


def runs_of(demo: Checkout, zone: str = ZONE) -> dict[str, dict[str, Any]]:
    """The zone's newest hundred runs, by id, as Airflow describes them."""
    query = {"limit": 100, "order_by": "-run_after"}
    found = demo.patient_airflow().call("GET", f"dags/{zone}/dagRuns", params=query)["dag_runs"]
    return {run["dag_run_id"]: run for run in found}


def pods_of(demo: Checkout, zone: str = ZONE) -> list[dict[str, Any]]:
    """The zone's pods in the cluster, whatever they are doing."""
    answer = requests.get(
        f"{demo.endpoints.url('kubernetes')}/api/v1/namespaces/assay/pods",
        params={"labelSelector": f"zone={zone}"},
        headers={"Authorization": f"Bearer {demo.endpoints.credentials['kubernetes']['token']}"},
        timeout=30,
    )
    answer.raise_for_status()
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def expected(demo: Checkout) -> dict[str, int]:
    return {day: weather_by_day()[day] for day in demo.days()}


def kill_task_processes(demo: Checkout) -> int:
    """kill -9 of every process that runs a task of the zone, as on a worker that is lost; returns how many."""
    running = {
        task["id"]
        for run in runs_of(demo).values()
        if run["state"] == "running"
        for task in demo.airflow.tasks(ZONE, run["dag_run_id"])
    }
    found = 0
    for pid in processes_of(demo.root):
        try:
            title = TASK_PROCESS.match(Path(f"/proc/{pid}/cmdline").read_bytes())
        except FileNotFoundError:
            continue
        if title and title[1].decode() in running:
            os.kill(pid, signal.SIGKILL)
            found += 1
    return found


@pytest.fixture
def every_minute(demo: Checkout) -> Iterator[None]:
    """The zone runs by its schedule, too, while the test runs."""
    path = demo.root / "dags" / "zones" / ZONE / "zone.yml"
    whole = path.read_text()
    lines = [f'schedule: "{EVERY_MINUTE}"' if line.startswith("schedule:") else line for line in whole.splitlines()]
    path.write_text("\n".join([*lines, ""]))
    try:
        demo.until(lambda: demo.airflow.dags()[ZONE]["timetable_summary"] == EVERY_MINUTE, 120, "the new schedule")
        yield
    finally:
        path.write_text(whole)
        demo.until(lambda: demo.airflow.dags()[ZONE]["timetable_summary"] != EVERY_MINUTE, 120, "the old schedule")


def backfill(demo: Checkout) -> str:
    """What Airflow answers to a backfill of its own."""
    days = {"from_date": "2026-11-01T00:00:00Z", "to_date": "2026-11-05T00:00:00Z"}
    with pytest.raises(AirflowError) as refused:
        demo.airflow.call("POST", "backfills", json={"dag_id": ZONE, **days, "max_active_runs": 5})
    return str(refused.value)


def start_in_every_way(demo: Checkout) -> list[subprocess.Popen[bytes]]:
    """Ten runs at the same moment; the schedule's own come beside them. Returns the commands that wait for theirs."""
    airflow = demo.airflow
    old = demo.newest_green_run(ZONE)
    (gold,) = airflow.call("GET", "assets", params={"uri_pattern": f"x-assay://{ZONE}/gold"})["assets"][:1]
    first, last = demo.days()[0], demo.days()[-1]
    forms: list[dict[str, Any]] = [
        {},
        {},
        {},
        {"models": ["daily_weather"]},
        {"full_refresh": True},
        {"backfill_from": first, "backfill_to": last},
    ]
    with ThreadPoolExecutor(16) as pool:
        started = [pool.submit(airflow.trigger, ZONE, form) for form in forms]
        started.append(pool.submit(airflow.clear, ZONE, old.run_id, False))  # type: ignore[arg-type]
        started.append(pool.submit(airflow.call, "POST", f"assets/{gold['id']}/materialize"))
        commands = [
            subprocess.Popen(["./assay", "run", ZONE], cwd=demo.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            for _ in range(2)
        ]
        for each in started:
            each.result()
    return commands


def wait_until_running(demo: Checkout, group: str) -> str:
    """Until a pod of a task of the group is at work; returns its run."""
    found: list[str] = []

    def is_there() -> bool:
        for pod in pods_of(demo):
            if pod["metadata"]["labels"]["task_id"].startswith(group) and pod["status"]["phase"] == "Running":
                found.append(
                    next(e["value"] for e in pod["spec"]["containers"][0]["env"] if e["name"] == "ASSAY_RUN_ID")
                )
                return True
        return False

    deadline = time.monotonic() + 600
    while not is_there():
        assert time.monotonic() < deadline, f"no pod of {group} within 600 s"
        time.sleep(0.1)
    return found[-1]


def writers_of_candidates(demo: Checkout, zone: str = ZONE) -> list[tuple[str, str]]:
    """For each statement of dbt's that wrote in a candidate: the run that it was cut for, and the run that wrote."""
    database = f"LOCAL_{zone.upper()}"
    rows = demo.sql(
        "select query_tag, query_text from SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY "
        f"where query_text ilike '%{database}.GOLD_NEXT.%' and execution_status = 'SUCCESS' order by start_time"
    )
    found, cut_for = [], ""
    for row in rows:
        statement = COMMENT.sub("", row["QUERY_TEXT"]).strip().lower()
        if marker := MARKER.search(statement):
            cut_for = marker[1]
        elif WRITES.match(statement) and row["QUERY_TAG"]:
            found.append((cut_for, json.loads(row["QUERY_TAG"])["run"].lower()))
    return found


def test_ten_runs_started_at_once_in_every_way_with_kills(demo: Checkout, every_minute: None) -> None:
    demo.company.live(demo.company.next_days(1))
    before = set(runs_of(demo))
    commands = start_in_every_way(demo)
    refused = backfill(demo)
    assert " 400 " in refused or " 422 " in refused, refused

    wait_until_running(demo, "silver.")
    assert kill_task_processes(demo)
    wait_until_running(demo, "gold.")
    kill(demo, "airflow-scheduler")
    ended = wait_until_running(demo, "")
    demo.patient_airflow().call("PATCH", f"dags/{ZONE}/dagRuns/{ended}", json={"state": "failed"})

    for command in commands:
        command.communicate(timeout=ALL_END)
    new: set[str] = set()

    def all_ended() -> bool:
        found = {run_id: run for run_id, run in runs_of(demo).items() if run_id not in before}
        new.update(found)
        manual = [run for run in found.values() if run["run_type"] != "scheduled"]
        return all(run["state"] in FINISHED for run in manual)

    demo.until(all_ended, ALL_END, "every run has ended")
    found = {run_id: run for run_id, run in runs_of(demo).items() if run_id in new}
    kinds = {run["run_type"] for run in found.values()}
    assert {"manual", "scheduled", "asset_materialization"} <= kinds, kinds
    assert "backfill" not in kinds
    failed = {run_id for run_id, run in found.items() if run["state"] == "failed"}
    assert failed <= {ended}, failed
    assert demo.run_zone(ZONE).state == "success"
    assert demo.gold_by_day(ZONE) == expected(demo)
    source = "LOCAL_WEATHER.BRONZE.SRC_WEATHER"
    assert demo.count(source) == sum(expected(demo).values())
    releases = demo.sql("select release_id, run_id, status from LOCAL_WEATHER.LEDGER.RELEASES order by created_at")
    assert [row["RELEASE_ID"] for row in releases if row["STATUS"] == "published"] == [live(demo)]
    assert not [row for row in releases if row["STATUS"] == "candidate"]
    writers = writers_of_candidates(demo)
    assert {wrote for _, wrote in writers} & {run_id.lower() for run_id in new}
    assert [pair for pair in writers if pair[0] != pair[1]] == [], "a candidate was mixed"
    demo.until(lambda: not pods_of(demo), 120, "no pod is left")


def clear(demo: Checkout, run_id: str, tasks: list[str], **more: bool) -> Run:
    """Clear tasks of a run in Airflow, and wait for the run's end."""
    body = {"dry_run": False, "dag_run_id": run_id, "task_ids": tasks, "only_failed": False, "reset_dag_runs": True}
    demo.airflow.call("POST", f"dags/{ZONE}/clearTaskInstances", json=body | more)
    return demo.airflow.wait_for_run(ZONE, run_id, 600)


def mark(demo: Checkout, run_id: str, task: str, state: str = "success") -> None:
    """Set a task of a run to a state by hand, as the web UI does."""
    demo.airflow.call("PATCH", f"dags/{ZONE}/dagRuns/{run_id}/taskInstances/{task}", json={"new_state": state})


@pytest.fixture
def failing_test(demo: Checkout) -> Iterator[None]:
    """A test of silver fails, on rows of a day that is not released yet."""
    rule = demo.root / RULE
    demo.company.live(demo.company.next_days(1))
    demo.succeeded(demo.run_zone(ZONE))  # so that there is a release to go back to
    demo.company.live(demo.company.next_days(1))
    rule.write_text(FAILING)
    try:
        demo.assay("up")  # makes the dbt image again, with the new test in it
        yield
    finally:
        rule.unlink()
        demo.assay("up")


def test_no_way_round_a_failed_test_makes_anything_untested_live(demo: Checkout, failing_test: None) -> None:
    """Whole run, form, clearing, marking, full refresh, backfill, another zone's run, a rollback and forward again."""
    released, gold = live(demo), demo.gold_by_day(ZONE)
    person = demo.endpoints.credentials["airflow"]["user"]

    def refused(run: Run) -> str:
        """Return why the run has failed, which names the test. Nothing but the release from before is live."""
        assert run.state == "failed"
        assert demo.task_states(ZONE, run.run_id)["release.publish"] in {"failed", "upstream_failed"}
        assert (live(demo), demo.gold_by_day(ZONE)) == (released, gold)
        said = "\n".join(reasons(demo.airflow, run))
        assert "no_hour_is_windy" in said
        return said

    whole = demo.run_zone(ZONE)
    refused(whole)
    refused(demo.run_zone(ZONE, models=["daily_weather"]))
    refused(demo.run_zone(ZONE, models=["hourly_weather", "daily_weather"], full_refresh=True))
    refused(demo.run_zone(ZONE, full_refresh=True))
    assert "backfill" in backfill(demo).lower()
    refused(clear(demo, whole.run_id, [TEST]))
    refused(clear(demo, whole.run_id, ["gateway_to_gold"], include_downstream=True))

    for state in ("skipped", "success"):
        mark(demo, whole.run_id, TEST, state)
        held_back = [task for task, ended in demo.task_states(ZONE, whole.run_id).items() if ended == "upstream_failed"]
        cleared = ["release.candidate", "gateway_to_gold", *held_back]
        posted = len(demo.messages(ZONE))
        refused(clear(demo, whole.run_id, cleared, include_downstream=True))
        by_whom = f"Task {TEST} was set to {state} by hand, by {person} at "
        assert by_whom in newest_reason(demo)
        wait_for_message(demo, by_whom, posted)
    mark(demo, whole.run_id, "release.publish")
    assert (live(demo), demo.gold_by_day(ZONE)) == (released, gold)

    demo.succeeded(demo.run_zone("flights"))
    assert (live(demo), demo.gold_by_day(ZONE)) == (released, gold)
    for reason in ("back", "forward again"):
        demo.assay("release", "rollback", ZONE, "--reason", reason, "--json")
    refused(demo.run_zone(ZONE, models=["daily_weather"]))

    (demo.root / RULE).write_text(FAILING + " and false")
    demo.assay("up")
    demo.succeeded(demo.run_zone(ZONE))
    assert demo.gold_by_day(ZONE) == expected(demo)


def wait_for_message(demo: Checkout, text: str, before: int) -> None:
    """Until one of the zone's messages after the first `before` holds the text."""

    def is_there() -> bool:
        messages = demo.messages(ZONE)  # newest first
        return any(text in message for message in messages[: len(messages) - before])

    demo.until(is_there, 60, f"a message: {text}")


def newest_reason(demo: Checkout) -> str:
    """Why the zone's newest release is refused, as the release ledger says."""
    rows = demo.sql("select reason from LOCAL_WEATHER.LEDGER.RELEASES order by created_at desc limit 1")
    return str(rows[0]["REASON"])
