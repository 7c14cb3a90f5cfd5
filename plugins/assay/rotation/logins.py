"""Replaces a login that an issuer gives out in every secret that holds it."""

from assay.rotation.issuers import Issuer
from assay.rotation.kinds import RotationError, Subject
from assay.rotation.login_plan import LoginState, login_steps, removal_steps
from assay.rotation.steps import Do, Step
from assay.rotation.target import RotationTarget
from assay.secrets_manager import Versions


class Login:
    """One login of one issuer. The first of its secrets keeps the new one as its pending version, and is written last:
    until then it says which old login the copies are searched by."""

    def __init__(self, target: RotationTarget, subject: Subject, issuer: Issuer) -> None:
        self.subject = subject
        self._target, self._issuer = target, issuer
        self._first = subject.secrets[0]
        self._ticket = target.versions.ticket(self._first)
        self._new = target.versions.text(self._first, Versions.PENDING)

    def steps(self, revoke_old: bool = False) -> list[Step]:
        """Return what is to be done for a new login."""
        return login_steps(self._state(), revoke_old)

    def removals(self, at_once: bool = False) -> list[Step]:
        """Return what is to be done against logins that no secret holds."""
        return removal_steps(self._state(), at_once)

    def do(self, step: Step) -> None:
        """Carry one step out."""
        match step.do:
            case Do.DROP:
                self._target.versions.settle(step.on)
                self._new, self._ticket = None, self._target.versions.ticket(step.on)
            case Do.FINISH:
                self._target.versions.settle(step.on)
            case Do.REMOVE:
                self._issuer.remove(self._text(self._first), step.on)
            case Do.ISSUE:
                self._issue()
            case Do.CHANGE:
                self._issuer.change(sorted({self._text(name) for name in self.subject.secrets}), self._made)
            case Do.CHECK:
                self._issuer.check(self._issuer.carry(self._made, self._text(self._first)))
            case Do.WRITE:
                self._target.versions.change(step.on, lambda text: self._issuer.carry(self._made, text))
            case Do.REFRESH:
                self._target.send()
            case _:
                raise RotationError(f"{step} is no step of this kind of secret.")

    @property
    def _made(self) -> str:
        if self._new is None:
            raise RotationError("There is no new login yet.")
        return self._new

    def _issue(self) -> None:
        """Have one issued and keep it; where another command has kept its own meanwhile, go on with that one."""
        mine = self._issuer.issue(self._text(self._first))
        try:
            self._new = self._target.versions.propose(self._first, mine, self._ticket)
        finally:
            if self._new is None or self._issuer.id_of(self._new) != self._issuer.id_of(mine):
                self._issuer.remove(self._text(self._first), self._issuer.id_of(mine))

    def _state(self) -> LoginState:
        texts = {name: self._text(name) for name in self.subject.secrets}
        written = [each for name in texts if (each := self._target.versions.since(name))]
        return LoginState(
            copies={name: self._issuer.id_of(text) for name, text in texts.items()},
            pending=self._issuer.id_of(self._new) if self._new else None,
            issued=self._issuer.issued(texts[self._first]),
            room=self._issuer.room,
            airbyte=not self._target.read_by_airbyte.isdisjoint(texts),
            written=max(written),
            now=self._target.now(),
            grace=self._target.grace,
        )

    def _text(self, name: str) -> str:
        return self._target.versions.text(name) or "{}"
