"""What it takes to make Airbyte look like the files in `airbyte/`. Pure: from files, values and what Airbyte shows.

Things are created or changed in place, by name. Nothing is ever recreated: a connection that is recreated forgets how
far it has read, and a source or destination takes its connections with it. What could only be had that way is an error
that says what to do instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from assay.errors import ConfigurationError
from assay.ingestion.airbyte.client import Resource
from assay.ingestion.airbyte.files import ConnectionFile, Declared, EndFile, leaves, secrets_in

MASK = "**********"
SECRETS = "secrets"
ENDS = ("sources", "destinations")
KINDS = ("connectors", *ENDS, "connections")
AIRBYTES_OWN = ("sourceType", "destinationType")
NARROWING = ("mappers", "selectedFields")
"""What may have been set on a stream by hand, and what would keep columns back or alter them."""

Action = Literal["create", "update", "keep", "delete", "unlisted"]


@dataclass(frozen=True)
class Change:
    """What would happen, or happened, to one thing.

    `because` names the keys that differ, `secrets` among them when a secret has changed; never a value. What is in
    Airbyte and not in git is `unlisted`, with the reason why it stays, or is to be deleted.
    """

    kind: str
    name: str
    action: Action
    because: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.action:8} {self.kind} {self.name}{': ' + ', '.join(self.because) if self.because else ''}"


@dataclass(frozen=True)
class Found:
    """What Airbyte shows, as its API does. `synced` are ids of connections that have ever run a job; `applied` are the
    ids of sources and destinations whose secrets are those that were sent last."""

    manifests: Sequence[Resource] = ()
    definitions: Mapping[str, Sequence[Resource]] = field(default_factory=dict)
    sources: Sequence[Resource] = ()
    destinations: Sequence[Resource] = ()
    connections: Sequence[Resource] = ()
    synced: frozenset[str] = frozenset()
    applied: frozenset[str] = frozenset()

    def of(self, kind: str) -> Sequence[Resource]:
        found: Sequence[Resource] = self.manifests if kind == "connectors" else getattr(self, kind)
        return found


Bodies = Mapping[tuple[str, str], Resource]
"""The configurations of sources and destinations with every placeholder filled in, by kind and name."""


def plan(
    declared: Declared, bodies: Bodies, found: Found, prune: bool = False, forget: Collection[str] = ()
) -> list[Change]:
    """Everything there is, in the order in which it is to be done: what is made or changed, then what goes.

    With `prune` what is not in git goes; of connections that have synced only those that `forget` names.
    Raises ConfigurationError, with a line for each thing that is wrong and the way out.
    """
    steps: list[Callable[[], Change]] = [
        *(partial(_manifest, found, name, manifest) for name, manifest in declared.manifests.items()),
        *(partial(_end, declared, bodies, found, "sources", end) for end in declared.sources.values()),
        *(partial(_end, declared, bodies, found, "destinations", end) for end in declared.destinations.values()),
        *(partial(_connection, declared, found, connection) for connection in declared.connections.values()),
    ]
    changes, problems = [], []
    for step in steps:
        try:
            changes.append(step())
        except ConfigurationError as problem:
            problems.append(str(problem))
    problems += _nothing_to_forget(declared, found, forget)
    if problems:
        raise ConfigurationError("\n".join(problems))
    return changes + _unlisted(declared, found, prune, forget)


def differs(changes: Sequence[Change], prune: bool) -> bool:
    """Whether Airbyte is anything else than the files say; things that are in no file count when they should go."""
    return any(
        change.action not in ("keep", "unlisted") or (prune and change.action == "unlisted") for change in changes
    )


def differences(wanted: Any, found: Any, path: str = "", exact: bool = False) -> tuple[str, ...]:
    """The keys of `wanted` that `found` has otherwise, and with `exact` those that only `found` has.

    What Airbyte masks counts as equal; without `exact`, what it adds is ignored.
    """
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        inner = (differences(value, found.get(key), path_of(path, key), exact) for key, value in wanted.items())
        added = [path_of(path, key) for key in found if key not in wanted and not _airbytes_own(key)] if exact else []
        return (*(key for keys in inner for key in keys), *added)
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        inner = (differences(one, other, path, exact) for one, other in zip(wanted, found, strict=True))
        return tuple(dict.fromkeys(key for keys in inner for key in keys))
    return () if found == MASK or wanted == found else (path,)


def path_of(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def connection_body(connection: ConnectionFile) -> Resource:
    """What the API gets about a connection, apart from its two ends."""
    streams = []
    for stream in connection.streams:
        body: Resource = {"name": stream.name, "syncMode": stream.sync_mode}
        if stream.cursor_field:
            body["cursorField"] = stream.cursor_field
        if stream.primary_key:
            body["primaryKey"] = stream.primary_key
        streams.append(body)
    return {
        "name": connection.name,
        "configurations": {"streams": streams},
        "schedule": {"scheduleType": "manual"},
        "status": "active",
        "namespaceDefinition": "destination",
        "prefix": connection.prefix,
    }


def named(kind: str, resources: Sequence[Resource], name: str) -> Resource | None:
    """The one of that name, as Airbyte compares names. Raises ConfigurationError where there are two."""
    found = [one for one in resources if one["name"].lower() == name.lower()]
    if len(found) > 1:
        raise ConfigurationError(
            f"Airbyte has {len(found)} {kind} named {name}, and files know things by name: rename or delete all but one"
        )
    return found[0] if found else None


def id_of(kind: str, one: Resource) -> str:
    return str(one["id"] if kind == "connectors" else one[f"{kind[:-1]}Id"])


def _manifest(found: Found, name: str, manifest: Resource) -> Change:
    known = named("connectors", found.manifests, name)
    if known is None:
        return Change("connector", name, "create")
    because = differences(manifest, known["manifest"], exact=True)
    return Change("connector", name, "update" if because else "keep", because)


def _end(declared: Declared, bodies: Bodies, found: Found, kind: str, end: EndFile) -> Change:
    where = declared.files[kind, end.name]
    definition = definition_of(declared, found, kind, end)
    known = named(kind, found.of(kind), end.name)
    if known is None:
        return Change(kind[:-1], end.name, "create")
    if definition is None or known["definitionId"] != definition:
        raise ConfigurationError(
            f"{where}: the connector of {end.name} cannot be changed; give it a new name, and its connections too"
        )
    body = bodies[kind, end.name]
    secret = set(secrets_in(body))
    if open_ := sorted({path for path, value in leaves(known["configuration"]) if value == MASK} - secret):
        raise ConfigurationError(
            f"{where}: configuration.{open_[0]} is a secret to Airbyte, which its name does not tell; "
            "add it to SECRET_FIELD in plugins/assay/ingestion/airbyte/files.py"
        )
    because = differences(body, known["configuration"], exact=True)
    if secret and id_of(kind, known) not in found.applied:
        because = (*(key for key in because if key not in secret), SECRETS)
    return Change(kind[:-1], end.name, "update" if because else "keep", because)


def definition_of(declared: Declared, found: Found, kind: str, end: EndFile) -> str | None:
    """The id of an end's connector; None for one of ours that is yet to be made. Raises ConfigurationError."""
    if kind == "sources" and end.connector in declared.manifests:
        own = named("connectors", found.manifests, end.connector)
        return str(own["id"]) if own else None
    known = found.definitions[kind]
    definition = named("connectors", known, end.connector)
    if definition is None:
        where, choice = declared.files[kind, end.name], ", ".join(sorted(one["name"] for one in known))
        raise ConfigurationError(f'{where}: connector "{end.connector}" is not known to Airbyte (it has: {choice})')
    return str(definition["id"])


def _connection(declared: Declared, found: Found, connection: ConnectionFile) -> Change:
    known = named("connections", found.connections, connection.name)
    if known is None:
        return Change("connection", connection.name, "create")
    for kind in ENDS:
        end = kind[:-1]
        wanted = named(kind, found.of(kind), getattr(connection, end))
        if wanted is None or known[f"{end}Id"] != id_of(kind, wanted):
            where = declared.files["connections", connection.name]
            raise ConfigurationError(
                f"{where}: the {end} of {connection.name} cannot be changed without losing how far it has read;"
                f" give the new connection a new name, and delete this one with --prune --forget {connection.name}"
            )
    wanted_body, found_body = (_sorted(body) for body in (connection_body(connection), known))
    because = list(differences(wanted_body, found_body))
    streams = found_body.get("configurations", {}).get("streams", [])
    because += [f"configurations.streams.{key}" for key in NARROWING if any(stream.get(key) for stream in streams)]
    return Change("connection", connection.name, "update" if because else "keep", tuple(because))


def _sorted(body: Resource) -> Resource:
    """A connection with its streams by name: their order means nothing."""
    streams = sorted(body.get("configurations", {}).get("streams", []), key=lambda stream: str(stream["name"]))
    return {**body, "configurations": {"streams": streams}}


def _nothing_to_forget(declared: Declared, found: Found, forget: Collection[str]) -> list[str]:
    known = {one["name"] for one in found.connections}
    wrong = [f"--forget {name}: Airbyte has no connection of that name" for name in forget if name not in known]
    return wrong + [
        f"--forget {name}: it is in {declared.files['connections', name]}; delete that file first"
        for name in forget
        if name in declared.connections
    ]


def _unlisted(declared: Declared, found: Found, prune: bool, forget: Collection[str]) -> list[Change]:
    """Connections first, then what only they used, so that each can go when its turn comes."""
    changes: list[Change] = []
    in_use: set[str] = set()
    listed: Mapping[str, Collection[str]] = {
        "connectors": declared.manifests, "sources": declared.sources, "destinations": declared.destinations,
        "connections": declared.connections,
    }  # fmt: skip
    for kind in reversed(KINDS):
        names = {name.lower() for name in listed[kind]}
        for one in sorted(found.of(kind), key=lambda each: str(each["name"])):
            if one["name"].lower() not in names:
                reason = _reason_to_keep(kind, one, found, in_use, forget)
                action: Action = "delete" if prune and not reason else "unlisted"
                because = reason or ("it is not in git" if prune else "--prune deletes it")
                changes.append(Change(kind[:-1], one["name"], action, (because,)))
                if not reason:
                    continue
            in_use.update(str(one[key]) for key in ("sourceId", "destinationId", "definitionId") if key in one)
    return changes


def _reason_to_keep(kind: str, one: Resource, found: Found, in_use: set[str], forget: Collection[str]) -> str:
    if kind == "connections" and id_of(kind, one) in found.synced and one["name"] not in forget:
        return f"it has synced, and how far it has read would be lost: --prune --forget {one['name']} deletes it"
    return "it is in use" if kind != "connections" and id_of(kind, one) in in_use else ""


def _airbytes_own(key: str) -> bool:
    return key in AIRBYTES_OWN or key.startswith("__")
