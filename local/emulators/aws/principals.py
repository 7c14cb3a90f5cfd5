"""Who may ask, and for what: access keys from the credentials file, policies from a file beside the state.

Both are read again when they have changed, so that a zone that comes needs no restart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.emulators.aws.access_keys import AccessKeys
from local.emulators.aws.policies import Need, Policy, PolicyError
from local.emulators.aws.reading import ACCOUNT
from local.emulators.common import credentials
from local.emulators.common.files import StateError

ROOT = "administrator"
"""The account's root user: it may do everything, as in AWS."""


@dataclass(frozen=True)
class Principal:
    """One identity with an access key. Without a policy it may do nothing, unless it is the root user."""

    name: str
    secret: str
    policy: Policy = field(default_factory=Policy)

    def denied(self, needs: Sequence[Need]) -> str:
        """Return AWS's sentence about the first need that no policy allows; empty where all are allowed."""
        for need in needs if self.name != ROOT else ():
            if not self.policy.allows(need):
                return (
                    f"User: arn:aws:iam::{ACCOUNT}:user/{self.name} is not authorized to perform: {need.action} on "
                    f"resource: {need.resource} because no identity-based policy allows the {need.action} action"
                )
        return ""


class Principals:
    """The identities of one installation, by access key id."""

    def __init__(self, keys: Path, policies: Path | None, state: Path) -> None:
        self._keys, self._policies = keys, policies
        self.access_keys = AccessKeys(state / "access_keys.json", self._first)
        self._seen: tuple[int, ...] | None = None
        self._known: Mapping[str, Mapping[str, str]] = {}
        self._documents: Mapping[str, Policy] = {}

    def find(self, access_key_id: str) -> Principal | None:
        """Return the identity of a key. Raises StateError where a file cannot be used."""
        self._read()
        key = self.access_keys.all().get(access_key_id)
        return Principal(key["user"], key["secret"], self._documents.get(key["user"], Policy())) if key else None

    def _first(self) -> Mapping[str, Mapping[str, str]]:
        self._read()
        return self._known

    def _read(self) -> None:
        """Read the files again where they have changed."""
        seen = (_version(self._keys), _version(self._policies))
        if seen != self._seen:
            self._documents = _policies(self._policies) if self._policies else {}
            self._known, self._seen = credentials.section("aws", self._keys), seen


def _version(path: Path | None) -> int:
    return path.stat().st_mtime_ns if path and path.exists() else 0


def _policies(path: Path) -> dict[str, Policy]:
    try:
        documents: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as problem:
        raise StateError(f"{path}: not JSON ({problem}); `./assay up` writes it again.") from problem
    found: dict[str, Policy] = {}
    for name, document in documents.items():
        try:
            found[name] = Policy.read(document)
        except PolicyError as problem:
            raise StateError(f"{path}: the policy of {name}: {problem}.") from problem
    return found
