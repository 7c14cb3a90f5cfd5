"""Publish and rollback in every order of their statements, with kills, in memory: more than a warehouse could run."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from assay.releases.ledger import Release, Status
from assay.releases.lifecycle import ReleaseRefused
from assay.zones.names import CANDIDATE, GOLD, PREVIOUS
from tests.plugins.assay.releases.conftest import Cut
from tests.plugins.assay.releases.ledger_model import ModelReleases, Steps, World, published_twice_and_built

RANDOM = int(os.environ.get("ASSAY_SCHEDULES", "400"))
Verb = Callable[[ModelReleases], Release]


class Process(Steps):
    """A verb in a thread that goes on by one statement when it is its turn."""

    def __init__(self, verb: Verb, world: World) -> None:
        self.outcome: Any = None
        self.dies = False
        self._turn, self._stands = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(verb, world), daemon=True)
        self._thread.start()
        self._stands.acquire()

    def pause(self) -> None:
        self._stands.release()
        self._turn.acquire()
        if self.dies:
            raise Cut

    def step(self) -> None:
        if self.outcome is None:
            self._turn.release()
            self._stands.acquire()

    def _run(self, verb: Verb, world: World) -> None:
        try:
            self.outcome = verb(ModelReleases(world, self))
        except BaseException as error:
            self.outcome = error
        self._stands.release()


def publish(identity: str) -> Verb:
    return lambda releases: releases.publish(identity, "run", "airflow")


def rollback(operation: str) -> Verb:
    return lambda releases: releases.rollback("wrong", "anna", operation)


def race(verbs: str, turns: Iterator[int], dies: tuple[int, int] | None = None) -> tuple[World, list[Process]]:
    """Run the verbs, `p` and `r`, by their turns; `dies` is a process and the number of statements it gets to run."""
    world, identity = published_twice_and_built("run")
    tested = {*world.releases}
    made = [publish(identity) if verb == "p" else rollback(f"op{number}") for number, verb in enumerate(verbs)]
    processes = [Process(verb, world) for verb in made]
    ran = [0] * len(processes)
    while ready := [number for number, process in enumerate(processes) if process.outcome is None]:
        turn = next(turns, None)
        number = turn if turn in ready else ready[0]
        processes[number].dies = dies == (number, ran[number])
        processes[number].step()
        ran[number] += 1
        assert world.schemas[GOLD] in tested
        if len(processes) == 1:
            assert world.opened[GOLD], "a reader is interrupted"
    check(world, processes, identity)
    return world, processes


def check(world: World, processes: list[Process], built: str) -> None:
    for process in processes:
        if not isinstance(process.outcome, Release | ReleaseRefused | Cut):
            raise process.outcome
    outcomes = [each.outcome for each in processes]
    if not any(isinstance(each, Cut) for each in outcomes):
        assert world.decided is not None
        assert world.schemas[GOLD] == world.decided.live, "a verb has ended before the schemas followed"
    state = ModelReleases(world, Steps())._settled("test")
    assert world.opened == {GOLD: True, CANDIDATE: False, PREVIOUS: False}, "what is not live is closed"
    published = [name for name, each in world.releases.items() if each.status == Status.PUBLISHED]
    assert published == [state.decided.live] == [world.schemas[GOLD]]
    assert state.decided.previous == state.contents.previous
    said = [each.release_id for each in outcomes if isinstance(each, Release)]
    assert len(said) == len(set(said)), "two say that they put the same release live"
    if len(said) == len(processes) == 1 or (said and not any(isinstance(each, Cut) for each in outcomes)):
        assert state.decided.live in said
    if len(world.restored) == 1:
        assert state.decided.hold is not None
        assert state.decided.live != built


def test_one_inside_the_other_at_every_pair_of_statements() -> None:
    """The first runs so many statements, then the second so many, then the first to its end, and then the second."""
    for verbs in ("pr", "rp", "rr"):
        for first, second in product(range(26), range(1, 26)):
            race(verbs, iter([0] * first + [1] * second + [0] * 99))


@pytest.mark.parametrize("victim", [0, 1])
def test_one_inside_the_other_and_either_of_them_killed(victim: int) -> None:
    for verbs in ("pr", "rp", "rr"):
        for first, dies in product(range(26), range(26)):
            race(verbs, iter([0] * first + [1] * 99), (victim, dies))


@pytest.mark.parametrize("verb", ["p", "r"])
def test_one_killed_anywhere_interrupts_no_reader(verb: str) -> None:
    for dies in range(40):
        race(verb, iter(()), (0, dies))


@pytest.mark.parametrize("verbs", ["pr", "rr", "prr"])
def test_any_order_with_and_without_a_kill(verbs: str) -> None:
    for seed in range(RANDOM):
        chance = random.Random(f"{verbs} {seed}")
        dies = (chance.randrange(len(verbs)), chance.randrange(30)) if seed % 2 else None
        race(verbs, iter([chance.randrange(len(verbs)) for _ in range(200)]), dies)


def decided_elsewhere(first: Verb, second: Verb, world: World) -> tuple[Any, Any]:
    """The outcomes when the first has decided, and the second runs to its end before the first does what it decided."""
    one, other = Process(first, world), Process(second, world)
    version = world.decided.version if world.decided else 0
    while world.decided is not None and world.decided.version == version:
        one.step()
    for process in (other, one):
        while process.outcome is None:
            process.step()
    return one.outcome, other.outcome


def test_a_verb_whose_release_was_replaced_before_it_ended_says_so() -> None:
    """After each swap it is looked again which release is live: a success is never said of one that is not."""
    world, identity = published_twice_and_built("run")
    published, rolled_back = decided_elsewhere(publish(identity), rollback("op"), world)
    assert isinstance(published, ReleaseRefused)
    assert "did not stay live: it is rolled back by" in str(published)
    assert isinstance(rolled_back, Release)
    world, _ = published_twice_and_built("run")
    back, forward = decided_elsewhere(rollback("back"), rollback("forward"), world)
    assert isinstance(back, ReleaseRefused)
    assert "was restored and replaced again at once" in str(back)
    assert isinstance(forward, Release)


def test_a_publish_whose_candidate_another_run_replaces_is_whole_or_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """At every pair of statements: the other run has looked before the decision, and cuts its candidate after it."""
    undone, undo = [], ModelReleases._undo

    def noted(self: ModelReleases, *arguments: Any) -> None:
        undone.append(arguments)
        undo(self, *arguments)

    monkeypatch.setattr(ModelReleases, "_undo", noted)
    outcomes = set()
    for first, second in product(range(26), range(1, 26)):
        world, identity = published_twice_and_built("run")
        live = world.schemas[GOLD]
        cut, made = (
            Process(verb, world) for verb in (lambda each: each.begin("late", None, "airflow"), publish(identity))
        )
        for process, steps in ((cut, first), (made, second), (cut, 99), (made, 99)):
            for _ in range(steps):
                process.step()
        assert isinstance(cut.outcome, Release | ReleaseRefused), cut.outcome
        assert isinstance(made.outcome, Release | ReleaseRefused), made.outcome
        state = ModelReleases(world, Steps())._settled("test")
        published = [name for name, each in world.releases.items() if each.status == Status.PUBLISHED]
        assert published == [state.decided.live] == [world.schemas[GOLD]]
        assert world.schemas[GOLD] == (identity if isinstance(made.outcome, Release) else live)
        outcomes.add(type(made.outcome))
    assert outcomes == {Release, ReleaseRefused}
    assert undone
