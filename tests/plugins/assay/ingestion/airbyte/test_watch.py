"""The clocks, without a clock: seconds are numbers here."""

from __future__ import annotations

import pytest

from assay.ingestion.airbyte.watch import Clocks, Decision, GiveUp, Job, Limits, Succeeded, Wait, watch

LIMITS = Limits(start_within=60, stalled_after=300, deadline=3600, silent_after=120)
Look = tuple[float, Job | None]


def job(status: str, rows: int = 0, updated_at: str = "") -> Job:
    return Job(id=7, status=status, rows=rows, bytes=rows * 100, updated_at=updated_at)


def after(*looks: Look) -> Decision:
    """The decision at the last of these looks; every one before it must say wait."""
    clocks = Clocks.started(LIMITS, 0)
    decision: Decision = Wait()
    for now, seen in looks:
        assert decision == Wait(), f"gave up before {now}"
        clocks = clocks.advanced(seen, now)
        decision = watch(seen, clocks, now)
    return decision


def test_a_sync_that_succeeds_is_done() -> None:
    assert after((1, job("pending")), (5, job("running")), (9, job("succeeded", 3))) == Succeeded(job("succeeded", 3))


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_sync_that_ended_badly_is_reported_and_not_cancelled(status: str) -> None:
    assert after((5, job(status, 3))) == GiveUp(f"Airbyte says: job 7 is {status} with 3 rows and 300 bytes.", False)


@pytest.mark.parametrize("status", ["pending", "queued"])
def test_a_sync_that_never_starts_is_given_up_and_cancelled(status: str) -> None:
    assert after((60, job(status))) == Wait()
    decision = after((60, job(status)), (61, job(status)))
    assert isinstance(decision, GiveUp)
    assert decision.cancel
    assert decision.sentence.startswith("The sync has not started within 1 min; at last look job 7 is")


def test_a_sync_that_is_put_back_in_the_queue_has_its_start_counted_anew() -> None:
    looks: list[Look] = [(10, job("running", 5)), (100, job("pending", 5)), (160, job("pending", 5))]
    assert after(*looks) == Wait()
    assert isinstance(after(*looks, (161, job("pending", 5))), GiveUp)


@pytest.mark.parametrize("status", ["running", "incomplete", "some_new_status"])
def test_a_sync_that_does_not_move_is_given_up_and_cancelled(status: str) -> None:
    decision = after((10, job(status, 5)), (310, job(status, 5)), (311, job(status, 5)))
    assert isinstance(decision, GiveUp)
    assert decision.cancel
    assert "has not moved for 5 min; at last look job 7 is " in decision.sentence
    assert "5 rows and 500 bytes" in decision.sentence


@pytest.mark.parametrize("moved", [job("running", 6), job("incomplete", 5), job("running", 5, "later")])
def test_any_movement_counts(moved: Job) -> None:
    assert after((10, job("running", 5)), (300, moved), (590, moved)) == Wait()


def test_the_deadline_holds_for_a_sync_that_moves_all_the_time() -> None:
    looks: list[Look] = [(now, job("running", now)) for now in range(0, 3601, 100)]
    assert after(*looks) == Wait()
    decision = after(*looks, (3601, job("running", 9999)))
    assert isinstance(decision, GiveUp)
    assert "not done after 60 min" in decision.sentence


def test_an_end_counts_even_after_the_deadline() -> None:
    assert isinstance(after((4000, job("succeeded"))), Succeeded)


def test_a_silent_airbyte_is_borne_for_a_while() -> None:
    assert after((10, job("running")), (60, None), (130, None)) == Wait()
    assert after((10, job("running")), (130, None), (131, job("running")), (250, None)) == Wait()
    decision = after((10, job("running")), (130, None), (131, None))
    assert isinstance(decision, GiveUp)
    assert decision.cancel
    assert decision.sentence.startswith("Airbyte has not answered for 2 min; at last look job 7 is running")


def test_silence_does_not_count_as_a_stall() -> None:
    looks: list[Look] = [(10, job("running")), (100, None), (130, job("running", 1)), (400, job("running", 2))]
    assert after(*looks) == Wait()


def test_only_the_id_and_the_status_are_needed() -> None:
    assert Job.of({"jobId": 3, "status": "running"}) == Job(3, "running")
    body = {
        "jobId": 3,
        "status": "running",
        "rowsSynced": 2,
        "bytesSynced": None,
        "lastUpdatedAt": "x",
        "jobType": "refresh",
    }
    assert Job.of(body) == Job(3, "running", "refresh", 2, 0, "x")
