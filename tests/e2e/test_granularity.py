"""A zone whose layers are built whole: the same rows and the same tests behind the same gateways.

How much faster that is, `make bench` measures (tests/benchmarks/granularity.py).
"""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from local.platform.airflow_client import Run
from tests.benchmarks.granularity import by_layer
from tests.benchmarks.platform_run import moment
from tests.checkout import Checkout

pytestmark = pytest.mark.e2e

ZONE = "flights"
LAYERS = ("seeds", "sources", "bronze", "silver", "gold")
DONE = re.compile(r"Done\. PASS=(\d+) WARN=(\d+) ERROR=(\d+) SKIP=(\d+) ")
HOOKS = re.compile(r"Finished running .*?(\d+) project hooks?\b")
TABLES = "select table_schema || '.' || table_name as name from LOCAL_FLIGHTS.INFORMATION_SCHEMA.TABLES " \
    "where table_schema in ('BRONZE', 'SILVER', 'GOLD') order by 1"  # fmt: skip


def counts(demo: Checkout, done: Run) -> tuple[int, ...]:
    """What dbt counted in all tasks of a run, without its hooks: passed, warned, failed, skipped."""
    counted = [0, 0, 0, 0]
    for task in demo.tasks(done).values():
        if task["task_id"].split(".")[0] in LAYERS:
            said = demo.airflow.log(ZONE, done.run_id, task["task_id"], task["try_number"])
            found = DONE.search(said)
            assert found, said[-1000:]
            counted = [total + int(number) for total, number in zip(counted, found.groups(), strict=True)]
            hooks = HOOKS.search(said)
            assert hooks, said[-1000:]
            counted[0] -= int(hooks[1])
    return tuple(counted)


def rows(demo: Checkout) -> dict[str, int]:
    return {row["NAME"]: demo.count(f"LOCAL_FLIGHTS.{row['NAME']}") for row in demo.sql(TABLES)}


def test_a_layer_in_one_pod_has_the_same_rows_and_tests_behind_the_same_gateways(demo: Checkout) -> None:
    # Everything is built in both: what is new in the other zone is in both, and nothing new would build nothing.
    counted = counts(demo, demo.succeeded(demo.run_zone(ZONE, full_refresh=True)))
    before = rows(demo)
    with by_layer(demo):
        done = demo.succeeded(demo.run_zone(ZONE, full_refresh=True))
    states = demo.tasks(done)
    assert {name for name in states if name.endswith(".build")} == {
        "seeds.build", "bronze.build", "silver.build", "gold.build",
    }  # fmt: skip
    for earlier, later in pairwise(("seeds", "bronze", "silver", "gold")):
        assert moment(states[f"{earlier}.build"]["end_date"]) <= moment(states[f"{later}.build"]["start_date"])
    assert rows(demo) == before
    assert counts(demo, done) == counted
