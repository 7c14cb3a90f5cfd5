"""How a task of a zone's run gets a login that it may write with."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowRescheduleException

from assay.leases.lease import LeaseLost, RunLease, ZoneIsTaken
from assay.settings_files import KubernetesFile
from assay.warehouse import Warehouse, airflow_warehouse
from assay.zones import Duty, ZoneNames

LOOK_AGAIN = timedelta(seconds=20)

log = logging.getLogger(__name__)


@contextmanager
def writing(
    names: ZoneNames, duty: Duty, context: Context, *, alone: KubernetesFile | None = None
) -> Iterator[Warehouse]:
    """A login of a service user of the zone, as soon as the task's run may write there.

    While another run does, the task gives its slot back and is started again a little later, as often as it takes; so
    it does when its run loses the lease on the way, and what it has written in a transaction is undone.

    `alone` says where the zone's pods run: those of other runs are ended first. What dbt builds needs that, and what
    lands does not, because each run lands in tables and folders of its own.
    """
    lease = lease_of(names, context)
    with airflow_warehouse(names.connection(duty)) as warehouse:
        try:
            lease.take(warehouse)
            if alone is not None:
                lease.be_alone(warehouse, lambda: _end_other_runs(alone, names.zone, context["run_id"]))
            yield lease.fenced(warehouse)
        except (ZoneIsTaken, LeaseLost) as taken:
            log.info("%s", taken)
            raise AirflowRescheduleException(datetime.now(UTC) + LOOK_AGAIN) from taken  # type: ignore[no-untyped-call]


def lease_of(names: ZoneNames, context: Context) -> RunLease:
    """Return the zone's lease as the task's run sees it; Airflow knows which runs are running."""

    def is_running(run_id: str) -> bool:
        ti = context["ti"]
        return ti.get_dr_count(dag_id=ti.dag_id, run_ids=[run_id], states=["running"]) > 0

    return RunLease(names, context["run_id"], is_running)


def _end_other_runs(k8s: KubernetesFile, zone: str, run_id: str) -> list[str]:
    from assay.leases.pods import end_other_runs  # the Kubernetes client: only where the lease has changed hands

    return end_other_runs(k8s, zone, run_id)
