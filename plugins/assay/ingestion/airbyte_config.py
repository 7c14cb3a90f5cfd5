"""Makes Airbyte look like the files in `airbyte/`: things are created or changed in place, by name, and never recreated
(a connection that is recreated forgets how far it has read)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assay.errors import ConfigurationError
from assay.ingestion.airbyte_client import AirbyteClient, Resource
from assay.ingestion.airbyte_files import ConnectionFile, Declared, EndFile, read, resolve

MASK = "**********"
Action = Literal["create", "update", "keep"]


@dataclass(frozen=True)
class Change:
    """What happened, or would happen, to one thing. `because` names the keys that differ, but for secrets."""

    kind: str
    name: str
    action: Action
    because: tuple[str, ...] = ()


def configure(url: str, client: tuple[str, str], folder: Path, secrets: Mapping[str, str]) -> list[Change]:
    """Applies `folder` to the Airbyte at `url` (…/api/public/v1) and says what it did.

    Running it again changes nothing, but sends every secret again, so that rotating one is running it again.

    Raises ConfigurationError for a wrong file or a missing secret, before anything is changed; AirbyteError otherwise.
    """
    declared = read(folder)
    bodies = {
        (kind, end.name): resolve(declared.files[kind, end.name], end.configuration, secrets)
        for kind, ends in (("sources", declared.sources), ("destinations", declared.destinations))
        for end in ends.values()
    }
    return _Applier(AirbyteClient(url, *client), declared, bodies).run()


def differences(wanted: Any, found: Any, path: str = "") -> tuple[str, ...]:
    """The keys of `wanted` that `found` has otherwise. What Airbyte masks counts as equal; what it adds is ignored."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        inner = (differences(value, found.get(key), f"{path}.{key}".lstrip(".")) for key, value in wanted.items())
        return tuple(key for keys in inner for key in keys)
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        inner = (differences(one, other, path) for one, other in zip(wanted, found, strict=True))
        return tuple(dict.fromkeys(key for keys in inner for key in keys))
    return () if found == MASK or wanted == found else (path,)


def connection_body(connection: ConnectionFile) -> Resource:
    """What the API is told about a connection, apart from its two ends."""
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


class _Applier:
    def __init__(self, client: AirbyteClient, declared: Declared, bodies: Mapping[tuple[str, str], Resource]) -> None:
        self._client = client
        self._declared = declared
        self._bodies = bodies
        self._workspace = client.workspace()
        self._definitions = f"/workspaces/{self._workspace}/definitions"

    def run(self) -> list[Change]:
        changes = [self._manifest(name, manifest) for name, manifest in self._declared.manifests.items()]
        for kind, ends in (("sources", self._declared.sources), ("destinations", self._declared.destinations)):
            changes += [self._end(kind, end) for end in ends.values()]
        return changes + [self._connection(connection) for connection in self._declared.connections.values()]

    def _manifest(self, name: str, manifest: Resource) -> Change:
        path = f"{self._definitions}/declarative_sources"
        found = _named(self._client.list(path), name)
        if found is None:
            self._client.call("POST", path, {"name": name, "manifest": manifest})
            return Change("connector", name, "create")
        if found["manifest"] == manifest:
            return Change("connector", name, "keep")
        self._client.call("PUT", f"{path}/{found['id']}", {"manifest": manifest})
        return Change("connector", name, "update", differences(manifest, found["manifest"]))

    def _end(self, kind: str, end: EndFile) -> Change:
        configuration = self._bodies[kind, end.name]
        found = _named(self._client.list(f"/{kind}"), end.name)
        if found is None:
            body = {"name": end.name, "workspaceId": self._workspace, "configuration": configuration}
            self._client.call("POST", f"/{kind}", {**body, "definitionId": self._definition(kind, end)})
            return Change(kind[:-1], end.name, "create")
        if found["definitionId"] != self._definition(kind, end):
            where = self._declared.files[kind, end.name]
            raise ConfigurationError(f"{where}: the connector of {end.name} cannot be changed; give it a new name")
        self._client.call(
            "PUT", f"/{kind}/{found[f'{kind[:-1]}Id']}", {"name": end.name, "configuration": configuration}
        )
        because = differences(configuration, found["configuration"])
        return Change(kind[:-1], end.name, "update" if because else "keep", because)

    def _definition(self, kind: str, end: EndFile) -> str:
        custom = kind == "sources" and end.connector in self._declared.manifests
        path = f"{self._definitions}/{'declarative_sources' if custom else kind}"
        known = self._client.list(path)
        found = _named(known, end.connector)
        if found is None:
            where, choice = self._declared.files[kind, end.name], ", ".join(sorted(one["name"] for one in known))
            raise ConfigurationError(f'{where}: connector "{end.connector}" is not known to Airbyte (it has: {choice})')
        return str(found["id"])

    def _connection(self, connection: ConnectionFile) -> Change:
        body = connection_body(connection)
        ends = {
            "sourceId": self._id("sources", connection.source),
            "destinationId": self._id("destinations", connection.destination),
        }
        found = _named(self._client.list("/connections"), connection.name)
        if found is None:
            self._client.call("POST", "/connections", body | ends)
            return Change("connection", connection.name, "create")
        for key, id in ends.items():
            if found[key] != id:
                where = self._declared.files["connections", connection.name]
                end = key.removesuffix("Id")
                raise ConfigurationError(
                    f"{where}: the {end} of {connection.name} cannot be changed without losing how far it has read;"
                    " give the new connection a new name"
                )
        because = differences(body, found)
        if because:
            self._client.call("PATCH", f"/connections/{found['connectionId']}", body)
        return Change("connection", connection.name, "update" if because else "keep", because)

    def _id(self, kind: str, name: str) -> str:
        found = _named(self._client.list(f"/{kind}"), name)
        if found is None:
            raise ConfigurationError(f"Airbyte has no {kind[:-1]} {name} any more; apply again")
        return str(found[f"{kind[:-1]}Id"])


def _named(resources: list[Resource], name: str) -> Resource | None:
    return next((one for one in resources if one["name"].lower() == name.lower()), None)
