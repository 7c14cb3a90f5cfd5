"""The order in which a login is replaced that an issuer gives out: AWS access keys, Airbyte's applications, passwords.

Where the issuer keeps several valid at a time, the new one is issued, tried and written while the old one works; where
it keeps one, it is changed right before the copies are written, and what started in between is refused once and
succeeds when it is tried again. Pure. Whatever moment a rotation is killed at, planning again goes on from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from assay.rotation.kinds import RotationError
from assay.rotation.steps import Do, Step

YOUNG = timedelta(minutes=5)
"""How long another command may take from having a login issued to keeping it. AWS may need some seconds of it."""

SECOND = timedelta(seconds=1)
"""IAM and the embedded parts tell moments in whole seconds."""


@dataclass(frozen=True)
class Issued:
    """One login at its issuer. `used`: when it was used last, None for never, and where the issuer does not say."""

    created: datetime
    used: datetime | None = None


@dataclass(frozen=True)
class LoginState:
    """Logins by their ids: what each secret holds, what is pending, what the issuer has (None: one at a time, which has
    no id). `room` is how many it may have. `written`: when the last copy was."""

    copies: Mapping[str, str]
    pending: str | None
    issued: Mapping[str, Issued] | None
    room: int
    airbyte: bool
    written: datetime
    now: datetime
    grace: timedelta

    @property
    def settled_at(self) -> datetime:
        """When nothing can still run that was started with a login before the present one."""
        return self.written + self.grace


def login_steps(state: LoginState, revoke_old: bool = False) -> list[Step]:
    """Return the steps from this state to one in which every copy is a new login that works. Raises RotationError."""
    first = next(iter(state.copies))
    steps: list[Step] = []
    new = state.pending
    if new and state.issued is not None and new not in state.issued:
        steps.append(Step(Do.DROP, first))
        new = None
    if new is None:
        steps += [*_room(state, revoke_old), Step(Do.ISSUE, first)]
    if state.issued is None:
        steps.append(Step(Do.CHANGE))
    steps.append(Step(Do.CHECK))
    names = [*(name for name in state.copies if name != first), first]
    steps += [Step(Do.WRITE, name) for name in names if state.copies[name] != new]
    if state.airbyte:
        steps.append(Step(Do.REFRESH))
    if revoke_old:
        steps += [Step(Do.REMOVE, id) for id in state.issued or () if id != new and Step(Do.REMOVE, id) not in steps]
    return [*steps, Step(Do.FINISH, first)]


def removal_steps(state: LoginState, at_once: bool = False) -> list[Step]:
    """Return the steps that remove logins which no secret holds. Raises RotationError while they may be in use."""
    if state.issued is None:
        return []  # the issuer keeps one: the old one ended when it was changed
    if state.pending or len(set(state.copies.values())) != 1:
        raise RotationError("A rotation of this login is not complete: run `./assay secret rotate` again first.")
    if not set(state.copies.values()) <= set(state.issued):
        raise RotationError("Its issuer does not know the login that the secrets hold: rotate it first.")
    unheld = _unheld(state)
    for id, login in unheld.items() if not at_once else ():
        if why := _in_use(state, id, login):
            raise RotationError(f"{why}, or say --now if it has leaked.")
    return [Step(Do.REMOVE, id) for id in unheld]


def _room(state: LoginState, revoke_old: bool) -> list[Step]:
    """The removals that make room for a new login. Raises RotationError where there is none."""
    unheld = _unheld(state)
    kept = {id: why for id, login in unheld.items() if (why := _in_use(state, id, login)) and not revoke_old}
    free = [Step(Do.REMOVE, id) for id in unheld if id not in kept]
    if len(state.issued or ()) - len(free) >= state.room:
        raise RotationError(next(iter(kept.values()), "Its secrets hold as many different logins as there may be") + (
            ", or say --revoke-old if it has leaked." if kept else
            f" ({state.room}): set all of them to one of these, then rotate."
        ))  # fmt: skip
    return free


def _unheld(state: LoginState) -> dict[str, Issued]:
    held = {*state.copies.values(), state.pending}
    return {id: login for id, login in (state.issued or {}).items() if id not in held}


def _in_use(state: LoginState, id: str, login: Issued) -> str:
    """Why a login that no secret holds stays, without a full stop; an empty text where it may go.

    One that was never used is what a killed command left behind, or a command that runs right now is about to keep.
    """
    if login.used is None and login.created + SECOND > state.written:
        if state.now - login.created < YOUNG:
            return (
                f"{id} was issued at {_clock(login.created)} and no secret holds it: another rotation may be under "
                f"way; run this again after {_clock(login.created + YOUNG)}"
            )
        return ""
    if state.now <= state.settled_at:
        return (
            f"Programs that were started before the last rotation may still use {id}, and this would end it: try "
            f"again after {_clock(state.settled_at)}"
        )
    if login.used and login.used > state.settled_at:
        return (
            f"{id} was used at {_clock(login.used)} by something that has it from no secret here: give that a login of "
            "its own"
        )
    return ""


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
