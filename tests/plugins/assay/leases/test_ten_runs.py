"""Ten runs of a zone started at once, some of them killed: each candidate is of one run, and what is live is exact."""

from __future__ import annotations

import random
import threading
from collections import Counter

import pytest

from assay.leases import RunLease, ZoneIsTaken
from assay.releases.ledger import ReleaseLedger
from assay.releases.lifecycle import ReleaseRefused, Releases
from assay.warehouse import WarehouseError
from assay.zones import ServiceRole, Zone
from assay.zones.readers import GoldReaders, gold_readers
from tests.plugins.assay.conftest import Account, provision

pytestmark = pytest.mark.core

ZONE, RUNS, ROWS = "weather", 10, 3


class Killed(Exception):
    """The run's process is gone, and Airflow says that the run has ended."""


@pytest.mark.parametrize("seed", [1, 2])
def test_ten_runs_at_once_publish_whole_candidates_one_after_another(
    account: Account, zones: list[Zone], seed: int
) -> None:
    provisioned = provision(account, [zone for zone in zones if zone.zone == ZONE])
    names, zone = provisioned.names(ZONE), provisioned.zone(ZONE)
    running, chance, errors = {f"run{number}" for number in range(RUNS)}, random.Random(seed), []
    dies_at = {run: chance.choice((None, None, 1, 2, 3)) for run in sorted(running)}
    logins = {
        run: (
            provisioned.login_as(ZONE, ServiceRole.PUBLISHER),
            provisioned.login_as(ZONE, ServiceRole.TRANSFORMER),
        )
        for run in dies_at
    }
    together, ended = threading.Barrier(RUNS), threading.Condition()

    def today() -> GoldReaders:
        return gold_readers(zone, provisioned.environment, provisioned.zones)

    def attempt(run: str) -> None:
        publisher, transformer = logins[run]
        lease = RunLease(names, run, running.__contains__)
        steps = iter(range(1, 9))

        def write(step: int) -> None:
            lease.take(publisher)
            if dies_at[run] == step:
                raise Killed

        write(next(steps))
        releases = Releases(lease.fenced(publisher), names, today)
        candidate = releases.begin(run, None, "airflow")
        for table in ("hourly_weather", "daily_weather"):
            write(next(steps))
            rows = ", ".join(f"('{run}')" for _ in range(ROWS))
            transformer.execute(
                f"create or replace table {names.schema('GOLD_NEXT')}.{table} copy grants as "
                f"select column1 as run from values {rows}"
            )
        write(next(steps))
        releases.publish(candidate.release_id, run, "airflow")

    def whole(run: str) -> None:
        together.wait()
        try:
            while True:
                try:
                    return attempt(run)
                except ZoneIsTaken:
                    with ended:  # as a task that gives its slot back: until a run has ended
                        ended.wait(1)
        except Killed:
            return
        except (ReleaseRefused, WarehouseError) as error:
            errors.append((run, error))
        finally:
            running.discard(run)
            with ended:
                ended.notify_all()

    threads = [threading.Thread(target=whole, args=(run,)) for run in dies_at]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    survivors = {run for run, step in dies_at.items() if step is None}
    publisher, _ = logins["run0"]
    statuses = Counter(
        each.status.value for each in ReleaseLedger(publisher, names).releases() if each.run_id in survivors
    )
    assert statuses == {"published": 1, "superseded": len(survivors) - 1}
    live = next(each.run_id for each in ReleaseLedger(publisher, names).releases() if each.status == "published")
    for table in ("hourly_weather", "daily_weather"):
        rows = publisher.execute(f"select run from {names.schema('GOLD')}.{table}")
        assert [row["run"] for row in rows] == [live] * ROWS, "a candidate was mixed"
