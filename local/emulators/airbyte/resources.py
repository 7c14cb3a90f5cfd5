"""Sources, destinations and connections: what the API accepts, keeps and shows."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from local.emulators.airbyte.catalogue import Catalogue
from local.emulators.airbyte.secrets import merged, redacted, unmasked
from local.emulators.airbyte.store import Document, Store
from local.emulators.airbyte.sync import DESTINATION_MODES

WORKSPACE = "5ae6b09b-fdec-41af-aaf7-7d94cfc33ef6"
CONNECTION_KEYS = {
    "name", "configurations", "schedule", "dataResidency", "namespaceDefinition", "namespaceFormat", "prefix",
    "nonBreakingSchemaUpdatesBehavior", "status", "tags",
}  # fmt: skip


class Missing(LookupError):
    """There is no such thing."""


class Refused(ValueError):
    """The request cannot be carried out as it is."""


class Taken(ValueError):
    """Another resource has this name, or still uses this one."""


class Resources:
    """Kinds are `sources`, `destinations` and `connections`. Bodies are the public API's, and so are results."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue

    def list(self, kind: str) -> list[Document]:
        return [self._shown(kind, one) for one in self._store.all(kind)]

    def read(self, kind: str, id: str) -> Document:
        return self._shown(kind, self._found(kind, id))

    def create(self, kind: str, body: Mapping[str, Any]) -> Document:
        made = self._new_connection(body) if kind == "connections" else self._new_end(kind, body)
        made |= {f"{kind[:-1]}Id": str(uuid.uuid4()), "createdAt": int(time.time()), "workspaceId": WORKSPACE}
        return self._saved(kind, made)

    def change(self, kind: str, id: str, body: Mapping[str, Any], whole: bool) -> Document:
        """PATCH, or PUT when `whole`: a masked secret in the body means the one that is stored."""
        old = self._found(kind, id)
        if kind == "connections":
            return self._saved(kind, self._connection({**old, **_known_keys(body)}))
        given = body.get("configuration", {})
        configuration = unmasked(old["configuration"], given) if whole else merged(old["configuration"], given)
        self._catalogue.validate(kind, old["definitionId"], configuration)
        return self._saved(kind, {**old, "name": body.get("name", old["name"]), "configuration": configuration})

    def delete(self, kind: str, id: str) -> None:
        self._found(kind, id)
        with self._store.transaction():
            users = [one["name"] for one in self._store.all("connections") if one.get(f"{kind[:-1]}Id") == id]
            if kind != "connections" and users:
                raise Taken(f"the connection {users[0]} uses this {kind[:-1]}; delete the connection first")
            self._store.delete(kind, id)
            if kind == "connections":
                self._store.delete("states", id)

    def delete_definition(self, id: str) -> None:
        """A low-code connector that no source uses."""
        with self._store.transaction():
            if self._store.get("definitions", id) is None:
                raise Missing(f"there is no low-code connector {id}")
            users = [one["name"] for one in self._store.all("sources") if one["definitionId"] == id]
            if users:
                raise Taken(f"the source {users[0]} uses this connector; delete the source first")
            self._store.delete("definitions", id)

    def _new_end(self, kind: str, body: Mapping[str, Any]) -> Document:
        if body.get("workspaceId", WORKSPACE) != WORKSPACE:
            raise Missing(f"there is no workspace {body['workspaceId']}")
        for key in ("name", "configuration", "definitionId"):
            if not body.get(key):
                raise Refused(f"{key} is required")
        definition = self._catalogue.definition(kind, body["definitionId"])
        self._catalogue.validate(kind, definition.id, body["configuration"])
        return {"name": body["name"], "definitionId": definition.id, "configuration": body["configuration"],
                f"{kind[:-1]}Type": definition.repository.removeprefix("airbyte/").partition("-")[2]}  # fmt: skip

    def _new_connection(self, body: Mapping[str, Any]) -> Document:
        ends = {}
        for kind in ("sources", "destinations"):
            key = f"{kind[:-1]}Id"
            if not body.get(key):
                raise Refused(f"{key} is required")
            ends[key] = self._found(kind, body[key])[key]
        defaults: Document = {
            "name": "connection",
            "configurations": {"streams": []},
            "schedule": {"scheduleType": "manual"},
            "status": "active",
            "namespaceDefinition": "destination",
            "nonBreakingSchemaUpdatesBehavior": "ignore",
            "tags": [],
        }
        return self._connection({**defaults, **_known_keys(body), **ends})

    def _connection(self, connection: Document) -> Document:
        if connection["schedule"].get("scheduleType") != "manual":
            raise Refused("schedule.scheduleType must be manual: this stand-in has no scheduler of its own")
        if connection["namespaceDefinition"] == "source":
            raise Refused(
                "namespaceDefinition must be destination or custom_format: source namespaces are not supported"
            )
        for stream in connection["configurations"]["streams"]:
            mode = stream.get("syncMode")
            if mode not in DESTINATION_MODES:
                known = ", ".join(DESTINATION_MODES)
                raise Refused(f"stream {stream.get('name')!r}: syncMode {mode!r} is not supported; use one of {known}")
        return connection

    def _saved(self, kind: str, body: Document) -> Document:
        id = body[f"{kind[:-1]}Id"]
        with self._store.transaction():
            if any(one["name"] == body["name"] and one[f"{kind[:-1]}Id"] != id for one in self._store.all(kind)):
                raise Taken(f"a {kind[:-1]} named {body['name']!r} exists already")
            self._store.put(kind, id, body)
        return self._shown(kind, body)

    def _found(self, kind: str, id: str) -> Document:
        found = self._store.get(kind, id)
        if found is None:
            raise Missing(f"there is no {kind[:-1]} {id}")
        return found

    def _shown(self, kind: str, body: Document) -> Document:
        if kind == "connections":
            return body
        spec = self._catalogue.spec(kind, body["definitionId"])
        return {**body, "configuration": redacted(body["configuration"], spec)}


def _known_keys(body: Mapping[str, Any]) -> Document:
    return {key: value for key, value in body.items() if key in CONNECTION_KEYS}
