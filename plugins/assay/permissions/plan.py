"""Who gains and who loses what: from a file's wishes and what a warehouse shows. Pure, and always in one order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assay.permissions.desired_state import desired
from assay.permissions.model import (
    DATABASE_ROLE,
    GRANTABLE,
    MEMBERSHIPS,
    PROTECTED,
    ROLE,
    USER,
    Grant,
    Snapshot,
    Thing,
    User,
)
from assay.permissions.spec import Person, Spec

FORMAT = "1.0"


@dataclass(frozen=True, order=True)
class Create:
    """A user or role that is not there yet. `person` is what the file says of a user."""

    thing: Thing
    because: str
    person: Person | None = None


@dataclass(frozen=True, order=True)
class Change:
    """A grant that is given or taken, and the key of the file that says so."""

    grant: Grant
    because: str


@dataclass(frozen=True, order=True)
class Setting:
    """A user's DEFAULT_ROLE, DEFAULT_WAREHOUSE, DEFAULT_SECONDARY_ROLES or DISABLED, as it is and as it should be."""

    user: str
    key: str
    before: str
    after: str


@dataclass(frozen=True, order=True)
class Pending:
    """A grant that waits for something that is not there yet."""

    grant: Grant
    missing: Thing


@dataclass(frozen=True)
class Plan:
    """`unmanaged`: memberships that the file neither lists nor decides on; left in place and reported."""

    file: str
    creates: tuple[Create, ...] = ()
    grants: tuple[Change, ...] = ()
    revokes: tuple[Change, ...] = ()
    settings: tuple[Setting, ...] = ()
    pending: tuple[Pending, ...] = ()
    unmanaged: tuple[Grant, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.creates or self.grants or self.revokes or self.settings)

    def lines(self) -> list[str]:
        """The plan for people, a line for each thing."""
        return [
            *(f"+ {each.thing} is made ({each.because})" for each in self.creates),
            *(f"+ {each.grant} ({each.because})" for each in self.grants),
            *(f"- {each.grant} ({each.because})" for each in self.revokes),
            *(
                f"~ user {each.user}: {each.key.lower()} {each.before or 'nothing'} becomes {each.after or 'nothing'}"
                for each in self.settings
            ),
            *(f"? {each.grant}: waits for {each.missing}" for each in self.pending),
            *(f"! {grant}: {self.file} does not know of it, and leaves it" for grant in self.unmanaged),
        ]

    def plain(self) -> dict[str, Any]:
        """The plan for programs and for the policies in terraform/policy: `changes` in the order they are made."""
        return {
            "kind": "permissions",
            "format_version": FORMAT,
            "file": self.file,
            "changes": [
                *({"action": "create", "address": str(each.thing), "on": vars(each.thing), "because": each.because,
                   "default_role": each.person.default_role if each.person else ""} for each in self.creates),
                *({"action": "grant", **_plain(each.grant), "because": each.because} for each in self.grants),
                *({"action": "revoke", **_plain(each.grant), "because": each.because} for each in self.revokes),
                *({"action": "set", "address": f"user {each.user}", **vars(each)} for each in self.settings),
            ],
            "pending": [{**_plain(each.grant), "missing": vars(each.missing)} for each in self.pending],
            "unmanaged": [_plain(grant) for grant in self.unmanaged],
        }  # fmt: skip


def plan(spec: Spec, snapshot: Snapshot) -> Plan:
    """What makes the warehouse as the file wishes.

    Taken away is only what the file decides: what its own roles and people hold, and who of the users holds a role that
    it lists. Never touched: protected roles, programs and their roles, ownership. What does not exist yet is pending.
    """
    creates = sorted(_missing(spec, snapshot))
    to_be = {each.thing for each in creates}
    wishes: dict[Grant, str] = {}
    for grant, key in desired(spec, snapshot):
        wishes.setdefault(grant, key)
    grants, pending = [], []
    for grant, key in wishes.items():
        missing = next((each for each in (grant.on, grant.to) if each not in to_be and not snapshot.has(each)), None)
        if missing is not None:
            pending.append(Pending(grant, missing))
        elif grant not in snapshot.grants:
            grants.append(Change(grant, key))
    surplus = [grant for grant in snapshot.grants - wishes.keys() if _touchable(grant, spec, snapshot)]
    return Plan(
        spec.file,
        tuple(creates),
        tuple(sorted(grants)),
        tuple(sorted(Change(grant, key) for grant in surplus if (key := _decided(grant, spec)))),
        tuple(sorted(_settings(spec, snapshot))),
        tuple(sorted(pending)),
        tuple(sorted(grant for grant in surplus if grant.to.kind == USER and not _decided(grant, spec))),
    )


def _missing(spec: Spec, snapshot: Snapshot) -> list[Create]:
    candidates = [
        *(Create(Thing(ROLE, name), f"roles.{name.lower()}") for name in spec.roles),
        *(Create(Thing(DATABASE_ROLE, name), f"database_roles.{name.lower()}") for name in spec.database_roles),
        *(Create(Thing(USER, name), f"users.{name.lower()}", person) for name, person in spec.people.items()),
    ]
    return [each for each in candidates if not snapshot.has(each.thing) and _has_home(each.thing, snapshot)]


def _has_home(thing: Thing, snapshot: Snapshot) -> bool:
    """A database role can only be made in a database that is there."""
    return thing.kind != DATABASE_ROLE or snapshot.has(Thing("DATABASE", thing.name.partition(".")[0]))


def _touchable(grant: Grant, spec: Spec, snapshot: Snapshot) -> bool:
    if grant.privilege == "OWNERSHIP" or grant.on.kind not in (*GRANTABLE, "ACCOUNT"):
        return False
    if grant.to.kind == USER and snapshot.users.get(grant.to.name, User()).program:
        return False
    return not (grant.on.kind == ROLE and grant.on.name in PROTECTED | spec.platform.programs)


def _decided(grant: Grant, spec: Spec) -> str:
    """The key by which the file decides on a grant that it does not wish; empty where it does not."""
    name = grant.to.name.lower()
    if grant.to.kind == USER:
        if grant.to.name in spec.people:
            return f"users.{name}.member_of"
        return f"roles.{grant.on.name.lower()}" if grant.on.name in spec.decided else ""
    described = spec.roles if grant.to.kind == ROLE else spec.database_roles
    if grant.to.name not in described:
        return ""
    key = "roles" if grant.to.kind == ROLE else "database_roles"
    return f"{key}.{name}.{'member_of' if grant.on.kind in MEMBERSHIPS else 'privileges'}"


def _settings(spec: Spec, snapshot: Snapshot) -> list[Setting]:
    """How users that are there differ. A new one is made as it should be, but for being switched off."""
    found = []
    for name, person in spec.people.items():
        user = snapshot.users.get(name)
        if user is None:
            continue
        for key, before, after in (
            ("DEFAULT_ROLE", user.default_role, person.default_role),
            ("DEFAULT_WAREHOUSE", user.default_warehouse, person.default_warehouse),
            ("DEFAULT_SECONDARY_ROLES", user.secondary_roles or "()", "()"),
            ("DISABLED", str(user.disabled).lower(), str(not person.can_login).lower()),
        ):
            if before != after:
                found.append(Setting(name, key, before, after))
    return found


def _plain(grant: Grant) -> dict[str, Any]:
    return {"address": str(grant), "privilege": grant.privilege, "on": vars(grant.on), "to": vars(grant.to)}
