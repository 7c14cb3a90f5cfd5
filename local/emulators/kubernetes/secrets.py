"""Secrets, as stored objects or through an ExternalSecret from Secrets Manager.

Values of an ExternalSecret are read afresh for every pod and kept nowhere. Values of stored Secrets stay in the store's
file, which only its owner can read. The API shows values to who asks for one Secret by its name, as the pod operator
does to mask them in logs; in lists and events it shows the names of their keys.
"""

import asyncio
import base64
import copy
import json
from collections.abc import Callable
from typing import Any, Protocol

from local.emulators.kubernetes import events
from local.emulators.kubernetes.store import Object, Store, now

KEYS = "assay.local/keys"


class SourceError(Exception):
    """The value is not there; the sentence names the secret, never what is in one."""


class Source(Protocol):
    """Where an ExternalSecret's values come from: the text of a secret by its key. Raises SourceError."""

    def __call__(self, key: str) -> str: ...


def secrets_manager(endpoint: str, region: str, access_key: str, secret_key: str) -> Source:
    """Secrets Manager at `endpoint`, by signed requests."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    session = boto3.session.Session(access_key, secret_key, region_name=region)
    config = Config(connect_timeout=2, read_timeout=5, retries={"max_attempts": 2})
    client = session.client("secretsmanager", endpoint_url=endpoint, config=config)

    def read(key: str) -> str:
        try:
            text: str = client.get_secret_value(SecretId=key)["SecretString"]
        except ClientError as error:
            raise SourceError(
                f'Secrets Manager has no usable secret "{key}": {error.response["Error"]["Code"]}'
            ) from None
        except BotoCoreError as error:
            raise SourceError(f'Secrets Manager cannot be asked for "{key}": {type(error).__name__}') from None
        except KeyError:
            raise SourceError(f'the secret "{key}" in Secrets Manager is not text') from None
        return text

    return read


def values(external: Object, source: Source) -> dict[str, str]:
    """What an ExternalSecret's target holds: everything its `dataFrom` extracts, then each entry of `data`."""
    result: dict[str, str] = {}
    for entry in external["spec"].get("dataFrom") or []:
        reference = entry["extract"]
        text = _property(reference, source(reference["key"]))
        found = _mapping(reference["key"], text)
        result.update({name: value if isinstance(value, str) else json.dumps(value) for name, value in found.items()})
    for entry in external["spec"].get("data") or []:
        reference = entry["remoteRef"]
        result[entry["secretKey"]] = _property(reference, source(reference["key"]))
    return result


def _mapping(key: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SourceError(f'the secret "{key}" is not a JSON object, so nothing can be extracted from it')
    return found


def _property(reference: Object, text: str) -> str:
    wanted = reference.get("property")
    if not wanted:
        return text
    found = _mapping(reference["key"], text)
    if wanted not in found:
        raise SourceError(f'the secret "{reference["key"]}" has no property "{wanted}"')
    return found[wanted] if isinstance(found[wanted], str) else json.dumps(found[wanted])


class Secrets:
    """Reads a Secret's values by name, and keeps the objects of synced ones up to date."""

    def __init__(self, store: Store, source: Source | None) -> None:
        self.store, self.source = store, source

    async def read(self, namespace: str, name: str) -> dict[str, str] | None:
        """The values of a Secret, or None if there is none or it cannot be synced now."""
        external = self._external(namespace, name)
        if external is not None:
            return await self.sync(external)
        stored = self.store.find("secrets", namespace, name)
        if stored is None or KEYS in stored["metadata"].get("annotations", {}):
            return None
        return {key: base64.b64decode(value).decode() for key, value in (stored.get("data") or {}).items()}

    def _external(self, namespace: str, name: str) -> Object | None:
        for external in self.store.all("externalsecrets", namespace):
            if target(external) == name:
                return external
        return None

    async def sync(self, external: Object) -> dict[str, str] | None:
        """Reads an ExternalSecret's values, and tells in its status whether that worked."""
        try:
            if self.source is None:
                raise SourceError(
                    "this server was started without --secrets-endpoint, so there is nowhere to read from"
                )
            found = await asyncio.to_thread(values, external, self.source)
        except SourceError as error:
            self._tell(external, False, str(error))
            return None
        self._keep_object(external, sorted(found))
        self._tell(external, True, "secret synced")
        return found

    def _tell(self, external: Object, ready: bool, message: str) -> None:
        metadata = external["metadata"]
        current = self.store.find("externalsecrets", metadata["namespace"], metadata["name"])
        if current is None:
            return
        reason = "SecretSynced" if ready else "SecretSyncedError"
        condition = {"type": "Ready", "status": str(ready), "reason": reason, "message": message}
        before = (current.get("status", {}).get("conditions") or [{}])[0]
        if {**before, "lastTransitionTime": ""} == {**condition, "lastTransitionTime": ""}:
            return
        updated = copy.deepcopy(current)
        updated["status"] = {"refreshTime": now(), "conditions": [{**condition, "lastTransitionTime": now()}]}
        self.store.replace("externalsecrets", updated)
        if not ready:
            events.record(self.store, updated, "UpdateFailed", message, warning=True)

    def _keep_object(self, external: Object, keys: list[str]) -> None:
        """The target Secret as others see it: its name and the names of its keys, no values."""
        metadata = external["metadata"]
        old = self.store.find("secrets", metadata["namespace"], target(external))
        annotations = {KEYS: ",".join(keys)}
        if old and old["metadata"].get("annotations") == annotations:
            return
        owner = {"apiVersion": external["apiVersion"], "kind": "ExternalSecret", "controller": True}
        owner |= {"name": metadata["name"], "uid": metadata["uid"]}
        secret: Object = {
            "kind": "Secret",
            "apiVersion": "v1",
            "type": "Opaque",
            "metadata": {"name": target(external), "namespace": metadata["namespace"], "annotations": annotations},
        }
        secret["metadata"]["ownerReferences"] = [owner]
        if old:
            secret["metadata"] |= {key: old["metadata"][key] for key in ("uid", "creationTimestamp")}
            self.store.replace("secrets", secret)
        else:
            self.store.create("secrets", secret)


def target(external: Object) -> str:
    """The name of the Secret an ExternalSecret fills."""
    name: str = (external["spec"].get("target") or {}).get("name") or external["metadata"]["name"]
    return name


def shown(secret: Object) -> Object:
    """A Secret as lists show it: the names of its keys in an annotation, and no value."""
    visible = {key: value for key, value in secret.items() if key not in ("data", "stringData")}
    if "data" in secret:
        annotations = {**(secret["metadata"].get("annotations") or {}), KEYS: ",".join(sorted(secret["data"] or {}))}
        visible["metadata"] = {**secret["metadata"], "annotations": annotations}
    return visible


Show = Callable[[Object], Object]
