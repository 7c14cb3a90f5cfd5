"""dbt builds nothing while another run writes in the zone, and says which one in words that its task knows."""

from __future__ import annotations

from assay.leases import TAKEN

from .conftest import Pod, Warehouse

HELD = {"ASSAY_LEASE_SECONDS": "3600"}


def test_a_pod_of_a_second_run_builds_nothing_until_the_first_has_let_go(pod: Pod, warehouse: Warehouse) -> None:
    def begun(run_id: str) -> int:
        rows = warehouse.query(f"select count(*) from LOCAL_FLIGHTS.LEDGER.NODE_RESULTS where run_id = '{run_id}'")
        return int(rows[0][0])

    first = pod("flights", "seed", ASSAY_RUN_ID="lease_run_1", **HELD)
    assert first.code == 0, first.output
    second = pod("flights", "seed", ASSAY_RUN_ID="lease_run_2", **HELD)
    assert second.code != 0
    assert f"flights: run lease_run_1 {TAKEN}. Run lease_run_2 waits until that one has ended." in second.output
    assert begun("lease_run_1")
    assert not begun("lease_run_2")
    warehouse.query("update LOCAL_FLIGHTS.LEDGER.RUN_LEASE set ends_at = sysdate()")
    assert pod("flights", "seed", ASSAY_RUN_ID="lease_run_2", **HELD).code == 0
    warehouse.query("update LOCAL_FLIGHTS.LEDGER.RUN_LEASE set ends_at = sysdate()")
