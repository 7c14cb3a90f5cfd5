"""One run of a zone writes at a time; a run that is gone loses the lease, and what it writes late is undone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from assay import settings as environments
from assay.leases import LASTS, LeaseLost, RunLease, ZoneIsTaken
from assay.warehouse import Warehouse
from assay.zones import ServiceRole, Zone
from tests.plugins.assay.conftest import Account, Provisioned, provision

pytestmark = pytest.mark.core

ZONE = "weather"


@pytest.fixture
def provisioned(account: Account, zones: list[Zone]) -> Provisioned:
    return provision(account, [zone for zone in zones if zone.zone == ZONE])


@pytest.fixture
def login(provisioned: Provisioned) -> Callable[[], Warehouse]:
    return lambda: provisioned.login_as(ZONE, ServiceRole.LOADER)


@pytest.fixture
def running() -> set[str]:
    """The runs that Airflow says are running."""
    return set()


@pytest.fixture
def lease(provisioned: Provisioned, running: set[str]) -> Callable[[str], RunLease]:
    return lambda run_id: RunLease(provisioned.names(ZONE), run_id, running.__contains__)


def test_a_second_run_waits_as_long_as_the_first_is_running(
    login: Callable[[], Warehouse], lease: Callable[[str], RunLease], running: set[str]
) -> None:
    first, second = login(), login()
    running |= {"run1", "run2"}
    lease("run1").take(first)
    for _ in range(2):
        with pytest.raises(ZoneIsTaken, match=r"run run1 writes in the zone now\. Run run2 waits until"):
            lease("run2").take(second)
        lease("run1").take(first)
    running.remove("run1")
    lease("run2").take(second)
    with pytest.raises(ZoneIsTaken, match="run run2 writes"):
        lease("run1").take(first)


def test_a_lease_ends_by_itself_where_airflow_does_not_answer_for_it(
    provisioned: Provisioned, login: Callable[[], Warehouse], lease: Callable[[str], RunLease], running: set[str]
) -> None:
    running |= {"run1", "run2"}
    warehouse = login()
    lease("run1").take(warehouse)
    warehouse.execute(f"update {provisioned.names(ZONE).ledger}.run_lease set ends_at = sysdate()")
    lease("run2").take(warehouse)


def test_what_a_run_writes_after_another_took_over_is_undone(
    provisioned: Provisioned, login: Callable[[], Warehouse], lease: Callable[[str], RunLease], running: set[str]
) -> None:
    table = provisioned.names(ZONE).schema("landing.rows")
    late, warehouse = login(), login()
    lease("run1").take(late)
    late.execute(f"create table {table} (run varchar)")
    fenced = lease("run1").fenced(late)
    with fenced.transaction():
        fenced.execute(f"insert into {table} select 'run1, in time'")
    lease("run2").take(warehouse)
    running.add("run2")
    with pytest.raises(LeaseLost, match="run run2 has taken over from run1"), fenced.transaction():
        fenced.execute(f"insert into {table} select 'run1, too late'")
    assert [row["run"] for row in warehouse.execute(f"select run from {table}")] == ["run1, in time"]


def test_a_run_is_alone_once_the_pods_of_others_are_gone_and_asks_again_after_each_change_of_hands(
    login: Callable[[], Warehouse], lease: Callable[[str], RunLease], running: set[str]
) -> None:
    warehouse, left, asked = login(), ["daily-x1"], []

    def end_others() -> list[str]:
        asked.append(1)
        return left

    lease("run1").take(warehouse)
    for _ in range(2):  # as a run that was killed before it was recorded
        with pytest.raises(ZoneIsTaken, match=r"pods of other runs have not ended yet: daily-x1\. Run run1 waits"):
            lease("run1").be_alone(warehouse, end_others)
    left.clear()
    for _ in range(3):
        lease("run1").take(warehouse)
        lease("run1").be_alone(warehouse, end_others)
    assert len(asked) == 3
    lease("run2").take(warehouse)
    lease("run1").take(warehouse)
    lease("run1").be_alone(warehouse, end_others)
    assert len(asked) == 4


def test_a_run_that_loses_the_lease_while_it_ends_pods_is_not_alone(
    login: Callable[[], Warehouse], lease: Callable[[str], RunLease]
) -> None:
    warehouse = login()

    def taken_over() -> list[str]:
        lease("run2").take(login())
        return []

    lease("run1").take(warehouse)
    with pytest.raises(LeaseLost, match="run run2 has taken over from run1"):
        lease("run1").be_alone(warehouse, taken_over)
    asked: list[int] = []
    lease("run2").be_alone(warehouse, lambda: asked.append(1) or [])  # type: ignore[func-returns-value]
    assert asked, "what run1 has seen is not run2's"


def test_of_ten_runs_that_ask_at_the_same_moment_one_gets_it(
    login: Callable[[], Warehouse], lease: Callable[[str], RunLease], running: set[str]
) -> None:
    logins = [login() for _ in range(10)]
    running |= {f"run{number}" for number in range(10)}
    together, got = threading.Barrier(10), []

    def ask(number: int) -> None:
        together.wait()
        try:
            lease(f"run{number}").take(logins[number])
        except ZoneIsTaken:
            return
        got.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
def test_no_run_outlives_the_lease_of_its_first_task(root: Path, environment: str) -> None:
    assert environments.load(root / "dags", environment).airflow.dag.dagrun_timeout <= LASTS
