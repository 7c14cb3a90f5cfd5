from __future__ import annotations

from local.company.flights_api.faults import Faults


def test_a_failure_lasts_for_as_many_requests_as_it_was_told() -> None:
    faults = Faults()
    faults.fail(503, times=2)
    refusals = [faults.next_refusal() for _ in range(3)]
    assert [refusal and refusal.status for refusal in refusals] == [503, 503, None]


def test_who_hammers_is_told_when_to_come_back() -> None:
    now = [0.0]
    faults = Faults(rate_limit=2, clock=lambda: now[0])
    assert [faults.next_refusal() is None for _ in range(3)] == [True, True, False]
    refusal = faults.next_refusal()
    assert refusal is not None
    assert (refusal.status, refusal.retry_after) == (429, 1)
    now[0] = 1.0
    assert faults.next_refusal() is None


def test_without_a_limit_nobody_is_slowed_down() -> None:
    faults = Faults()
    assert all(faults.next_refusal() is None for _ in range(10_000))
