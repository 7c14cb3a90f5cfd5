"""Replaces a value that others issue, such as a vendor's token or a chat server's webhook, by one that a person
gives. It is tried before any secret changes; every secret that holds the old one gets it; the old one stays valid until
the person revokes it where it was issued."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from assay.rotation.kinds import RotationError
from assay.rotation.steps import Do, Step
from assay.rotation.target import RotationTarget
from assay.secrets.names import CONNECTIONS, VARIABLES
from assay.secrets_manager import Versions

SHORTEST = 8
"""Shorter values are replaced in the named secret only: another secret may hold the same by chance."""


class Given:
    """One secret, and what a person gives for it: a text or a JSON object, None to complete what was begun. `key` names
    the one of its values that a text is for. `carry`, for logins that an issuer gives out, puts the named secret's
    login into another of `secrets`; without it every secret that holds the old value is a copy."""

    def __init__(
        self, target: RotationTarget, name: str, value: str | None, key: str | None = None, untried: bool = False,
        secrets: Sequence[str] = (), carry: Callable[[str, str], str] | None = None,
    ) -> None:  # fmt: skip
        self._target, self._name, self._untried = target, name, untried
        self._secrets, self._carry = secrets, carry
        self._keys = _secret_keys(target, name)
        self._ticket = target.versions.ticket(name)
        self._old = target.versions.text(name) or ""
        pending = target.versions.text(name, Versions.PENDING)
        self._pending = pending and renewed(name, self._old, pending, self._keys)
        self._new = self._pending
        if value is not None:
            self._new = merged(name, self._old, value, key, self._keys)
            if self._pending not in (None, self._new):
                raise RotationError(
                    f"A rotation of {name} to another value is under way: complete it by the same command with nothing "
                    "on standard input (`< /dev/null`), or take it back with --undo."
                )

    def steps(self, texts: Mapping[str, str]) -> list[Step]:
        """Return what is to be done, given the texts of all secrets; nothing where the value is there already."""
        if self._new is None:
            raise RotationError(f"Give the new value of {self._name} on standard input: it is issued elsewhere.")
        if self._pending is None and self._new == self._old:
            return []
        steps = [Step(Do.CHECK), *([] if self._pending else [Step(Do.KEEP, self._name)])]
        copies = self._copies(texts, self._old, self._new)
        if self._new != self._old:
            steps += [Step(Do.WRITE, name) for name in (*copies, self._name)]
        if not self._target.read_by_airbyte.isdisjoint([*copies, *self._secrets, self._name]):
            steps.append(Step(Do.REFRESH))
        return [*steps, Step(Do.FINISH, self._name)]

    def undo_steps(self, texts: Mapping[str, str]) -> list[Step]:
        """Return what takes back a replacement that was begun and not completed, where the present value works."""
        if self._pending is None:
            return []
        steps: list[Step] = []
        if self._pending != self._old:
            steps = [Step(Do.CHECK_OLD)]
            steps += [Step(Do.UNDO, name) for name in self._copies(texts, self._pending, self._old)]
        if not self._target.read_by_airbyte.isdisjoint([*texts, *self._secrets, self._name]):
            steps.append(Step(Do.REFRESH))
        return [*steps, Step(Do.DROP, self._name)]

    def do(self, step: Step) -> None:
        """Carry one step out."""
        match step.do:
            case Do.CHECK:
                self._try(self._made)
            case Do.CHECK_OLD if not self._untried:
                self._try(self._old)
            case Do.CHECK_OLD:
                pass
            case Do.KEEP:
                if self._target.versions.propose(self._name, self._made, self._ticket) != self._made:
                    raise RotationError(f"Another command rotates {self._name} at this moment, to another value.")
            case Do.WRITE if step.on == self._name:
                self._target.versions.change(self._name, lambda text: renewed(self._name, text, self._made, self._keys))
            case Do.WRITE:
                self._target.versions.change(step.on, lambda text: self._copied(text, self._old, self._made))
            case Do.UNDO:
                self._target.versions.change(step.on, lambda text: self._copied(text, self._made, self._old))
            case Do.REFRESH:
                self._target.send()
            case Do.FINISH | Do.DROP:
                self._target.versions.settle(self._name)
            case _:
                raise RotationError(f"{step} is no step of this kind of secret.")

    def _try(self, text: str) -> None:
        if not self._target.try_value(self._name, text) and not self._untried:
            raise RotationError(
                f"Nothing here knows how to try the value of {self._name}: say --check with a command that tries it "
                "(it finds the value in its environment), or --untried."
            )

    def _copies(self, texts: Mapping[str, str], old: str, new: str) -> list[str]:
        others = [name for name in self._secrets or texts if name != self._name]
        return [name for name in others if self._copied(texts[name], old, new) != texts[name]]

    def _copied(self, text: str, old: str, new: str) -> str:
        return self._carry(new, text) if self._carry else carried(text, changed(old, new, self._keys))

    @property
    def _made(self) -> str:
        if self._new is None:
            raise RotationError("There is no new value yet.")
        return self._new


def _secret_keys(target: RotationTarget, name: str) -> frozenset[str]:
    if name.startswith(f"{CONNECTIONS}/"):
        return frozenset({"password", "login"})
    return target.secret_keys.get(name, frozenset())


def merged(name: str, old: str, given: str, key: str | None, secret_keys: frozenset[str]) -> str:
    """Return the secret with what was given in it. Pure. The messages quote no value."""
    if not given.strip() or "\0" in given:
        raise RotationError(f"The new value of {name} is empty or holds a NUL: give it on standard input.")
    if name.startswith(f"{VARIABLES}/"):
        if key:
            raise RotationError(f"{name} is one text, which has no keys: leave out --key.")
        return given
    value: dict[str, Any] = json.loads(old)
    allowed = sorted((secret_keys & set(value)) or set(value))
    wanted = _object(given) if key is None else None
    if wanted is None:
        if key is None and name.startswith(f"{CONNECTIONS}/"):
            key = "password"
        if key is None and len(allowed) != 1:
            raise RotationError(f"{name} has several values: say which with --key, one of {', '.join(allowed)}.")
        wanted = {key or allowed[0]: given}
    if unknown := sorted(set(wanted) - set(allowed)):
        raise RotationError(f"{', '.join(unknown)} is no secret of {name}; it has {', '.join(allowed)}.")
    if wrong := sorted(each for each, text in wanted.items() if type(text) is not type(value[each]) or not text):
        raise RotationError(f"{name}: {', '.join(wrong)} is empty, or of another type than the value that is there.")
    return json.dumps(value | wanted, sort_keys=True)


def renewed(name: str, old: str, pending: str, secret_keys: frozenset[str]) -> str:
    """Return the secret as it is now, with what is secret in its pending version: its address may have changed."""
    if name.startswith(f"{VARIABLES}/"):
        return pending
    value, begun = json.loads(old), json.loads(pending)
    return json.dumps(value | {key: begun[key] for key in (secret_keys or set(begun)) if key in begun}, sort_keys=True)


def _object(given: str) -> dict[str, Any] | None:
    try:
        found = json.loads(given)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def changed(old: str, new: str, keys: Collection[str]) -> dict[str, str]:
    """Return the texts under these keys that differ, the new by the old. A login is no secret, and two may be equal by
    chance. Pure."""
    before, after = _object(old) or {}, _object(new) or {}
    pairs = [(before[key], after.get(key)) for key in keys if key in before and key != "login"]
    return {
        one: other
        for one, other in pairs
        if isinstance(one, str) and isinstance(other, str) and one != other and len(one) >= SHORTEST
    }


def carried(text: str, changes: Mapping[str, str]) -> str:
    """Return a secret's text with each whole value that has changed replaced, at any depth. Pure."""
    value = _object(text)
    if value is None:
        return changes.get(text, text)
    there = _carried(value, changes)
    return json.dumps(there, sort_keys=True) if there != value else text


def _carried(value: Any, changes: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _carried(each, changes) for key, each in value.items()}
    if isinstance(value, list):
        return [_carried(each, changes) for each in value]
    return changes.get(value, value) if isinstance(value, str) else value
