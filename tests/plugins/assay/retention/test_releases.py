"""Old releases, their events and dbt's results of nodes that are gone go; what is live or kept for a rollback stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRescheduleException

from assay.leases import RunLease, ZoneIsTaken
from assay.leases.tasks import held_as, run_of
from assay.releases.ledger import Release, Status
from assay.releases.lifecycle import Releases
from assay.retention import Removed
from assay.retention.dag import TidyOperator
from assay.retention.releases import tidy_releases
from assay.retention.rules import releases_over
from assay.warehouse import Warehouse
from assay.zones import Keep, ServiceRole
from tests.plugins.assay.releases.conftest import GoldZone, gold

__all__ = ["gold"]

KEEP = Keep(refused=timedelta(days=5), ledger=timedelta(days=40))
NOW = datetime(2026, 1, 1)
MANIFEST = {"nodes": {"model.assay.kept": {}, "test.assay.t": {"alias": "DBT_TEST__t"}}}


def release(name: str, run: str, status: Status, days: float, replaces: str | None = None) -> Release:
    then = NOW - timedelta(days=days)
    ended = None if status in (Status.CANDIDATE, Status.PUBLISHED) else then
    return Release(name, "weather", status, run, None, replaces, then, None, ended, None, None, {})


def test_nothing_that_is_needed_goes_in_any_history() -> None:
    for seed in range(300):
        chance = Random(seed)
        history = [
            release(
                f"R{number}", f"run{chance.randrange(8)}", chance.choice(list(Status)), chance.uniform(0, 90),
                f"R{chance.randrange(10)}",
            )
            for number in range(10)
        ]  # fmt: skip
        live, previous = (f"R{chance.randrange(10)}" for _ in range(2))
        over = set(releases_over(history, {live, previous, None}, KEEP.ledger, NOW))
        assert not over & {live, previous}
        by_run: dict[str, set[str]] = {}
        for each in history:
            by_run.setdefault(each.run_id, set()).add(each.release_id)
            if each.release_id in over:
                assert each.status not in (Status.CANDIDATE, Status.PUBLISHED)
                assert each.created_at <= NOW - KEEP.ledger
                assert not any(
                    other.status is Status.CANDIDATE and other.replaces == each.release_id for other in history
                )
        assert all(not run & over or run <= over for run in by_run.values()), "attempts of a run are counted"
        newest = max(history, key=lambda each: each.created_at)
        assert newest.release_id not in over


def test_releases_events_and_results_are_bounded_and_a_rollback_still_works(gold: GoldZone) -> None:
    for number in range(6):
        gold.release(f"run{number}", number)
    gold.begin("open")
    names, admin = gold.names, gold.provisioned.account.admin()
    for node, invocation in (("model.assay.gone", "a"), ("model.assay.kept", "b"), ("model.assay.kept", "c")):
        gold.transformer.execute(
            f"insert into {names.ledger}.node_results select '{node}', 'success', '{invocation}', 'run1', 'c0ffee', "
            f"'', 0, sysdate()"
        )
    for name in ("DBT_TEST__t", "DBT_TEST__gone", "weather"):
        gold.transformer.execute(f"create table {names.schema('quarantine')}.{name} (a varchar)")
    now: datetime = admin.execute("select sysdate() as now")[0]["now"]

    def events() -> set[str]:
        rows = admin.execute(f"select distinct release_id from {names.ledger}.release_events")
        return {row["release_id"] for row in rows}

    before = gold.statuses(), events()
    releases = Releases(gold.publisher, names, gold.readers)
    assert tidy_releases(releases, gold.publisher, names, KEEP, MANIFEST, now)["releases"] == 0
    assert (gold.statuses(), events()) == before
    later = now + timedelta(days=41)
    removed = tidy_releases(releases, gold.publisher, names, KEEP, MANIFEST, later)
    assert (removed["releases"], removed["test_tables"]) == (4, 1)
    left = admin.execute(
        f"select table_name from {names.database}.information_schema.tables where table_schema = 'QUARANTINE'"
    )
    assert {row["table_name"] for row in left} == {"DBT_TEST__T", "WEATHER"}
    assert set(gold.statuses()) == {"run4", "run5", "open"}
    assert len(events()) == 3
    nodes = admin.execute(f"select node_id, invocation_id from {names.ledger}.node_results")
    assert [(row["node_id"], row["invocation_id"]) for row in nodes] == [("model.assay.kept", "c")]
    again = tidy_releases(releases, gold.publisher, names, KEEP, MANIFEST, later)
    assert set(again.values()) == {0}
    assert gold.releases().rollback("wrong", "anna", "op").run_id == "run4"
    assert gold.hours() == [4]


def test_a_run_and_housekeeping_exclude_each_other(gold: GoldZone) -> None:
    running = {("weather", "run1"), ("platform_housekeeping", "scheduled__1")}

    def lease(dag_id: str, run_id: str) -> RunLease:
        return RunLease(gold.names, held_as(dag_id, run_id), lambda holder: run_of(holder, "weather") in running)

    housekeeping, run = lease("platform_housekeeping", "scheduled__1"), lease("weather", "run1")
    publisher, loader = gold.publisher, gold.provisioned.login_as("weather", ServiceRole.LOADER)
    run.take(publisher)
    refuses(housekeeping, loader)
    running.remove(("weather", "run1"))
    housekeeping.take(loader)
    running.add(("weather", "run1"))
    refuses(run, publisher)
    housekeeping.give_back(loader)
    run.take(publisher)
    housekeeping.give_back(loader)
    refuses(housekeeping, loader)


def test_the_task_waits_for_a_run_and_gives_the_lease_back(
    gold: GoldZone, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its loads are a matter of test_housekeeping.py: here no S3 is beside the warehouse."""
    gold.release("run1", 1)
    (tmp_path / "manifest.json").write_text('{"metadata": {"project_name": "assay"}, "nodes": {"model.assay.m": {}}}')
    settings: Any = SimpleNamespace(
        environment=gold.names.environment, dags_folder=root / "dags", manifest=tmp_path / "manifest.json",
        dbt=SimpleNamespace(dbt_project_name="assay"),
    )  # fmt: skip
    running = [("weather", "scheduled__1")]

    class Instance:
        dag_id = "platform_housekeeping"

        def get_dr_count(self, dag_id: str, run_ids: list[str], states: list[str]) -> int:
            return int((dag_id, run_ids[0]) in running)

    @contextmanager
    def login(connection_id: str) -> Iterator[Warehouse]:
        yield gold.provisioned.login_as("weather", ServiceRole(connection_id.rpartition("_")[2]))

    def holder() -> Any:
        rows = gold.publisher.execute(
            f"select run_id, ends_at <= sysdate() as over from {gold.names.ledger}.run_lease where zone = 'weather'"
        )
        return tuple(rows[0].values())

    held: list[Any] = []
    monkeypatch.setattr("assay.leases.tasks.airflow_warehouse", login)
    nothing = Removed((), (), (), 0, 0, 0, 0)
    monkeypatch.setattr("assay.retention.dag.tidy", lambda *_: held.append(holder()) or nothing)
    RunLease(gold.names, "scheduled__1", lambda _: False).take(gold.publisher)
    task = TidyOperator(task_id="weather", settings=settings)
    context: Any = {"ti": Instance(), "run_id": "scheduled__1"}
    with pytest.raises(AirflowRescheduleException):
        task.execute(context)
    assert held == []
    running.clear()
    assert task.execute(context)["releases"] == 0
    assert held == [("platform_housekeeping/scheduled__1", False)]
    assert holder() == ("platform_housekeeping/scheduled__1", True)


def refuses(lease: RunLease, login: object) -> None:
    try:
        lease.take(login)  # type: ignore[arg-type]
    except ZoneIsTaken:
        return
    raise AssertionError("it was given the lease beside another")
