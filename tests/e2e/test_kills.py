"""Any service can be killed in mid-run: it comes back, and the run or its retry completes."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.checkout import Checkout
from tests.e2e.data import flights_by_day, weather_by_day

pytestmark = [pytest.mark.e2e, pytest.mark.deep]

OF_WEATHER = {
    "the warehouse": ["warehouse"],
    "the pods' server": ["kubernetes"],
    "the scheduler": ["airflow-scheduler"],
    "what Airflow leans on": ["aws", "postgres", "inbox"],
    "the rest of Airflow": ["airflow-api-server", "airflow-dag-processor", "airflow-triggerer"],
}
"""Services killed in one run, one at a time: each is back before the next is killed."""

OF_FLIGHTS = {"flights_api": "ingest.flights_api", "airbyte": "ingest.flights_api"}


def kill(demo: Checkout, service: str) -> None:
    """kill -9 of the service's process, as the kernel does when memory runs out."""
    # Others that ask it for their health may not be well yet after the last kill.
    rows = {row["service"]: row for row in json.loads(demo.assay("status", "--json", check=False).stdout)["services"]}
    os.kill(rows[service]["pid"], signal.SIGKILL)
    before = rows[service]["restarts"]

    def is_back() -> bool:
        now = json.loads(demo.assay("status", "--json", check=False).stdout)["services"]
        row = next(each for each in now if each["service"] == service)
        return bool(row["state"] == "up" and row["restarts"] > before)

    demo.until(is_back, 120, f"{service} is up again")


def finish(demo: Checkout, zone: str, run_id: str) -> None:
    """The run succeeds by itself, or once its failed tasks are cleared."""
    airflow = demo.patient_airflow()
    run = airflow.wait_for_run(zone, run_id, 600)
    if run.state == "failed":
        airflow.clear(zone, run_id)
        demo.until(lambda: airflow.run(zone, run_id).state != "failed", 60, "the retry starts")
        run = airflow.wait_for_run(zone, run_id, 600)
    states = {task["task_id"]: task["state"] for task in airflow.tasks(zone, run_id)}
    assert run.state == "success", states


@pytest.mark.parametrize("services", OF_WEATHER.values(), ids=OF_WEATHER)
def test_a_killed_part_does_not_cost_a_row(demo: Checkout, services: list[str]) -> None:
    company = demo.company
    (day,) = company.next_days(1)
    company.live([day])
    run_id = demo.airflow.trigger("weather")
    demo.until(lambda: demo.has_ended("weather", run_id, "approve."), 300, "the day is approved")
    for service in services:
        kill(demo, service)
    finish(demo, "weather", run_id)
    assert demo.gold_by_day("weather") == {day: weather_by_day()[day] for day in demo.days()}


@pytest.mark.parametrize("service", sorted(OF_FLIGHTS))
def test_a_part_killed_while_it_is_read_does_not_cost_a_row(demo: Checkout, service: str) -> None:
    demo.company.live(demo.company.next_days(1))
    run_id = demo.airflow.trigger("flights")
    demo.until(lambda: demo.is_running("flights", run_id, OF_FLIGHTS[service]), 120, "the sync is under way")
    kill(demo, service)
    finish(demo, "flights", run_id)
    assert demo.gold_by_day("flights") == {day: flights_by_day()[day] for day in demo.days()}
