"""dbt builds nothing before its run holds the zone's lease alone, and says why in words that its task knows."""

from __future__ import annotations

from assay.leases import NOT_HELD

from .conftest import Pod, Warehouse

HELD = {"ASSAY_LEASE_SECONDS": "3600"}


def test_a_pod_builds_nothing_before_its_run_holds_the_lease_alone(pod: Pod, warehouse: Warehouse) -> None:
    def begun(run_id: str) -> int:
        rows = warehouse.query(f"select count(*) from LOCAL_FLIGHTS.LEDGER.NODE_RESULTS where run_id = '{run_id}'")
        return int(rows[0][0])

    def held_by(run_id: str, alone_since: str) -> None:
        warehouse.query("delete from LOCAL_FLIGHTS.LEDGER.RUN_LEASE")
        warehouse.query(
            "insert into LOCAL_FLIGHTS.LEDGER.RUN_LEASE (zone, run_id, taken_at, renewed_at, ends_at, alone_since) "
            f"select 'flights', '{run_id}', sysdate(), sysdate(), dateadd(hour, 1, sysdate()), {alone_since}"
        )

    def refused(why: str) -> None:
        ended = pod("flights", "seed", ASSAY_RUN_ID="lease_run_2", **HELD)
        assert ended.code != 0
        assert f"flights: run lease_run_2 {NOT_HELD} alone: {why}. It waits for its turn." in ended.output
        assert not begun("lease_run_2")

    warehouse.query("delete from LOCAL_FLIGHTS.LEDGER.RUN_LEASE")
    refused("no run does")
    held_by("lease_run_1", "sysdate()")
    first = pod("flights", "seed", ASSAY_RUN_ID="lease_run_1", **HELD)
    assert first.code == 0, first.output
    assert begun("lease_run_1")
    refused("run lease_run_1 does")
    held_by("lease_run_2", "null")
    refused("pods of other runs may be left")
    held_by("lease_run_2", "sysdate()")
    assert pod("flights", "seed", ASSAY_RUN_ID="lease_run_2", **HELD).code == 0
    for owner, held in (("lease_run_1", "the candidate of run lease_run_1"), (None, "no candidate")):
        value = f"'{owner}'" if owner else "null"
        warehouse.query(f"update LOCAL_FLIGHTS.LEDGER.RUN_LEASE set candidate_of = {value}")
        gold = pod("flights", "run", "--select", "fleet_age", ASSAY_RUN_ID="lease_run_2", **HELD)
        assert gold.code != 0
        assert f"flights: GOLD_NEXT holds {held}, not of run lease_run_2. Clear release.candidate" in gold.output
    warehouse.query("delete from LOCAL_FLIGHTS.LEDGER.RUN_LEASE")
