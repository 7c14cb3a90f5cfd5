"""A small company: two zones' roles, and short ways to write files, snapshots and grants."""

from __future__ import annotations

import re
from typing import Any

from assay import strict_yaml
from assay.declared import validated
from assay.permissions.model import Grant, Snapshot, Thing, User
from assay.permissions.roles_file import SWITCHES, RolesFile
from assay.permissions.spec import Platform, Spec, resolve

PLATFORM = Platform.of(["flights", "weather"], "local")
ZONES = [*PLATFORM.people, *PLATFORM.programs, "SYSADMIN", "ACCOUNTADMIN", "SECURITYADMIN"]


def whole(text: str) -> str:
    """The file with the keys that there must be, empty where the text has none of them."""
    needed = {"version": '"1.0"', "roles": "[]", "users": "[]"}
    missing = [f"{key}: {value}\n" for key, value in needed.items() if not re.search(f"^{key}:", text, re.MULTILINE)]
    return f"{text}\n{''.join(missing)}"


def spec(text: str) -> Spec:
    document = strict_yaml.parse(whole(text), "roles.yml", switches=SWITCHES)
    document.check()
    return resolve(validated(RolesFile, document), PLATFORM, document)


def grant(to: str, on: str, privilege: str = "USAGE") -> Grant:
    """`user ANNA`, `role LOCAL_FLIGHTS_OWNER`: the last word is the name, the others the kind."""
    return Grant(thing(to), thing(on), privilege)


def thing(text: str) -> Thing:
    kind, _, name = text.rpartition(" ")
    return Thing(kind.upper(), name)


def snapshot(
    *grants: Grant, things: tuple[str, ...] = (), users: dict[str, User] | None = None, **more: Any
) -> Snapshot:
    """What is granted, with the roles of both zones, and with every user that holds something."""
    known = {each.to.name: User() for each in grants if each.to.kind == "USER"} | (users or {})
    roles = {Thing("ROLE", name) for name in ZONES}
    named = {each.to for each in grants if each.to.kind == "ROLE"} | {thing(text) for text in things}
    return Snapshot(frozenset(roles | named), known, frozenset(grants), **more)
