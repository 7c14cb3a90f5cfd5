"""A zone whose layers are built whole: the same rows and the same tests, in less than half the time."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from local.airflow_client import Run
from tests.benchmarks.platform_run import moment
from tests.e2e.conftest import Checkout

pytestmark = pytest.mark.e2e

ZONE = "flights"
LAYERS = ("seeds", "sources", "bronze", "silver", "gold")
DONE = re.compile(r"Done\. PASS=(\d+) WARN=(\d+) ERROR=(\d+) SKIP=(\d+) NO-OP=\d+ TOTAL=\d+")
TABLES = "select table_schema || '.' || table_name as name from LOCAL_FLIGHTS.INFORMATION_SCHEMA.TABLES " \
    "where table_schema in ('BRONZE', 'SILVER', 'GOLD') order by 1"  # fmt: skip


def run(demo: Checkout) -> tuple[Run, float, tuple[int, ...]]:
    """A run with nothing new to load, the seconds from its first dbt task to its last, and what dbt counted in them."""
    done = demo.run_zone(ZONE)
    assert done.state == "success"
    tasks = [task for task in demo.tasks(done).values() if task["task_id"].split(".")[0] in LAYERS]
    seconds = max(moment(task["end_date"]) for task in tasks) - min(moment(task["start_date"]) for task in tasks)
    counted = [0, 0, 0, 0]
    for task in tasks:
        said = demo.airflow.log(ZONE, done.run_id, task["task_id"], task["try_number"])
        found = DONE.search(said)
        assert found, said[-1000:]
        counted = [total + int(number) for total, number in zip(counted, found.groups(), strict=True)]
    return done, seconds, tuple(counted)


def rows(demo: Checkout) -> dict[str, int]:
    return {row["NAME"]: demo.count(f"LOCAL_FLIGHTS.{row['NAME']}") for row in demo.sql(TABLES)}


def test_a_layer_in_one_pod_is_twice_as_fast_with_the_same_rows_and_tests(demo: Checkout) -> None:
    _, by_model, counted = run(demo)
    before = rows(demo)
    path = demo.root / "dags" / "zones" / ZONE / "zone.yml"
    text = path.read_text()
    path.write_text(text + "\ngranularity: {bronze: layer, silver: layer, gold: layer}\n")
    try:
        demo.until(lambda: "gold.build" in task_ids(demo), 120, "Airflow knows the coarser DAG")
        done, by_layer, counted_by_layer = run(demo)
    finally:
        path.write_text(text)
        demo.until(lambda: "gold.build" not in task_ids(demo), 120, "Airflow knows the finer DAG again")
    states = demo.tasks(done)
    assert {name for name in states if name.endswith(".build")} == {
        "seeds.build", "bronze.build", "silver.build", "gold.build",
    }  # fmt: skip
    for earlier, later in pairwise(("seeds", "bronze", "silver", "gold")):
        assert moment(states[f"{earlier}.build"]["end_date"]) <= moment(states[f"{later}.build"]["start_date"])
    assert rows(demo) == before
    assert counted_by_layer == counted
    assert by_layer * 2 <= by_model, f"{by_layer:.1f} s by layer, {by_model:.1f} s by model"


def task_ids(demo: Checkout) -> set[str]:
    return {task["task_id"] for task in demo.airflow.call("GET", f"dags/{ZONE}/tasks")["tasks"]}
