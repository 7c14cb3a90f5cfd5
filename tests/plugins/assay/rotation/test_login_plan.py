"""The order in which issued logins are replaced: by random histories, killed anywhere, on a model of an issuer."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from assay.rotation import RotationError
from assay.rotation.login_plan import YOUNG, Issued, LoginState, login_steps, removal_steps
from assay.rotation.steps import Do, Step

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
STATE = LoginState(
    copies={"first": "old", "second": "old"}, pending=None, issued={"old": Issued(NOON - timedelta(days=9))}, room=2,
    airbyte=True, written=NOON - timedelta(hours=1), now=NOON, grace=timedelta(minutes=20),
)  # fmt: skip


def test_the_new_one_is_tried_before_it_is_written_and_the_first_secret_is_last() -> None:
    assert login_steps(STATE) == [
        Step(Do.ISSUE, "first"), Step(Do.CHECK), Step(Do.WRITE, "second"), Step(Do.WRITE, "first"), Step(Do.REFRESH),
        Step(Do.FINISH, "first"),
    ]  # fmt: skip


def test_what_is_valid_once_is_changed_right_before_it_is_written() -> None:
    steps = [step.do for step in login_steps(replace(STATE, issued=None, airbyte=False))]
    assert steps == [Do.ISSUE, Do.CHANGE, Do.CHECK, Do.WRITE, Do.WRITE, Do.FINISH]


def test_after_a_leak_every_other_login_ends_when_the_copies_are_written() -> None:
    steps = login_steps(STATE, revoke_old=True)
    assert steps[-2:] == [Step(Do.REMOVE, "old"), Step(Do.FINISH, "first")]


def refused(state: LoginState) -> str:
    with pytest.raises(RotationError) as caught:
        login_steps(state)
    return str(caught.value)


def test_a_login_that_may_be_in_use_is_not_removed_to_make_room() -> None:
    written = NOON - timedelta(minutes=3)
    for other, said in (
        (Issued(NOON - timedelta(days=2), NOON - timedelta(minutes=4)), "--revoke-old"),
        (Issued(NOON - timedelta(minutes=1)), "another rotation may be under way"),
    ):
        state = replace(STATE, written=written, issued={**(STATE.issued or {}), "other": other})
        assert said in refused(state)
        assert Step(Do.REMOVE, "other") in login_steps(state, revoke_old=True)


def test_a_login_that_something_else_uses_is_never_taken_for_an_old_one() -> None:
    used = Issued(NOON - timedelta(days=90), NOON - timedelta(minutes=2))
    state = replace(STATE, issued={**(STATE.issued or {}), "other": used})
    assert "from no secret here" in refused(state)
    with pytest.raises(RotationError, match="--now"):
        removal_steps(state)


def test_what_a_killed_command_left_is_removed_when_it_cannot_be_at_work_any_more() -> None:
    left = replace(STATE, issued={**(STATE.issued or {}), "left": Issued(NOON - YOUNG)})
    assert login_steps(left)[:2] == [Step(Do.REMOVE, "left"), Step(Do.ISSUE, "first")]


def test_a_pending_login_that_its_issuer_has_not_is_dropped() -> None:
    assert login_steps(replace(STATE, pending="gone"))[:2] == [Step(Do.DROP, "first"), Step(Do.ISSUE, "first")]


@dataclass
class Model:
    """An issuer with room for two, and two secrets; time passes with each step."""

    rng: random.Random
    issued: dict[str, Issued] = field(default_factory=lambda: {"login 0": Issued(NOON)})
    copies: dict[str, str] = field(default_factory=lambda: {"first": "login 0", "second": "login 0"})
    pending: str | None = None
    written: datetime = NOON
    now: datetime = NOON
    made: int = 0

    def state(self) -> LoginState:
        return LoginState(
            self.copies, self.pending, self.issued, 2, True, self.written, self.now, timedelta(minutes=20)
        )

    def do(self, step: Step) -> None:
        self.now += timedelta(seconds=1)
        match step.do:
            case Do.ISSUE:
                assert len(self.issued) < 2, "AWS would refuse a third key"
                self.made += 1
                self.issued[f"login {self.made}"] = Issued(self.now)
                if self.rng.random() < 0.3:
                    raise InterruptedError  # killed between issuing and keeping
                self.pending = f"login {self.made}"
            case Do.CHECK:
                assert self.pending in self.issued
                self.issued[self.pending] = replace(self.issued[self.pending], used=self.now)
            case Do.WRITE:
                assert self.pending is not None
                self.copies[step.on], self.written = self.pending, self.now
            case Do.REMOVE:
                assert step.on not in self.copies.values(), "a secret still holds it"
                del self.issued[step.on]
            case Do.DROP | Do.FINISH:
                self.pending = None


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_killed_every_copy_works_and_the_next_command_completes_it(seed: int) -> None:
    rng = random.Random(seed)
    model = Model(rng)
    for _ in range(25):
        model.now += timedelta(minutes=rng.choice((0, 1, 6, 30)))
        revoke_old = rng.random() < 0.3
        try:
            for step in login_steps(model.state(), revoke_old):
                if rng.random() < 0.2:
                    break
                model.do(step)
        except (InterruptedError, RotationError):
            pass
        assert set(model.copies.values()) <= set(model.issued), "a copy holds a login that does not work"
    model.now += timedelta(hours=1)
    before = model.made if model.pending is None else model.made - 1
    for _ in range(2):  # what a command leaves when it is killed while it issues is completed by the next but one
        try:
            for step in login_steps(model.state()):
                model.do(step)
            break
        except InterruptedError:
            model.now += timedelta(minutes=6)
            model.rng = random.Random(1)
    assert len(set(model.copies.values())) == 1
    assert model.pending is None
    assert model.made > before
    model.now += timedelta(hours=1)
    for step in removal_steps(model.state()):
        model.do(step)
    assert set(model.issued) == set(model.copies.values())
