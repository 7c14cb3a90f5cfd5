"""Makes Airbyte look like the files in `airbyte/`: fetches what is there, asks the plan what to do, does it, and looks
again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from assay.errors import ConfigurationError
from assay.ingestion.airbyte.client import AirbyteClient, AirbyteError, Resource
from assay.ingestion.airbyte.files import Declared, EndFile, has_placeholders, read, resolve, secrets_in
from assay.ingestion.airbyte.fingerprints import Fingerprints
from assay.ingestion.airbyte.plan import (
    ENDS,
    SECRETS,
    Bodies,
    Change,
    Found,
    connection_body,
    definition_of,
    differs,
    id_of,
    named,
    plan,
)
from assay.secrets_manager import SecretsManager


class AirbyteConfig:
    """One Airbyte and one folder of files. Reads the files and the secrets when it is made.

    Raises ConfigurationError for a wrong file or a missing secret, before anything is asked of Airbyte; NotConnected
    when Secrets Manager does not answer. Its methods raise ConfigurationError and AirbyteError.
    """

    def __init__(self, client: AirbyteClient, folder: Path, secrets_manager: SecretsManager) -> None:
        self._client = client
        self._secrets_manager = secrets_manager
        self._declared = read(folder)
        self._bodies = filled(self._declared, secrets_manager)
        self._fingerprints = Fingerprints(secrets_manager)
        self._workspace = client.workspace()
        self._definitions = f"/workspaces/{self._workspace}/definitions"

    def plan(self, prune: bool = False, forget: Collection[str] = ()) -> list[Change]:
        """What `apply` would do with the same arguments; see `airbyte_plan.plan`. Changes nothing."""
        return plan(self._declared, self._bodies, self._found(), prune, forget)

    def apply(self, prune: bool = False, forget: Collection[str] = ()) -> list[Change]:
        """Does it, and says what it did. Running it again changes nothing.

        Raises AirbyteError when Airbyte, looked at afterwards, is not what was set.
        """
        changes = self.plan(prune, forget)
        for change in changes:
            kind = f"{change.kind}s"
            if change.action == "delete":
                self._delete(kind, change.name)
            elif change.action in ("create", "update"):
                self._make(kind, change)
        if any(change.action in ("create", "update") for change in changes):
            self._send_what_was_rotated_meanwhile()
        if differs(changes, prune=False):
            left = [str(change) for change in self.plan(prune) if change.action not in ("keep", "unlisted")]
            if left:
                raise AirbyteError("Airbyte did not keep what was set; look at it there: " + "; ".join(left))
        return changes

    def send_secrets(self) -> list[Change]:
        """Send sources and destinations whose secrets have changed since they were sent, and return those changes.

        What else differs from the files stays as it is: that is what `apply` is for.
        """
        changes = [change for change in self.plan() if change.action == "update" and SECRETS in change.because]
        for change in changes:
            self._make(f"{change.kind}s", change)
        return changes

    def _send_what_was_rotated_meanwhile(self) -> None:
        """Read the secrets again: what this command read first may have been replaced, and sent, before it was sent
        here."""
        self._bodies, self._fingerprints = (
            filled(self._declared, self._secrets_manager),
            Fingerprints(self._secrets_manager),
        )
        self.send_secrets()

    def _found(self) -> Found:
        found = Found(
            manifests=self._client.list(f"{self._definitions}/declarative_sources"),
            definitions={kind: self._client.list(f"{self._definitions}/{kind}") for kind in ENDS},
            sources=self._client.list("/sources"),
            destinations=self._client.list("/destinations"),
            connections=self._client.list("/connections"),
        )
        listed = {name.lower() for name in self._declared.connections}
        unlisted = [id_of("connections", one) for one in found.connections if one["name"].lower() not in listed]
        return replace(
            found,
            synced=frozenset(
                id for id in unlisted if self._client.call("GET", "/jobs", connectionId=id, limit=1)["data"]
            ),
            applied=frozenset(
                id_of(kind, one)
                for (kind, name), body in self._bodies.items()
                if (one := named(kind, found.of(kind), name))
                and self._fingerprints.matches(id_of(kind, one), secrets_in(body))
            ),
        )

    def _make(self, kind: str, change: Change) -> None:
        if kind == "connectors":
            self._make_connector(change)
        elif kind == "connections":
            self._make_connection(change)
        else:
            self._make_end(kind, change)

    def _make_connector(self, change: Change) -> None:
        manifest, path = self._declared.manifests[change.name], f"{self._definitions}/declarative_sources"
        if change.action == "create":
            self._client.call("POST", path, {"name": change.name, "manifest": manifest})
        else:
            self._client.call("PUT", f"{path}/{self._one('connectors', change.name)['id']}", {"manifest": manifest})

    def _make_end(self, kind: str, change: Change) -> None:
        ends = self._declared.sources if kind == "sources" else self._declared.destinations
        configuration = self._bodies[kind, change.name]
        if change.action == "create":
            body = {"name": change.name, "workspaceId": self._workspace, "configuration": configuration}
            made = self._client.call(
                "POST", f"/{kind}", {**body, "definitionId": self._definition(kind, ends[change.name])}
            )
            id = id_of(kind, made)
        else:
            id = id_of(kind, self._one(kind, change.name))
            self._client.call("PUT", f"/{kind}/{id}", {"name": change.name, "configuration": configuration})
        secrets = secrets_in(configuration)
        if secrets and (change.action == "create" or SECRETS in change.because):
            self._fingerprints.remember(id, secrets)

    def _make_connection(self, change: Change) -> None:
        connection = self._declared.connections[change.name]
        body = connection_body(connection)
        if change.action == "update":
            self._client.call(
                "PATCH", f"/connections/{id_of('connections', self._one('connections', change.name))}", body
            )
            return
        ends = {
            "sourceId": id_of("sources", self._one("sources", connection.source)),
            "destinationId": id_of("destinations", self._one("destinations", connection.destination)),
        }
        self._client.call("POST", "/connections", body | ends)

    def _delete(self, kind: str, name: str) -> None:
        path = f"{self._definitions}/declarative_sources" if kind == "connectors" else f"/{kind}"
        id = id_of(kind, self._one(kind, name))
        self._client.call("DELETE", f"{path}/{id}")
        self._fingerprints.forget(id)

    def _definition(self, kind: str, end: EndFile) -> str:
        found = Found(
            manifests=self._client.list(f"{self._definitions}/declarative_sources"),
            definitions={kind: self._client.list(f"{self._definitions}/{kind}")},
        )
        id = definition_of(self._declared, found, kind, end)
        if id is None:
            raise AirbyteError(f"Airbyte has no connector {end.connector} any more; apply again")
        return id

    def _one(self, kind: str, name: str) -> Resource:
        path = f"{self._definitions}/declarative_sources" if kind == "connectors" else f"/{kind}"
        found = named(kind, self._client.list(path), name)
        if found is None:
            raise AirbyteError(f"Airbyte has no {kind[:-1]} {name} any more; apply again")
        return found


def filled(declared: Declared, secrets_manager: SecretsManager) -> Bodies:
    """Every configuration with its placeholders filled in from Secrets Manager.

    Raises ConfigurationError with file and key for a placeholder without a value, or a file that does not say where its
    values are; NotConnected when Secrets Manager does not give them out.
    """
    bodies = {}
    for kind, ends in (("sources", declared.sources), ("destinations", declared.destinations)):
        for end in ends.values():
            where = declared.files[kind, end.name]
            if has_placeholders(end.configuration) and end.secret is None:
                raise ConfigurationError(
                    f"{where}: secret is missing; say where in Secrets Manager, below assay/, its values are"
                )
            kept = (secrets_manager.find(f"assay/{end.secret}") or {}) if end.secret else {}
            bodies[kind, end.name] = resolve(where, end.configuration, kept, end.secret)
    return bodies
