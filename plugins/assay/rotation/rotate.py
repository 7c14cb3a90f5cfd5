"""Carries rotations out: reads what is there, asks the plan, does each step. Every step can be done twice."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from assay import sql
from assay.rotation import key_pairs
from assay.rotation.key_plan import SLOTS, Do, KeyState, Step, key_steps, revoke_steps
from assay.rotation.kinds import POD_KEY, ROOT, Kind, RotationError, Subject, extra_of, pick, subjects
from assay.vault import Versions
from assay.warehouse import Warehouse

render = sql.templates(__file__)
Say = Callable[[str], None]


@dataclass(frozen=True)
class World:
    """What a rotation acts on. `warehouse` logs in as an administrator, `check` as the user with the key (and raises
    NotConnected), `send` gives Airbyte what changed, `read_by_airbyte` are the secrets that its files name, `grace` how
    long a program may run with what it was started with."""

    versions: Versions
    warehouse: Callable[[], AbstractContextManager[Warehouse]]
    check: Callable[[str, bytes], None]
    send: Callable[[], Sequence[Any]]
    read_by_airbyte: frozenset[str]
    grace: timedelta
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


class Rotation:
    """Rotations of one environment. Methods return what was done, a sentence each, and tell `say` before each step."""

    def __init__(self, world: World, say: Say = lambda _: None) -> None:
        self._world = world
        self._say = say

    def subjects(self) -> list[Subject]:
        """Return every login that there are secrets of."""
        versions = self._world.versions
        return subjects({name: versions.text(name) or "" for name in versions.names(ROOT)})

    def rotate(self, name: str, revoke_old: bool = False) -> list[str]:
        """Give the login a new key, and every secret a copy of it. Raises RotationError, NotConnected, AirbyteError."""
        subject = self._key_pair(name)
        with self._world.warehouse() as warehouse:
            keys = Keys(self._world, subject, warehouse)
            return self._do(keys, key_steps(keys.state(), revoke_old))

    def revoke(self, name: str, at_once: bool = False) -> list[str]:
        """Empty the slot of the key that the last rotation replaced."""
        subject = self._key_pair(name)
        with self._world.warehouse() as warehouse:
            keys = Keys(self._world, subject, warehouse)
            return self._do(keys, revoke_steps(keys.state(), at_once))

    def _key_pair(self, name: str) -> Subject:
        subject = pick(self.subjects(), name)
        if subject.kind is not Kind.SNOWFLAKE_KEY:
            raise RotationError(
                f"{name} is no key pair in Snowflake: set its new value with `./assay secret set {name}`."
            )
        return subject

    def _do(self, keys: "Keys", steps: Sequence[Step]) -> list[str]:
        for step in steps:
            self._say(f"{keys.subject.name}: {step}")
            keys.do(step)
        return [str(step) for step in steps]


class Keys:
    """One service login's key pair: its slots in Snowflake, and the secrets that hold the private half."""

    def __init__(self, world: World, subject: Subject, warehouse: Warehouse) -> None:
        self.subject = subject
        self._world = world
        self._warehouse = warehouse
        self._new: key_pairs.PrivateKey | None = None

    def state(self) -> KeyState:
        """Read where the rotation of this login is."""
        first = self.subject.secrets[0]
        pending = self._world.versions.text(first, Versions.PENDING)
        if pending:
            self._new = key_pairs.load(_key_text(pending))
        written = [each for name in self.subject.secrets if (each := self._world.versions.since(name))]
        return KeyState(
            slots=self._slots(),
            copies={name: key_pairs.fingerprint(self._key(name)) for name in self.subject.secrets},
            pending=key_pairs.fingerprint(self._new) if self._new else None,
            airbyte=not self._world.read_by_airbyte.isdisjoint(self.subject.secrets),
            settled=self._world.now() - max(written) > self._world.grace,
        )

    def do(self, step: Step) -> None:
        """Carry one step out."""
        match step.do:
            case Do.MAKE:
                self._make(step.on)
            case Do.REGISTER:
                self._sql("register", slot=step.on, public_key=key_pairs.public_key(self._made))
            case Do.CHECK:
                self._world.check(self.subject.name, key_pairs.der(self._made))
            case Do.WRITE:
                self._world.versions.write(step.on, _with_key(self._text(step.on), self._made))
            case Do.REFRESH:
                self._world.send()
            case Do.EMPTY:
                self._sql("empty", slot=step.on)
            case Do.FINISH:
                self._world.versions.settle(step.on)

    @property
    def _made(self) -> key_pairs.PrivateKey:
        if self._new is None:
            raise RotationError("There is no new key yet.")
        return self._new

    def _make(self, name: str) -> None:
        old = self._key(name)
        proposed = _with_key(self._text(name), key_pairs.like(old))
        kept = self._world.versions.propose(name, proposed, key_pairs.fingerprint(old))
        self._new = key_pairs.load(_key_text(kept))

    def _key(self, name: str) -> key_pairs.PrivateKey:
        return key_pairs.load(_key_text(self._text(name)))

    def _text(self, name: str) -> str:
        return self._world.versions.text(name) or ""

    def _slots(self) -> tuple[str | None, str | None]:
        rows = {row["property"]: row["value"] for row in self._sql("slots")}
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
