"""Who may ask for what: bearer tokens, and RBAC rules as a Role has them.

A token is the administrator's, who may do everything, or one that holds the rules of a Role in one namespace.
Rules are as in Kubernetes: they only allow, and a rule with `resourceNames` allows what names one of them.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from local.emulators.kubernetes.errors import ApiError

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


@dataclass(frozen=True)
class Asked:
    """What a request asks for, in RBAC's words. `resource` has its subresource: `pods/log`."""

    group: str
    resource: str
    verb: str
    namespace: str
    name: str

    @property
    def in_words(self) -> str:
        where = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        return f'{self.verb} resource "{self.resource}" in API group "{self.group}" {where}'


@dataclass(frozen=True)
class Rule:
    """One rule of a Role."""

    groups: frozenset[str]
    resources: frozenset[str]
    verbs: frozenset[str]
    names: frozenset[str]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Rule:
        """Return the rule of a document. Raises ValueError for one that is not understood whole, or has a `*`."""
        known = {"apiGroups", "resources", "verbs", "resourceNames"}
        if unknown := set(document) - known:
            raise ValueError(
                f"a rule has {', '.join(sorted(unknown))}, which the embedded Kubernetes does not evaluate"
            )
        groups, resources, verbs, names = (
            frozenset(document.get(key, ())) for key in ("apiGroups", "resources", "verbs", "resourceNames")
        )
        if not (groups and resources and verbs) or "*" in groups | resources | verbs:
            raise ValueError("a rule names its apiGroups, resources and verbs, each without *")
        return cls(groups, resources, verbs, names)

    def allows(self, asked: Asked) -> bool:
        return (
            asked.group in self.groups
            and asked.resource in self.resources
            and asked.verb in self.verbs
            and (not self.names or asked.name in self.names)
        )


@dataclass(frozen=True)
class Identity:
    """Who asks, and the rules of its Role in a namespace. Without rules it is the administrator."""

    name: str
    rules: Sequence[Rule] | None = None
    namespace: str = ""

    def check(self, request: web.Request) -> None:
        """Raise ApiError (Forbidden) for what no rule allows. What the server says of itself is for all."""
        asked = read(request.method, request.rel_url.raw_path, request.query.get("watch", ""))
        if self.rules is None or asked is None:
            return
        if asked.namespace != self.namespace or not any(rule.allows(asked) for rule in self.rules):
            raise ApiError(403, "Forbidden", f'User "{self.name}" cannot {asked.in_words}')


def read(method: str, raw_path: str, watch: str) -> Asked | None:
    """Return what a request asks for; None where it is about no resource (versions and groups)."""
    parts = [unquote(part) for part in raw_path.strip("/").split("/")]
    skipped = {"api": 2, "apis": 3}.get(parts[0], len(parts))
    group, rest = parts[1] if parts[0] == "apis" and len(parts) > 1 else "", parts[skipped:]
    if not rest:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    resource, name, *sub = [*rest, ""] if len(rest) == 1 else rest
    verb = VERBS.get(method) or _verb(method, named=bool(name), watch=watch.lower() in ("true", "1"))
    return Asked(group, "/".join([resource, *sub]), verb, namespace, name)


def _verb(method: str, *, named: bool, watch: bool) -> str:
    if method == "DELETE":
        return "delete" if named else "deletecollection"
    if named:
        return "get"
    return "watch" if watch else "list"


@dataclass(frozen=True)
class Identities:
    """Identities by their tokens."""

    by_token: Mapping[str, Identity]

    def find(self, authorization: bytes) -> Identity | None:
        """Return whose token a request carries. Every token is compared, so that time says nothing."""
        found = None
        for token, identity in self.by_token.items():
            if hmac.compare_digest(authorization, f"Bearer {token}".encode()):
                found = identity
        return found
