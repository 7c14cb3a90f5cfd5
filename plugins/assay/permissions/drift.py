"""How an account differs from what should be there: every grant, user, role, owner and thing. Pure.

What should be there comes from three places: the zones' files with Terraform's rights (`rights`), `roles.yml`
(`desired_state`), and what releases grant by themselves on gold. Everything else is a difference, whether or not a plan
would change it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from assay.permissions import login
from assay.permissions.account import Account, Held
from assay.permissions.expected import Expected
from assay.permissions.model import FUTURE, MEMBERSHIPS, ROLE, USER, Grant, Thing, User
from assay.permissions.rights import Program
from assay.permissions.spec import Person, Spec

SNOWFLAKES = ("SNOWFLAKE", "SNOWFLAKE_SAMPLE_DATA", "SNOWFLAKE_LEARNING_DB", "SNOWFLAKE_LEARNING_WH", "COMPUTE_WH")
RESERVED = ("USER$", "SYSTEM$", "SYSTEM_COMPUTE_POOL_")
"""What Snowflake makes in every account, by name, and how names begin that it keeps for itself."""


@dataclass(frozen=True, order=True)
class Difference:
    """`about` says it, and is its identity. The other fields find the statement that made it: its verb, the names and
    words that it holds, what it may be about as a whole (`all tables in schema x`), and when Snowflake says it was."""

    about: str
    verbs: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    at: datetime | None = None
    by_role: str = ""
    daily: bool = False


def differences(spec: Spec, expected: Expected, account: Account) -> list[Difference]:
    """Each difference once, in one order."""
    found = {
        each.about: each
        for each in (
            *_users(spec, expected, account),
            *_roles(spec, expected, account),
            *_things(spec, expected, account),
            *_surplus(spec, expected, account),
            *_missing(spec, expected, account),
        )
    }
    return [found[about] for about in sorted(found)]


# -- grants ----------------------------------------------------------------------------------------------------------


def _surplus(spec: Spec, expected: Expected, account: Account) -> Iterator[Difference]:
    for grant, held in account.held.items():
        if grant.to.name in expected.administrators or (held.system and grant.on.kind not in MEMBERSHIPS):
            continue  # what administrators of the account hold, and privileges that Snowflake itself granted
        if not expected.holds(grant):
            yield _granted(f"{grant}: granted, but neither Terraform nor {spec.file} grants it", grant, held)
        elif held.option:
            yield _granted(f"{grant}: held with the grant option, which nothing here gives", grant, held)


def _granted(about: str, grant: Grant, held: Held) -> Difference:
    return Difference(about, ("GRANT",), _named_by(grant), _scopes(grant.on), held.at, held.by)


def _missing(spec: Spec, expected: Expected, account: Account) -> Iterator[Difference]:
    there = account.snapshot
    for grant, source in expected.required(account):
        if grant in account.held or not there.has(grant.to) or not (grant.on.kind == "ACCOUNT" or there.has(grant.on)):
            continue
        if account.owners.get(grant.on) != grant.to.name:
            about = f"{grant}: not granted, but {source} grants it"
            yield Difference(about, ("REVOKE", "REPLACE", "DROP"), _named_by(grant), _scopes(grant.on))


def _named_by(grant: Grant) -> tuple[str, ...]:
    return (grant.to.name, grant.privilege) if grant.on.kind == "ACCOUNT" else (grant.to.name, _last(grant.on.name))


def _scopes(on: Thing) -> tuple[str, ...]:
    """The last names of what a thing is in, by which a statement on all or future things of a schema names it."""
    if on.kind.startswith(FUTURE):
        return (_last(on.name),)
    return tuple(part for part in on.name.split(".")[:-1][::-1])


# -- users -----------------------------------------------------------------------------------------------------------


def _users(spec: Spec, expected: Expected, account: Account) -> Iterator[Difference]:
    for name in sorted({*spec.people, *expected.programs} - account.users.keys()):
        source = spec.file if name in spec.people else "Terraform"
        yield Difference(f"user {name}: does not exist, but {source} makes it", ("DROP", "ALTER"), (name,))
    for name, user in account.users.items():
        if name in expected.administrators or name in SNOWFLAKES:
            continue
        if name in spec.people:
            yield from _properties(name, _person(spec.people[name], user), spec.file)
        elif name in expected.programs:
            program = expected.programs[name]
            yield from _properties(name, _program(program, user), "Terraform")
        elif user.owner == login.NAME:
            about = f"user {name}: was made from {spec.file}, is no longer in it, and still exists; drop user {name}"
            yield Difference(about, ("CREATE",), (name,), daily=True)
        else:
            about = f"user {name}: exists, but neither Terraform nor {spec.file} makes it"
            yield Difference(about, ("CREATE",), (name,))
        if name in spec.people or name in expected.programs:
            yield from _owned(Thing(USER, name), user.owner, _owners(Thing(USER, name), spec, expected))


Property = tuple[str, str, Collection[str], tuple[str, ...]]
"""A property of a user: its name, its value, the values it may have, and what a statement that sets it calls it."""


def _person(person: Person, user: User) -> Iterator[Property]:
    """A person signs on, with the roles and defaults of the file and nothing else to log in with."""
    if person.email:
        yield "login_name", user.login_name.lower(), {person.email.lower()}, ("LOGIN_NAME",)
        yield "email", user.email.lower(), {person.email.lower()}, ("EMAIL",)
    yield "type", user.type, {"PERSON", ""}, ("TYPE",)
    yield "default_role", user.default_role, {person.default_role}, ("DEFAULT_ROLE",)
    yield "default_warehouse", user.default_warehouse, {person.default_warehouse}, ("DEFAULT_WAREHOUSE",)
    yield "disabled", _yes(user.disabled), {_yes(not person.can_login)}, ("DISABLED",)
    yield "key", _set(user.key), {"not set"}, ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2")
    yield from _everybody(user)


def _program(program: Program, user: User) -> Iterator[Property]:
    yield "type", user.type, {"SERVICE"}, ("TYPE",)
    yield "default_role", user.default_role, {program.default_role}, ("DEFAULT_ROLE",)
    yield "default_warehouse", user.default_warehouse, {program.default_warehouse}, ("DEFAULT_WAREHOUSE",)
    yield "default_namespace", user.default_namespace, {program.default_namespace}, ("DEFAULT_NAMESPACE",)
    yield "disabled", _yes(user.disabled), {"false"}, ("DISABLED",)
    yield "key", _set(user.key), {"set"}, ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2")
    yield from _everybody(user, policy=False)


def _everybody(user: User, *, policy: bool = True) -> Iterator[Property]:
    yield "password", _set(user.password), {"not set"}, ("PASSWORD",)
    yield "default_secondary_roles", user.secondary_roles or "()", {"()"}, ("DEFAULT_SECONDARY_ROLES",)
    yield "programmatic access token", _set(user.access_token), {"not set"}, ("TOKEN", "PAT")
    yield "workload identity", _set(user.workload_identity), {"not set"}, ("WORKLOAD_IDENTITY",)
    yield "mins_to_bypass_mfa", user.mfa_bypass or "not set", {"not set"}, ("MINS_TO_BYPASS_MFA",)
    if policy:  # of programs, Terraform sets and compares it
        yield "network_policy", user.network_policy or "not set", {"not set"}, ("NETWORK_POLICY",)


def _properties(name: str, properties: Iterator[Property], source: str) -> Iterator[Difference]:
    for key, value, right, words in properties:
        if value not in right:
            should = " or ".join(sorted(each or "empty" for each in right if each or len(right) == 1))
            about = f"user {name}: {key} is {value or 'empty'}, and should be {should} ({source})"
            yield Difference(about, ("ALTER", "CREATE"), (name,), words)


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _set(value: bool) -> str:
    return "set" if value else "not set"


# -- roles, owners, things -------------------------------------------------------------------------------------------


def _roles(spec: Spec, expected: Expected, account: Account) -> Iterator[Difference]:
    for name in sorted(expected.roles - account.roles.keys()):
        yield Difference(f"role {name}: does not exist, but {expected.source(name)} makes it", ("DROP",), (name,))
    for name, owner in account.roles.items():
        if name not in expected.roles | expected.administrators | expected.system_roles:
            about = f"role {name}: exists, but neither Terraform nor {spec.file} makes it"
            yield Difference(about, ("CREATE",), (name,))
        elif name in expected.roles:
            yield from _owned(Thing(ROLE, name), owner, _owners(Thing(ROLE, name), spec, expected))


def _owners(thing: Thing, spec: Spec, expected: Expected) -> Collection[str]:
    return (spec.owners[thing],) if thing in spec.owners else expected.makers


def _things(spec: Spec, expected: Expected, account: Account) -> Iterator[Difference]:
    for thing in sorted(expected.things - account.owners.keys()):
        if thing.kind != ROLE:
            about = f"{thing}: does not exist, but Terraform makes it"
            yield Difference(about, ("DROP", "ALTER", "REPLACE"), (_last(thing.name),))
    for name, stage in expected.stages.items():
        now = account.stages.get(name, stage)
        if now != stage:
            about = f"stage {name}: reads {now}, and should read {stage} (Terraform)"
            yield Difference(about, ("ALTER", "CREATE"), (_last(name),))
    for thing, owner in account.owners.items():
        if "." not in thing.name:
            if thing.name not in SNOWFLAKES and not thing.name.startswith(RESERVED) and not expected.knows(thing):
                yield _made_by_hand(thing, spec)
            elif thing in expected.things:
                yield from _owned(thing, owner, expected.makers)
            elif should := spec.listed.get(thing):
                yield from _owned(thing, owner, (should,))
        elif (owners := expected.owners_of(thing)) is not None and owner not in owners:
            if owner in expected.makers and thing not in expected.owners:
                yield _made_by_hand(thing, spec)
            else:
                yield from _owned(thing, owner, owners)


def _made_by_hand(thing: Thing, spec: Spec) -> Difference:
    about = f"{thing}: exists, but neither Terraform nor {spec.file} makes it"
    return Difference(about, ("CREATE", "ALTER", "UNDROP"), (_last(thing.name),))


def _owned(thing: Thing, owner: str, right: Collection[str]) -> Iterator[Difference]:
    if owner not in right:
        shown = ", ".join(sorted(right)) if len(right) <= 3 else "an administrator's role"
        about = f"{thing}: owned by role {owner or '(none)'}, and should be by {shown}"
        yield Difference(about, ("GRANT", "CREATE"), (_last(thing.name), owner), _scopes(thing))


def _last(name: str) -> str:
    return name.rpartition(".")[2]
