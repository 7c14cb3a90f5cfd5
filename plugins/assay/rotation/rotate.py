"""Carries rotations out: reads what is there, asks the plan, does each step. Every step can be done twice."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from assay import sql
from assay.rotation import key_pairs
from assay.rotation.given import Given
from assay.rotation.key_plan import SLOTS, KeyState, key_steps, revoke_steps
from assay.rotation.kinds import POD_KEY, ROOT, Kind, RotationError, Subject, extra_of, pick, subjects
from assay.rotation.logins import Login
from assay.rotation.steps import Do, Step
from assay.rotation.target import RotationTarget
from assay.rotation.undisturbed import undisturbed
from assay.secrets_manager import Versions
from assay.warehouse import Warehouse

render = sql.templates(__file__)
Say = Callable[[str], None]


class Rotation:
    """Rotations of one environment. Methods return what was done, a sentence each, and tell `say` before each step."""

    def __init__(self, target: RotationTarget, say: Say = lambda _: None) -> None:
        self._target = target
        self._say = say

    def subjects(self) -> list[Subject]:
        """Return every login that there are secrets of."""
        texts, versions = self._texts(), self._target.versions
        issued = [name for one in subjects(texts) if one.kind in self._target.issuers for name in one.secrets]
        # Asked one by one: a list of secrets may not show the last five minutes.
        pending = {name: versions.text(name, Versions.PENDING) or "" for name in issued}
        return subjects(texts, {name: text for name, text in pending.items() if text})

    def rotate(self, name: str, revoke_old: bool = False) -> list[str]:
        """Have a new login made, and give every secret a copy of it.

        Raises RotationError, NotConnected, AirbyteError.
        """
        subject = pick(self.subjects(), name)
        if subject.kind is Kind.ISSUED_ELSEWHERE:
            raise RotationError(f"Give the new value of {name} on standard input: it is issued elsewhere.")
        if issuer := self._target.issuers.get(subject.kind):
            login = Login(self._target, subject, issuer)
            return self._do(subject, login.steps(revoke_old), login.do)
        with self._target.warehouse() as warehouse:
            keys = Keys(self._target, subject, warehouse)
            return self._do(subject, key_steps(keys.state(), revoke_old), keys.do)

    def give(self, name: str, value: str | None, key: str | None = None, untried: bool = False) -> list[str]:
        """Replace a value that is issued elsewhere, in every secret that holds it; without one, complete a replacement.

        Raises RotationError, NotConnected, AirbyteError.
        """
        subject, given = self._given(name, value, key, untried)
        return self._do(subject, given.steps(self._texts()), given.do)

    def undo(self, name: str, untried: bool = False) -> list[str]:
        """Take back a replacement that was begun and not completed, where the present value works."""
        subject, given = self._given(name, None, untried=untried)
        return self._do(subject, given.undo_steps(self._texts()), given.do)

    def _given(
        self, name: str, value: str | None, key: str | None = None, untried: bool = False
    ) -> tuple[Subject, Given]:
        subject = pick(self.subjects(), name)
        if subject.kind is Kind.SNOWFLAKE_KEY:
            raise RotationError(f"{name} holds a key pair, which this command makes itself: leave out --given.")
        if issuer := self._target.issuers.get(subject.kind):
            first = subject.secrets[0]  # which keeps what is pending, however the new login is made
            return subject, Given(self._target, first, value, key, untried, subject.secrets, issuer.carry)
        return subject, Given(self._target, name, value, key, untried)

    def revoke(self, name: str, at_once: bool = False) -> list[str]:
        """Remove the login that the last rotation replaced."""
        subject = pick(self.subjects(), name)
        if subject.kind is Kind.ISSUED_ELSEWHERE:
            raise RotationError(f"{name} is issued elsewhere: revoke the old value there.")
        if issuer := self._target.issuers.get(subject.kind):
            login = Login(self._target, subject, issuer)
            return self._do(subject, login.removals(at_once), login.do)
        with self._target.warehouse() as warehouse:
            keys = Keys(self._target, subject, warehouse)
            return self._do(subject, revoke_steps(keys.state(), at_once), keys.do)

    def _texts(self) -> dict[str, str]:
        versions = self._target.versions
        return {name: versions.text(name) or "" for name in versions.names(ROOT)}

    def _do(self, subject: Subject, steps: Sequence[Step], do: Callable[[Step], None]) -> list[str]:
        with undisturbed() if any(step.do is Do.CHANGE for step in steps) else nullcontext():
            for step in steps:
                self._say(f"{subject.name}: {step}")
                do(step)
        return [str(step) for step in steps]


class Keys:
    """One service login's key pair: its slots in Snowflake, and the secrets that hold the private half."""

    def __init__(self, target: RotationTarget, subject: Subject, warehouse: Warehouse) -> None:
        self.subject = subject
        self._target = target
        self._warehouse = warehouse
        self._ticket = target.versions.ticket(subject.secrets[0])
        self._new: key_pairs.PrivateKey | None = None

    def state(self) -> KeyState:
        """Read where the rotation of this login is."""
        first = self.subject.secrets[0]
        pending = self._target.versions.text(first, Versions.PENDING)
        if pending:
            self._new = key_pairs.load(_key_text(pending))
        written = [each for name in self.subject.secrets if (each := self._target.versions.since(name))]
        return KeyState(
            slots=self._slots(),
            copies={name: key_pairs.fingerprint(self._key(name)) for name in self.subject.secrets},
            pending=key_pairs.fingerprint(self._new) if self._new else None,
            airbyte=not self._target.read_by_airbyte.isdisjoint(self.subject.secrets),
            settled=self._target.now() - max(written) > self._target.grace,
        )

    def do(self, step: Step) -> None:
        """Carry one step out."""
        match step.do:
            case Do.MAKE:
                self._make(step.on)
            case Do.REGISTER:
                self._sql("register", slot=step.on, public_key=key_pairs.public_key(self._made))
            case Do.CHECK:
                self._target.check(self.subject.name, key_pairs.der(self._made))
            case Do.WRITE:
                self._target.versions.change(step.on, lambda text: _with_key(text, self._made))
            case Do.REFRESH:
                self._target.send()
            case Do.EMPTY:
                self._sql("empty", slot=step.on)
            case Do.FINISH:
                self._target.versions.settle(step.on)

    @property
    def _made(self) -> key_pairs.PrivateKey:
        if self._new is None:
            raise RotationError("There is no new key yet.")
        return self._new

    def _make(self, name: str) -> None:
        old = self._key(name)
        proposed = _with_key(self._text(name), key_pairs.like(old))
        kept = self._target.versions.propose(name, proposed, self._ticket)
        self._new = key_pairs.load(_key_text(kept))

    def _key(self, name: str) -> key_pairs.PrivateKey:
        return key_pairs.load(_key_text(self._text(name)))

    def _text(self, name: str) -> str:
        return self._target.versions.text(name) or ""

    def _slots(self) -> tuple[str | None, str | None]:
        # Snowflake's documentation calls the column property_value, its answers have called it value.
        rows = {row["property"]: row.get("value", row.get("property_value")) for row in self._sql("slots")}
        if rows.get("TYPE") != "SERVICE":
            raise RotationError(
                f"{self.subject.name} is no service user (its TYPE in Snowflake is {rows.get('TYPE')}): the secrets "
                "that name it are wrong, or a person's key is in them."
            )
        first, second = (_fingerprint(rows.get(f"{slot}_FP")) for slot in SLOTS)
        return first, second

    def _sql(self, template: str, **names: Any) -> list[dict[str, Any]]:
        return self._warehouse.execute(render(template, user=self.subject.name, **names))


def _fingerprint(shown: Any) -> str | None:
    """DESCRIBE USER shows the text null for what is not set."""
    return None if shown in (None, "", "null") else str(shown)


def _key_text(text: str) -> str:
    """The private key in a secret's text, a connection's or a pod's."""
    value: Mapping[str, Any] = json.loads(text)
    return str(value[POD_KEY] if POD_KEY in value else extra_of(value)["private_key_content"])


def _with_key(text: str, key: key_pairs.PrivateKey) -> str:
    """The secret's text with this key instead of the one that is in it, all else as it was."""
    value: dict[str, Any] = json.loads(text)
    written = key_pairs.in_form_of(key, _key_text(text))
    if POD_KEY in value:
        value[POD_KEY] = written
    else:
        extra = extra_of(value) | {"private_key_content": written}
        value["extra"] = json.dumps(extra) if isinstance(value["extra"], str) else extra
    return json.dumps(value, sort_keys=True)
