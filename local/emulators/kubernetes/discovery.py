"""What the server says it serves: versions, groups, resources, namespaces, and its own health."""

from typing import Any

from aiohttp import web

from local.emulators.kubernetes.app import API
from local.emulators.kubernetes.errors import not_found

routes = web.RouteTableDef()
GROUP = "external-secrets.io"
ALL = ["create", "delete", "get", "list", "watch"]


def _resource(name: str, kind: str, verbs: list[str], short: str = "", namespaced: bool = True) -> dict[str, Any]:
    found = {"name": name, "singularName": kind.lower(), "namespaced": namespaced, "kind": kind, "verbs": verbs}
    return {**found, "shortNames": [short]} if short else found


@routes.get("/health")
async def health(request: web.Request) -> web.Response:
    api = request.app[API]
    return web.json_response({"status": "ok", "pods": len(api.kubelet.pods), **api.backend.facts()})


@routes.get("/version")
async def version(_: web.Request) -> web.Response:
    return web.json_response(
        {"major": "1", "minor": "34", "gitVersion": "v1.34.0+assay.local", "platform": "local/any"}
    )


@routes.get("/api")
async def core(_: web.Request) -> web.Response:
    return web.json_response({"kind": "APIVersions", "versions": ["v1"]})


@routes.get("/api/v1")
async def core_resources(_: web.Request) -> web.Response:
    resources = [
        _resource("pods", "Pod", [*ALL, "patch"], "po"),
        _resource("pods/log", "Pod", ["get"]),
        _resource("pods/exec", "PodExecOptions", ["create", "get"]),
        _resource("events", "Event", ["get", "list", "watch"], "ev"),
        _resource("secrets", "Secret", [*ALL]),
        _resource("namespaces", "Namespace", ["get", "list"], "ns", namespaced=False),
    ]
    return web.json_response({"kind": "APIResourceList", "groupVersion": "v1", "resources": resources})


@routes.get("/apis")
async def groups(_: web.Request) -> web.Response:
    version = {"groupVersion": f"{GROUP}/v1", "version": "v1"}
    group = {"name": GROUP, "versions": [version], "preferredVersion": version}
    return web.json_response({"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]})


@routes.get(f"/apis/{GROUP}/v1")
async def group_resources(_: web.Request) -> web.Response:
    resources = [_resource("externalsecrets", "ExternalSecret", [*ALL, "update"], "es")]
    return web.json_response({"kind": "APIResourceList", "groupVersion": f"{GROUP}/v1", "resources": resources})


def _namespace(name: str) -> dict[str, Any]:
    metadata = {"name": name, "labels": {"kubernetes.io/metadata.name": name}}
    return {"kind": "Namespace", "apiVersion": "v1", "metadata": metadata, "status": {"phase": "Active"}}


@routes.get("/api/v1/namespaces")
async def namespaces(request: web.Request) -> web.Response:
    api = request.app[API]
    items = [_namespace(name) for name in api.namespaces]
    metadata = {"resourceVersion": api.store.version}
    return web.json_response({"kind": "NamespaceList", "apiVersion": "v1", "metadata": metadata, "items": items})


@routes.get("/api/v1/namespaces/{namespace}")
async def namespace(request: web.Request) -> web.Response:
    name = request.match_info["namespace"]
    if name not in request.app[API].namespaces:
        raise not_found("namespaces", name)
    return web.json_response(_namespace(name))
