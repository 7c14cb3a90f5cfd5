"""The demo on the images that our Dockerfiles make: every pod a container, the same rows as with processes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.checkout import Checkout, copy_checkout
from tests.containers import CONTAINERS
from tests.e2e.test_demo import EXPECTED, expected

pytestmark = [pytest.mark.e2e, pytest.mark.deep, pytest.mark.timeout(1800), *CONTAINERS]


@pytest.fixture(scope="module")
def contained(root: Path) -> Iterator[Checkout]:
    """A checkout after `make demo` on podman, over the stand-in for the images' base."""
    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        found = Checkout(Path(folder) / "assay")
        copy_checkout(root, found.root)
        try:
            found.run("env", "ASSAY_BASE_IMAGE=stand-in", "ASSAY_PODS=podman", "make", "demo")
            yield found
        finally:
            found.assay("down")


def test_every_pod_is_a_container(contained: Checkout) -> None:
    health = requests.get(f"{contained.endpoints.url('kubernetes')}/health", timeout=30).json()
    assert health["backend"] == "podman"


@pytest.mark.parametrize("zone", sorted(EXPECTED))
def test_gold_is_the_same_as_with_processes(contained: Checkout, zone: str) -> None:
    """tests/e2e/test_demo.py asks the same of a platform whose pods are processes."""
    days = contained.days()
    assert len(days) == 3
    assert contained.gold_by_day(zone) == expected(zone, days)


def test_every_task_ran_but_the_one_for_failures(contained: Checkout) -> None:
    for zone in EXPECTED:
        (run,) = contained.airflow.call("GET", f"dags/{zone}/dagRuns")["dag_runs"]
        states = contained.task_states(zone, run["dag_run_id"])
        assert {task for task, state in states.items() if state != "success"} == {"release.refuse"}
