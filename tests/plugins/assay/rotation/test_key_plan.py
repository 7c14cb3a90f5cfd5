"""The order of a key's rotation: whatever moment it is killed at, every secret holds a key that Snowflake takes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from itertools import count

import pytest

from assay.rotation import RotationError
from assay.rotation.key_plan import SLOTS, Do, KeyState, Step, key_steps, revoke_steps

ROUNDS = 400


@dataclass
class Login:
    """A login as Snowflake and Secrets Manager hold it, and programs that were started with one of its keys."""

    state: KeyState
    running: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def do(self, step: Step) -> None:
        state = self.state
        match step.do:
            case Do.MAKE:
                assert state.pending is None
                self.state = replace(state, pending=f"key {next(self.numbers)}")
            case Do.REGISTER:
                self._set(step.on, state.pending)
            case Do.CHECK:
                assert state.pending in state.slots
            case Do.WRITE:
                assert state.pending
                self.state = replace(state, copies={**state.copies, step.on: state.pending}, settled=False)
            case Do.EMPTY:
                self._set(step.on, None)
            case Do.FINISH:
                self.state = replace(state, pending=None)

    def _set(self, slot: str, key: str | None) -> None:
        slots = list(self.state.slots)
        old, slots[SLOTS.index(slot)] = slots[SLOTS.index(slot)], key
        if old and old != key:
            self.revoked.add(old)
        self.state = replace(self.state, slots=(slots[0], slots[1]))

    def check(self) -> None:
        for name, key in self.state.copies.items():
            assert key in self.state.slots, f"{name} holds a key that Snowflake does not take"


def fresh(secrets: int, second_slot: bool = False) -> Login:
    slots = (None, "key 0") if second_slot else ("key 0", None)
    return Login(KeyState(slots, {f"secret {number}": "key 0" for number in range(secrets)}, airbyte=secrets > 1))


def test_a_rotation_goes_slot_check_secrets_airbyte() -> None:
    state = KeyState(("a", None), {"connection": "a", "pod": "a"}, airbyte=True)
    assert [str(step) for step in key_steps(state)] == [
        "make a key pair and keep it as the pending version: connection",
        "put the new public key into the free slot: RSA_PUBLIC_KEY_2",
        "log in with the new one",
        "write the new one: connection",
        "write the new one: pod",
        "send it to Airbyte",
        "drop the pending version: connection",
    ]


def test_after_a_leak_the_old_key_ends_when_every_secret_holds_the_new_one() -> None:
    steps = key_steps(KeyState(("a", None), {"connection": "a"}), revoke_old=True)
    assert [step.do for step in steps[-3:]] == [Do.WRITE, Do.EMPTY, Do.FINISH]
    assert steps[-2].on == "RSA_PUBLIC_KEY"


@pytest.mark.parametrize("revoke_old", [False, True])
@pytest.mark.parametrize("secrets", [1, 2, 3])
def test_killed_after_any_step_the_next_one_completes_the_same_rotation(secrets: int, revoke_old: bool) -> None:
    whole = len(key_steps(fresh(secrets).state, revoke_old))
    for kill in range(1, whole + 1):
        login = fresh(secrets)
        for step in key_steps(login.state, revoke_old)[:kill]:
            login.do(step)
            login.check()
        if kill < whole:
            for step in key_steps(login.state, revoke_old):
                login.do(step)
                login.check()
        assert set(login.state.copies.values()) == {"key 1"}, f"killed after step {kill}"
        assert login.state.pending is None
        assert ("key 0" in login.state.slots) is not revoke_old


def test_random_rotations_kills_and_revocations_never_leave_a_secret_with_a_key_that_does_not_work() -> None:
    """A program that started is not ended by a rotation, but for one that was asked to (`revoke_old`, `at_once`)."""
    for seed in range(ROUNDS):
        chance = random.Random(seed)
        login = fresh(chance.randint(1, 4), second_slot=chance.random() < 0.5)
        forced = False
        for _ in range(12):
            if chance.random() < 0.5:
                login.running |= set(login.state.copies.values())
            if chance.random() < 0.3 and login.running <= set(login.state.copies.values()):
                login.state = replace(login.state, settled=True)
            if chance.random() < 0.3:
                login.running.clear()
                login.state = replace(login.state, settled=True)
            at_once = chance.random() < 0.2
            try:
                steps = (
                    revoke_steps(login.state, at_once)
                    if chance.random() < 0.3
                    else key_steps(login.state, revoke_old=at_once)
                )
            except RotationError:
                continue
            for step in steps[: chance.randint(0, len(steps))]:
                forced |= at_once
                login.do(step)
                login.check()
        if not forced:
            assert not login.running & login.revoked, f"seed {seed}"


def test_a_slot_that_running_programs_may_need_is_not_overwritten() -> None:
    state = KeyState(("old", "new"), {"connection": "new"}, settled=False)
    with pytest.raises(RotationError, match=r"may still log in with the key that it replaced.*--revoke-old"):
        key_steps(state)
    assert key_steps(state, revoke_old=True)[1] == Step(Do.REGISTER, "RSA_PUBLIC_KEY")
    assert key_steps(replace(state, settled=True))[1] == Step(Do.REGISTER, "RSA_PUBLIC_KEY")
    with pytest.raises(RotationError, match="--now"):
        revoke_steps(state)
    assert revoke_steps(state, at_once=True) == [Step(Do.EMPTY, "RSA_PUBLIC_KEY")]


def test_secrets_that_hold_two_keys_are_refused_where_no_slot_is_free() -> None:
    with pytest.raises(RotationError, match="two different keys"):
        key_steps(KeyState(("a", "b"), {"connection": "a", "pod": "b"}))


def test_a_login_whose_keys_are_gone_gets_one_again() -> None:
    steps = key_steps(KeyState((None, None), {"connection": "a"}))
    assert [step.do for step in steps] == [Do.MAKE, Do.REGISTER, Do.CHECK, Do.WRITE, Do.FINISH]


def test_nothing_is_removed_in_the_middle_of_a_rotation_or_where_there_is_nothing() -> None:
    with pytest.raises(RotationError, match="not complete"):
        revoke_steps(KeyState(("a", "b"), {"connection": "b", "pod": "a"}, pending="b"))
    with pytest.raises(RotationError, match="does not know the key"):
        revoke_steps(KeyState(("a", None), {"connection": "b"}))
    assert revoke_steps(KeyState(("a", None), {"connection": "a"})) == []
