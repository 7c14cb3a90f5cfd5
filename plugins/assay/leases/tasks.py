"""How a task of a zone's run gets a login that it may write with."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowRescheduleException

from assay.leases.lease import LeaseLost, RunLease, ZoneIsTaken
from assay.warehouse import Warehouse, airflow_warehouse
from assay.zones import Duty, ZoneNames

LOOK_AGAIN = timedelta(seconds=20)

log = logging.getLogger(__name__)


@contextmanager
def writing(names: ZoneNames, duty: Duty, context: Context) -> Iterator[Warehouse]:
    """A login of a service user of the zone, as soon as the task's run may write there.

    While another run does, the task gives its slot back and is started again a little later, as often as it takes; so
    it does when its run loses the lease on the way, and what it has written in a transaction is undone.
    """

    def is_running(run_id: str) -> bool:
        ti = context["ti"]
        return ti.get_dr_count(dag_id=ti.dag_id, run_ids=[run_id], states=["running"]) > 0

    lease = RunLease(names, context["run_id"], is_running)
    with airflow_warehouse(names.connection(duty)) as warehouse:
        try:
            lease.take(warehouse)
            yield lease.fenced(warehouse)
        except (ZoneIsTaken, LeaseLost) as taken:
            log.info("%s", taken)
            raise AirflowRescheduleException(datetime.now(UTC) + LOOK_AGAIN) from taken  # type: ignore[no-untyped-call]
