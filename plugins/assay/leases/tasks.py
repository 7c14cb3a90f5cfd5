"""How a task of a zone's run gets a login that it may write with."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowRescheduleException

from assay.leases.lease import LeaseLost, RunLease, ZoneIsTaken
from assay.settings_files import KubernetesFile
from assay.warehouse import Warehouse, WarehouseError, airflow_warehouse
from assay.zones import ServiceRole, ZoneNames

LOOK_AGAIN = timedelta(seconds=20)

log = logging.getLogger(__name__)


def of_platform(dag_id: str) -> bool:
    """Whether it is no zone's DAG. No zone may be called so (zones/allowed.py)."""
    return dag_id.startswith("platform_")


def held_as(dag_id: str, run_id: str) -> str:
    """What the lease calls its holder: a zone's run by its id, a run of another DAG with that DAG's name before it."""
    return f"{dag_id}/{run_id}" if of_platform(dag_id) else run_id


def run_of(holder: str, zone_dag: str) -> tuple[str, str]:
    """The DAG and the run that hold a lease."""
    dag_id, slash, run_id = holder.partition("/")
    return (dag_id, run_id) if slash and of_platform(dag_id) else (zone_dag, holder)


def _give_back(lease: RunLease, warehouse: Warehouse) -> None:
    try:
        lease.give_back(warehouse)
    except WarehouseError as error:  # the lease ends with the run, and the task's own error is the one to show
        log.warning("The lease was not given back: %s", error)


@contextmanager
def writing(
    names: ZoneNames, service_role: ServiceRole, context: Context, *, alone: KubernetesFile | None = None
) -> Iterator[Warehouse]:
    """A login of a service user of the zone, as soon as the task's run may write there.

    While another run does, the task gives its slot back and is started again a little later, as often as it takes; so
    it does when its run loses the lease on the way, and what it has written in a transaction is undone.

    `alone` says where the zone's pods run: those of other runs are ended first. What dbt builds needs that, and what
    lands does not, because each run lands in tables and folders of its own.
    """
    lease = lease_of(names, context)
    with airflow_warehouse(names.connection(service_role)) as warehouse:
        try:
            lease.take(warehouse)
            if alone is not None:
                lease.be_alone(warehouse, lambda: _end_other_runs(alone, names.zone, context["run_id"]))
            try:
                yield lease.fenced(warehouse)
            finally:
                if of_platform(context["ti"].dag_id):  # its run goes on for other zones
                    _give_back(lease, warehouse)
        except (ZoneIsTaken, LeaseLost) as taken:
            log.info("%s", taken)
            raise AirflowRescheduleException(datetime.now(UTC) + LOOK_AGAIN) from taken  # type: ignore[no-untyped-call]


def lease_of(names: ZoneNames, context: Context) -> RunLease:
    """Return the zone's lease as the task's run sees it; Airflow knows which runs are running."""

    ti = context["ti"]

    def is_running(holder: str) -> bool:
        dag_id, run_id = run_of(holder, names.zone if of_platform(ti.dag_id) else ti.dag_id)
        return ti.get_dr_count(dag_id=dag_id, run_ids=[run_id], states=["running"]) > 0

    return RunLease(names, held_as(ti.dag_id, context["run_id"]), is_running)


def _end_other_runs(k8s: KubernetesFile, zone: str, run_id: str) -> list[str]:
    from assay.leases.pods import end_other_runs  # the Kubernetes client: only where the lease has changed hands

    return end_other_runs(k8s, zone, run_id)
