"""Routes of pods: create, read, list, watch, patch, delete, log."""

import copy
import datetime
import random
from typing import Any

from aiohttp import web

from local.emulators.kubernetes import lists, logs, validate
from local.emulators.kubernetes.app import API, body, flag, number
from local.emulators.kubernetes.errors import ApiError, bad_request, invalid
from local.emulators.kubernetes.pods import Pod
from local.emulators.kubernetes.routes_objects import CORE, placed
from local.emulators.kubernetes.store import Object

routes = web.RouteTableDef()
SUFFIX = "bcdfghjklmnpqrstvwxz2456789"  # what Kubernetes appends to generateName: no vowels, no words
STARTS_SOON_SECONDS = 3
MERGE_PATCHES = ("application/merge-patch+json", "application/strategic-merge-patch+json")


def pod_of(request: web.Request) -> Pod:
    """The pod a request names."""
    api = request.app[API]
    found = api.store.get("pods", api.namespace(request), request.match_info["name"])
    return api.kubelet.pods[found["metadata"]["uid"]]


def container_of(request: web.Request, pod: Pod) -> str:
    """The container a request names; the only one needs no name."""
    names = [container["name"] for container in pod.spec["containers"]]
    name = request.query.get("container") or (names[0] if len(names) == 1 else "")
    if not name:
        raise bad_request(f"a container name must be specified for pod {pod.name}, choose one of: {names}")
    if pod.container_spec(name) is None:
        raise bad_request(f"container {name} is not valid for pod {pod.name}; it has: {names}")
    return name


@routes.get("/api/v1/pods")
@routes.get(CORE + "/pods")
async def list_pods(request: web.Request) -> web.StreamResponse:
    return await lists.respond(request, "pods", "Pod", "v1")


@routes.post(CORE + "/pods")
async def create_pod(request: web.Request) -> web.Response:
    api = request.app[API]
    object = placed(await body(request), api.namespace(request))
    metadata = object["metadata"]
    if not metadata.get("name") and isinstance(metadata.get("generateName"), str):
        metadata["name"] = metadata["generateName"] + "".join(random.choices(SUFFIX, k=5))
    for given_by_the_server in ("uid", "creationTimestamp", "resourceVersion", "deletionTimestamp"):
        metadata.pop(given_by_the_server, None)
    pod = validate.pod(object)
    if flag(request, "dryRun") or request.query.get("dryRun") == "All":
        return web.json_response(pod, status=201)
    pod["spec"]["nodeName"] = "assay"
    pod["status"] = {"phase": "Pending"}
    created = copy.deepcopy(api.store.create("pods", pod))
    await api.kubelet.start(created)
    return web.json_response(created, status=201)


@routes.get(CORE + "/pods/{name}")
@routes.get(CORE + "/pods/{name}/status")
async def get_pod(request: web.Request) -> web.Response:
    return web.json_response(pod_of(request).object)


@routes.patch(CORE + "/pods/{name}")
async def patch_pod(request: web.Request) -> web.Response:
    """Labels and annotations may change, as merge patches; what a pod is may not."""
    api = request.app[API]
    old = pod_of(request).object
    if request.content_type not in MERGE_PATCHES:
        message = f"{request.content_type} is not supported; use {' or '.join(MERGE_PATCHES)}"
        raise ApiError(415, "UnsupportedMediaType", message)
    patch = await body(request)
    if not isinstance(patch, dict):
        raise bad_request("a merge patch must be a JSON object")
    new = merged(old, patch)
    if {**new, "metadata": {}} != {**old, "metadata": {}}:
        raise invalid(f'Pod "{old["metadata"]["name"]}" is invalid: pod updates may change labels and annotations only')
    fixed = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp")
    if any(new["metadata"].get(key) != old["metadata"].get(key) for key in fixed):
        raise invalid(f"Pod metadata is invalid: {', '.join(fixed)} cannot be changed")
    found = list(validate.problems(new["metadata"], validate.schema.METADATA, "metadata"))
    for problem in [*found, *validate.metadata_problems(new["metadata"])]:
        raise invalid(f"{problem.path}: {problem.message}")
    return web.json_response(api.store.replace("pods", new))


def merged(target: Any, patch: Any) -> Any:
    """RFC 7386. For the maps of `metadata` a strategic merge does the same."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


@routes.delete(CORE + "/pods/{name}")
async def delete_pod(request: web.Request) -> web.Response:
    api = request.app[API]
    options = await body(request)
    if options is not None and not isinstance(options, dict):
        raise bad_request("the body of a DELETE must be DeleteOptions")
    pod = pod_of(request).object
    _preconditions(pod, options or {})
    grace = number(request, "gracePeriodSeconds")
    grace = (options or {}).get("gracePeriodSeconds") if grace is None else grace
    return web.json_response(api.kubelet.delete(pod, grace))


def _preconditions(pod: Object, options: Object) -> None:
    wanted = (options.get("preconditions") or {}).get("uid")
    if wanted not in (None, pod["metadata"]["uid"]):
        raise ApiError(409, "Conflict", f"the pod's uid is {pod['metadata']['uid']}, not {wanted}")


@routes.delete(CORE + "/pods")
async def delete_pods(request: web.Request) -> web.Response:
    """All pods of a namespace that match the selectors."""
    from local.emulators.kubernetes.selectors import selects

    api = request.app[API]
    matches = selects(request.query.get("labelSelector", ""), request.query.get("fieldSelector", ""))
    grace = number(request, "gracePeriodSeconds")
    found = [pod for pod in api.store.all("pods", api.namespace(request)) if matches(pod)]
    items = [api.kubelet.delete(pod, grace) for pod in found]
    metadata = {"resourceVersion": api.store.version}
    return web.json_response({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items})


@routes.get(CORE + "/pods/{name}/log")
async def pod_log(request: web.Request) -> web.StreamResponse:
    pod = pod_of(request)
    name = container_of(request, pod)
    if flag(request, "previous"):
        raise bad_request(f"previous terminated container {name} in pod {pod.name} not found")
    if flag(request, "follow"):
        await request.app[API].store.until(lambda: pod.state.states[name].kind != "waiting", STARTS_SOON_SECONDS)
    state = pod.state.states[name]
    if state.kind == "waiting":
        reason = state.detail.get("reason", "")
        raise bad_request(f'container "{name}" in pod "{pod.name}" is waiting to start: {reason}')
    wanted = logs.LogRequest(
        follow=flag(request, "follow"),
        timestamps=flag(request, "timestamps"),
        tail=number(request, "tailLines"),
        since=_since(request),
        limit=number(request, "limitBytes"),
    )
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    file = pod.container_directory(name) / "log"
    try:
        async for chunk in logs.read(file, wanted, lambda: pod.state.states[name].terminated):
            await response.write(chunk)
    except ConnectionResetError:
        return response  # the client has read enough
    return response


def _since(request: web.Request) -> datetime.datetime | None:
    if text := request.query.get("sinceTime"):
        try:
            return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
        except ValueError:
            raise bad_request(f'sinceTime is "{text}", which is not an RFC 3339 time') from None
    seconds = number(request, "sinceSeconds")
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds) if seconds else None
