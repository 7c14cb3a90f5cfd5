"""Lists, tables and watches of any resource, with selectors."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from local.emulators.kubernetes import tables
from local.emulators.kubernetes.app import API, flag, number
from local.emulators.kubernetes.errors import ApiError, bad_request, invalid
from local.emulators.kubernetes.selectors import selects
from local.emulators.kubernetes.store import Change, Object, Store

LONGEST_WATCH_SECONDS = 3600


def as_is(object: Object) -> Object:
    return object


async def respond(
    request: web.Request, resource: str, kind: str, version: str, show: Callable[[Object], Object] = as_is
) -> web.StreamResponse:
    """Answers a list or watch request. `show` is how an object may be seen."""
    api = request.app[API]
    namespace = api.namespace(request) if "namespace" in request.match_info else None
    matches = selects(request.query.get("labelSelector", ""), request.query.get("fieldSelector", ""))
    for object in api.store.all(resource, namespace)[:1]:
        matches(object)  # a selector that cannot be read is the client's mistake, also where nothing is to be selected
    if flag(request, "watch"):
        return await _watch(request, api.store, Watched(resource, namespace, matches, show))
    items = [show(object) for object in api.store.all(resource, namespace) if matches(object)]
    if "as=Table" in request.headers.get("Accept", ""):
        return web.json_response(tables.table(resource, items, api.store.version))
    metadata = {"resourceVersion": api.store.version}
    return web.json_response({"kind": f"{kind}List", "apiVersion": version, "metadata": metadata, "items": items})


class Watched:
    """One client's view of a resource: objects enter and leave it as they begin and cease to match."""

    def __init__(
        self,
        resource: str,
        namespace: str | None,
        matches: Callable[[Mapping[str, Any]], bool],
        show: Callable[[Object], Object],
    ) -> None:
        self.resource, self.namespace, self.matches, self.show = resource, namespace, matches, show
        self._seen: set[str] = set()

    def begin(self, objects: list[Object]) -> list[Object]:
        """The objects in view at the start."""
        found = [object for object in objects if self.matches(object)]
        self._seen.update(object["metadata"]["uid"] for object in found)
        return found

    def event(self, change: Change) -> tuple[str, Object] | None:
        """What a client gets of a change, if anything."""
        metadata = change.object["metadata"]
        if change.resource != self.resource or self.namespace not in (None, metadata["namespace"]):
            return None
        seen, matches = metadata["uid"] in self._seen, self.matches(change.object)
        if not seen and not matches:
            return None
        kind = change.type
        if not matches or kind == "DELETED":
            self._seen.discard(metadata["uid"])
            kind = "DELETED"
        else:
            self._seen.add(metadata["uid"])
        return kind, self.show(change.object)


async def _watch(request: web.Request, store: Store, view: Watched) -> web.StreamResponse:
    if flag(request, "sendInitialEvents"):
        raise invalid("sendInitialEvents is not served; list first, then watch from the list's resourceVersion")
    seconds = number(request, "timeoutSeconds")
    deadline = time.monotonic() + min(seconds or LONGEST_WATCH_SECONDS, LONGEST_WATCH_SECONDS)
    version = request.query.get("resourceVersion", "")
    if version and not version.isdigit():
        raise bad_request(f'resourceVersion is "{version}", which is not one that this server gave out')
    as_table = "as=Table" in request.headers.get("Accept", "")
    response = web.StreamResponse(headers={"Content-Type": "application/json"})

    async def send(kind: str, object: Object) -> None:
        if as_table and kind != "ERROR":
            object = tables.table(view.resource, [object], object["metadata"]["resourceVersion"])
        await response.write(json.dumps({"type": kind, "object": object}).encode() + b"\n")

    with store.listen() as changes:
        last = int(version or 0)
        begin = view.begin(store.all(view.resource, view.namespace)) if not last else []
        current = int(store.version)
        await response.prepare(request)
        try:
            for object in begin:
                await send("ADDED", view.show(object))
            if last:
                for change in store.since(last):
                    if change.version <= current and (event := view.event(change)):
                        await send(*event)
            while (left := deadline - time.monotonic()) > 0:
                try:
                    change_or_end = await asyncio.wait_for(changes.get(), left)
                except TimeoutError:
                    break
                if change_or_end is None:
                    break
                if event := view.event(change_or_end):
                    await send(*event)
        except ApiError as error:
            await send("ERROR", error.status())
        except ConnectionResetError:
            return response  # the client has seen enough
    return response
