"""Publish and rollback at the same time, on the warehouse: whatever comes between their statements, and wherever one of
them is killed, ledger, schemas and markers agree afterwards, and each process was given the answer that is true.

`test_every_schedule.py` runs thousands of such races in memory; here are as many as show that the warehouse does what
the memory does. ASSAY_INTERLEAVINGS asks for more.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import count, repeat
from typing import Any

import pytest

from assay.releases.ledger import Release
from assay.releases.lifecycle import ReleaseRefused
from assay.warehouse import Warehouse
from assay.zones import ServiceRole
from tests.plugins.assay.releases.conftest import ZONE, Cut, GoldZone
from tests.plugins.assay.releases.forked import Forked
from tests.plugins.assay.releases.interleaving import Process, Stepped, run

SCHEDULES = int(os.environ.get("ASSAY_INTERLEAVINGS", "2"))
"""Random schedules of each pair of verbs; many more in a deep run."""

NUMBERS = count(1)
MOST_SHORTEST = 10  # statements of the shortest verb, at least


class Race:
    """A zone with a live release, one that is kept and one that is built, and two processes that change that."""

    def __init__(self, gold: GoldZone, logins: Sequence[Warehouse], rows: dict[str, list[int]]) -> None:
        self.gold, self.logins, self.rows = gold, logins, rows
        number = next(NUMBERS)
        self.run = f"run{number}"
        if gold.releases().decided().hold is not None:  # the last race ended in a rollback: it must not be undone
            gold.releases().resume("the next race", "test")
            rows[gold.release(f"before{number}", -number).release_id] = [-number]
        self.built = gold.begin(self.run)
        gold.build(number)
        rows[self.built.release_id] = [number]
        self.live = gold.releases().live()

    def publish(self, login: Warehouse) -> Release:
        return self.gold.publish(self.built, self.run, self.gold.verbs(login))

    def rollback(self, login: Warehouse) -> Release:
        return self.gold.verbs(login).rollback("wrong", "anna", f"op{next(NUMBERS)}")

    def processes(self, *verbs: Callable[[Warehouse], Any]) -> list[Process]:
        return [Process(verb.__name__, login, verb) for verb, login in zip(verbs, self.logins, strict=False)]

    def forked(self, *verbs: Callable[[Warehouse], Any]) -> list[Forked]:
        """The verbs in processes of their own, each with a login that it makes itself."""
        account, names = self.gold.provisioned.account, self.gold.names
        return [
            Forked(verb.__name__, lambda: account.fresh(names.role(ServiceRole.PUBLISHER)), verb, str(account.bundle))
            for verb in verbs
        ]

    def watch(self, process: Stepped) -> None:
        """What a reader sees after any statement is one whole release that was built and tested."""
        if "swap" in process.statements[-1]:
            assert self.gold.hours() in self.rows.values()

    def check(self, *processes: Stepped) -> None:
        for process in processes:
            if isinstance(process.outcome, Exception) and not isinstance(process.outcome, ReleaseRefused | Cut):
                raise process.outcome
        state = self.gold.releases()._settled("test")
        decided, status = state.decided, {each.release_id: each.status for each in state.releases}
        assert [name for name in status if status[name] == "published"] == [decided.live] == [state.contents.live]
        assert (decided.previous, decided.applied) == (state.contents.previous, True)
        assert self.gold.hours() == self.rows[str(decided.live)]
        done = {process.name: process.outcome for process in processes if isinstance(process.outcome, Release)}
        if "rollback" in done:
            assert decided.hold is not None, "a rollback holds publishing"
            assert status[str(decided.previous)] == "rolled_back"
            assert decided.live == done["rollback"].release_id
            if "publish" in done:  # then it came first, and was rolled back
                assert (decided.live, decided.previous) == (self.live, self.built.release_id)
        elif "publish" in done and not any(isinstance(process.outcome, Cut) for process in processes):
            assert decided.live == self.built.release_id


@pytest.fixture
def race(gold: GoldZone) -> Callable[[], Race]:
    logins: list[Warehouse] = [gold.provisioned.login_as(ZONE, ServiceRole.PUBLISHER) for _ in range(2)]
    rows = {gold.release(f"start{hour}", hour).release_id: [hour] for hour in (-1001, -1002)}
    return lambda: Race(gold, logins, rows)


def test_a_rollback_at_each_turn_of_a_publish_which_is_killed_or_goes_on(race: Callable[[], Race]) -> None:
    for cut in count(1, 1 if SCHEDULES > MOST_SHORTEST else 2):
        made = race()
        outer, inner = processes = made.processes(made.publish, made.rollback)
        for _ in range(cut):
            outer.step_over("grant", "revoke")
        if outer.ended:
            inner.kill()
            break
        if cut % 4 == 1:
            outer.kill()
        run(processes, repeat(1), made.watch)
        made.check(*processes)
    assert cut > MOST_SHORTEST, "nothing came between"


def test_two_rollbacks_at_once_are_one(race: Callable[[], Race]) -> None:
    """Unless the second begins when the first has ended, which is a rollback forward."""
    for seed in range(SCHEDULES):
        made, chance = race(), random.Random(seed)
        processes = made.processes(made.rollback, made.rollback)
        run(processes, turns(chance, 0.5), made.watch)
        restored = [each.outcome.release_id for each in processes if isinstance(each.outcome, Release)]
        assert restored
        assert len(set(restored)) == len(restored), "both say that they restored the same release"
        if len(restored) == 1:
            made.check(*processes)


@pytest.mark.parametrize("verbs", ["publish and rollback", "two rollbacks"])
@pytest.mark.parametrize("killed", [False, True], ids=["both end", "one is killed"])
def test_any_order_of_statements(race: Callable[[], Race], verbs: str, killed: bool) -> None:
    for seed in range(SCHEDULES):
        made, chance = race(), random.Random(f"{verbs} {killed} {seed}")
        first = made.rollback if verbs == "two rollbacks" else made.publish
        processes = made.processes(first, made.rollback)
        victim, dies_after = chance.choice(processes), chance.randrange(25)

        def after(process: Stepped, made: Race = made, victim: Stepped = victim, last: int = dies_after) -> None:
            made.watch(process)
            if killed and process is victim and not victim.ended and len(victim.statements) > last:
                victim.kill()

        often = chance.choice((0.1, 0.5))
        run(processes, turns(chance, often), after)
        if first is made.publish or killed:
            made.check(*processes)


@pytest.mark.parametrize("verbs", ["publish and rollback", "two rollbacks"])
def test_two_processes_of_which_one_is_killed(race: Callable[[], Race], verbs: str) -> None:
    """By SIGKILL, at a statement that is drawn, also within a transaction. Then the zone's next run recovers."""
    for seed in range(SCHEDULES):
        made, chance = race(), random.Random(f"forked {verbs} {seed}")
        processes = made.forked(made.rollback if verbs == "two rollbacks" else made.publish, made.rollback)
        victim, dies_after = chance.choice(processes), chance.randrange(25)

        def after(process: Stepped, made: Race = made, victim: Forked = victim, last: int = dies_after) -> None:
            made.watch(process)
            if process is victim and not victim.ended and len(victim.statements) > last:
                victim.kill()

        run(processes, turns(chance, 0.3), after)
        made.check(*processes)
        if made.gold.releases().decided().hold is not None:
            made.gold.releases().resume("the cause is fixed", "anna")
        number = next(NUMBERS)
        made.rows[made.gold.release(f"next{number}", number).release_id] = [number]
        assert made.gold.hours() == [number]


@pytest.mark.parametrize("last", ["begin", "update", "commit"])
def test_a_process_that_is_killed_within_the_transaction_that_decides(race: Callable[[], Race], last: str) -> None:
    """Before its first statement, in the middle, and before the commit: nothing was decided, and the next one may."""
    made = race()
    publish, rollback = processes = made.forked(made.publish, made.rollback)
    while not (publish.next.lower().startswith(last) and (last == "begin" or publish.in_transaction)):
        publish.step()
        assert not publish.ended
    publish.kill()
    run(processes, repeat(1), made.watch)
    made.check(*processes)
    assert isinstance(rollback.outcome, Release)
    assert made.gold.statuses()[made.run] == "candidate"


def turns(chance: random.Random, often: float) -> Iterator[int]:
    """Who is next: the other one, as often as that."""
    turn = chance.randrange(2)
    while True:
        yield turn
        turn = 1 - turn if chance.random() < often else turn
