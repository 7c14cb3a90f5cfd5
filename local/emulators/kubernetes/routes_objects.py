"""Routes of the plain objects: events, Secrets and ExternalSecrets."""

import asyncio
import base64
from typing import Any

from aiohttp import web

from local.emulators.kubernetes import lists, secrets, validate
from local.emulators.kubernetes.app import API, body
from local.emulators.kubernetes.discovery import GROUP
from local.emulators.kubernetes.errors import bad_request, invalid, not_found
from local.emulators.kubernetes.secrets import KEYS
from local.emulators.kubernetes.store import Object

routes = web.RouteTableDef()
CORE = "/api/v1/namespaces/{namespace}"
EXTERNAL = f"/apis/{GROUP}/v1/namespaces/{{namespace}}/externalsecrets"


def placed(object: Any, namespace: str, name: str | None = None) -> Any:
    """The object with the namespace (and name) of its address; one that names others is refused."""
    if not isinstance(object, dict) or not isinstance(object.get("metadata") or {}, dict):
        raise bad_request("the body of the request must be an object with metadata")
    metadata = dict(object.get("metadata") or {})
    for key, expected in (("namespace", namespace), ("name", name)):
        if expected is not None and metadata.setdefault(key, expected) != expected:
            raise bad_request(f"metadata.{key} is {metadata[key]!r}, but the address says {expected!r}")
    return {**object, "metadata": metadata}


def done(details: str, name: str) -> web.Response:
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return web.json_response({**status, "details": {"name": name, "kind": details}})


@routes.get("/api/v1/events")
@routes.get(CORE + "/events")
async def list_events(request: web.Request) -> web.StreamResponse:
    return await lists.respond(request, "events", "Event", "v1")


@routes.get(CORE + "/events/{name}")
async def get_event(request: web.Request) -> web.Response:
    api = request.app[API]
    return web.json_response(api.store.get("events", api.namespace(request), request.match_info["name"]))


@routes.get("/api/v1/secrets")
@routes.get(CORE + "/secrets")
async def list_secrets(request: web.Request) -> web.StreamResponse:
    return await lists.respond(request, "secrets", "Secret", "v1", secrets.shown)


@routes.post(CORE + "/secrets")
async def create_secret(request: web.Request) -> web.Response:
    api = request.app[API]
    secret = validate.secret(placed(await body(request), api.namespace(request)))
    return web.json_response(secrets.shown(api.store.create("secrets", secret)), status=201)


@routes.get(CORE + "/secrets/{name}")
async def get_secret(request: web.Request) -> web.Response:
    api = request.app[API]
    namespace, name = api.namespace(request), request.match_info["name"]
    found = api.store.get("secrets", namespace, name)
    values = await api.secrets.read(namespace, name)
    if values is None:
        raise not_found("secrets", name)
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return web.json_response({**secrets.shown(found), "data": data})


@routes.delete(CORE + "/secrets/{name}")
async def delete_secret(request: web.Request) -> web.Response:
    api = request.app[API]
    namespace, name = api.namespace(request), request.match_info["name"]
    found = api.store.get("secrets", namespace, name)
    if KEYS in (found["metadata"].get("annotations") or {}):
        raise invalid(f'the Secret "{name}" belongs to an ExternalSecret; delete that')
    api.store.delete("secrets", namespace, name)
    return done("secrets", name)


@routes.get(f"/apis/{GROUP}/v1/externalsecrets")
@routes.get(EXTERNAL)
async def list_external(request: web.Request) -> web.StreamResponse:
    return await lists.respond(request, "externalsecrets", "ExternalSecret", f"{GROUP}/v1")


@routes.post(EXTERNAL)
async def create_external(request: web.Request) -> web.Response:
    api = request.app[API]
    external = validate.external_secret(placed(await body(request), api.namespace(request)))
    return web.json_response(await _synced(request, api.store.create("externalsecrets", external)), status=201)


@routes.get(EXTERNAL + "/{name}")
async def get_external(request: web.Request) -> web.Response:
    api = request.app[API]
    return web.json_response(api.store.get("externalsecrets", api.namespace(request), request.match_info["name"]))


@routes.put(EXTERNAL + "/{name}")
async def replace_external(request: web.Request) -> web.Response:
    api = request.app[API]
    namespace, name = api.namespace(request), request.match_info["name"]
    old = api.store.get("externalsecrets", namespace, name)
    external = validate.external_secret(placed(await body(request), namespace, name))
    if secrets.target(external) != secrets.target(old):
        _remove_target(request, old)
    external["metadata"] |= {key: old["metadata"][key] for key in ("uid", "creationTimestamp")}
    external["status"] = old.get("status", {})
    return web.json_response(await _synced(request, api.store.replace("externalsecrets", external)))


@routes.delete(EXTERNAL + "/{name}")
async def delete_external(request: web.Request) -> web.Response:
    api = request.app[API]
    namespace, name = api.namespace(request), request.match_info["name"]
    external = api.store.delete("externalsecrets", namespace, name)
    _remove_target(request, external)
    return done("externalsecrets", name)


async def _synced(request: web.Request, external: Object) -> Object:
    """Syncs a new or changed ExternalSecret at once, so that its status says whether it will work."""
    api, metadata = request.app[API], external["metadata"]
    await asyncio.shield(api.secrets.sync(external))
    return api.store.find("externalsecrets", metadata["namespace"], metadata["name"]) or external


def _remove_target(request: web.Request, external: Object) -> None:
    store, namespace = request.app[API].store, external["metadata"]["namespace"]
    found = store.find("secrets", namespace, secrets.target(external))
    if found and KEYS in (found["metadata"].get("annotations") or {}):
        store.delete("secrets", namespace, found["metadata"]["name"])
