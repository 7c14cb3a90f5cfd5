"""The lease of a zone: who may write, how another run gets it, and how a run that has lost it is kept from writing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from assay.errors import AssayError
from assay.leases.statements import end_statements
from assay.sql import templates
from assay.warehouse import Row, Warehouse
from assay.zones import ZoneNames

render = templates(__file__)

LASTS = timedelta(hours=12)
"""After the last task of its run began to write. A run that is alive is shorter (`dagrun_timeout`); one that has ended
loses the lease at once, because Airflow is asked."""


NOT_HELD = "does not hold the zone's lease"
"""Part of what dbt says when its run must not build now (dbt/macros/platform/hold_run_lease.sql)."""


class ZoneIsTaken(AssayError):
    """Another run writes in the zone, or a pod of it has not ended. Waiting helps."""


class LeaseLost(AssayError):
    """Another run has taken the lease since this one did: nothing of the transaction is kept."""


class RunLease:
    """The lease of a zone as one run sees it.

    `is_running` says whether a run, by its id, is running in Airflow. A run that is queued, has ended or is not known
    does not write, and the lease is taken from it.
    """

    def __init__(self, names: ZoneNames, run_id: str, is_running: Callable[[str], bool]) -> None:
        self._names = names
        self._run_id = run_id
        self._is_running = is_running

    def take(self, warehouse: Warehouse) -> None:
        """Take or renew the lease, in one statement where it is free or this run's. Raises ZoneIsTaken.

        Snowflake lets one MERGE at a time change the row, and the next one sees what it has changed.
        """
        if self._merge(warehouse):
            return
        holder = self._holder(warehouse)
        if not self._is_running(holder) and self._merge(warehouse, instead_of=holder):
            return
        raise ZoneIsTaken(
            f"{self._names.zone}: run {self._holder(warehouse)} writes in the zone now. Run {self._run_id} waits until "
            "that one has ended."
        )

    def be_alone(self, warehouse: Warehouse, end_others: Callable[[], Sequence[str]]) -> None:
        """Make sure, once after the lease has changed hands, that nothing of another run still writes in the zone.

        `end_others` ends its pods and returns the names of those that are not gone yet. Then what they have sent is
        cancelled. Raises ZoneIsTaken as long as there is any of it, and LeaseLost when another run has taken the lease
        meanwhile. A run that is killed in between asks again: dbt builds nothing before this is recorded.
        """
        row = self._row(warehouse)
        if row is not None and row["run_id"] == self._run_id and row["alone_since"] is not None:
            return
        if left := end_others():
            raise ZoneIsTaken(
                f"{self._names.zone}: pods of other runs have not ended yet: {', '.join(left)}. Run {self._run_id} "
                "waits until Kubernetes has ended them; if their node is lost, remove the node."
            )
        if left := end_statements(warehouse, self._names, lambda tag: tag.get("run") != self._run_id):
            raise ZoneIsTaken(
                f"{self._names.zone}: statements of other runs have been cancelled and have not ended yet: "
                f"{', '.join(left)}. Run {self._run_id} waits until they have."
            )
        warehouse.execute(
            render("alone", ledger=self._names.ledger), {"zone": self._names.zone, "run_id": self._run_id}
        )
        if self._holder(warehouse) != self._run_id:
            raise self._lost(warehouse)

    @contextmanager
    def cutting_candidate(self, warehouse: Warehouse) -> Iterator[None]:
        """Inside, the candidate is cut: until that has been done dbt builds gold for no run, and then for this one."""
        self._candidate_of(None, warehouse)
        yield
        self._candidate_of(self._run_id, warehouse)

    def _candidate_of(self, run_id: str | None, warehouse: Warehouse) -> None:
        warehouse.execute(
            render("candidate", ledger=self._names.ledger),
            {"zone": self._names.zone, "run_id": self._run_id, "candidate_of": run_id},
        )

    def give_back(self, warehouse: Warehouse) -> None:
        """Let another run take the lease at once. Nothing changes when another has it already."""
        warehouse.execute(
            render("give_back", ledger=self._names.ledger), {"zone": self._names.zone, "run_id": self._run_id}
        )

    def fenced(self, warehouse: Warehouse) -> Warehouse:
        """The same login, whose transactions are kept only if the run still holds the lease when they end."""
        return _Fenced(warehouse, self._renew)

    def _renew(self, warehouse: Warehouse) -> None:
        if not self._merge(warehouse):
            raise self._lost(warehouse)

    def _lost(self, warehouse: Warehouse) -> LeaseLost:
        return LeaseLost(
            f"{self._names.zone}: run {self._holder(warehouse)} has taken over from {self._run_id}, which must not "
            "write any more."
        )

    def _merge(self, warehouse: Warehouse, instead_of: str | None = None) -> bool:
        """Whether the run holds the lease now. `instead_of` names the run that it may be taken from."""
        rows = warehouse.execute(
            render("take", ledger=self._names.ledger),
            {
                "zone": self._names.zone,
                "run_id": self._run_id,
                "instead_of": instead_of,
                "seconds": int(LASTS.total_seconds()),
            },
        )
        return sum(int(count) for count in rows[0].values()) > 0

    def _holder(self, warehouse: Warehouse) -> str:
        row = self._row(warehouse)
        return str(row["run_id"]) if row else ""

    def _row(self, warehouse: Warehouse) -> Row | None:
        rows = warehouse.execute(render("holder", ledger=self._names.ledger), {"zone": self._names.zone})
        return rows[0] if rows else None


class _Fenced:
    """A login that looks at the lease last in each transaction: until the commit no other run can take it."""

    def __init__(self, warehouse: Warehouse, renew: Callable[[Warehouse], None]) -> None:
        self._warehouse = warehouse
        self._renew = renew

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        return self._warehouse.execute(sql, params)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._warehouse.transaction():
            yield
            self._renew(self._warehouse)
