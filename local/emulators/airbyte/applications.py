"""Applications: the clients that may ask for tokens. The first is the installation's; others are made by the API."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Mapping, Sequence

from aiohttp import web

from local.emulators.airbyte.bodies import json_body
from local.emulators.airbyte.resources import Missing, Refused
from local.emulators.airbyte.store import Document, Store

FIRST = "installation"


class Applications:
    """`client` is the pair of the credentials file."""

    def __init__(self, store: Store, client: Mapping[str, str]) -> None:
        self._store = store
        known = store.get("applications", FIRST)
        if known is None or known["clientId"] != client["client_id"]:
            self._keep(FIRST, "the installation's", client["client_id"], client["client_secret"])

    def clients(self) -> dict[str, str]:
        """Return each application's secret by its client id."""
        return {one["clientId"]: one["clientSecret"] for one in self.list()}

    def routes(self, base: str) -> Sequence[web.AbstractRouteDef]:
        """Return the public API's routes of applications, below `base`."""

        async def all_of_them(_: web.Request) -> web.Response:
            return web.json_response({"applications": self.list()})

        async def create(request: web.Request) -> web.Response:
            return web.json_response(self.create(await json_body(request)))

        async def delete(request: web.Request) -> web.Response:
            self.delete(request.match_info["id"])
            return web.Response(status=204)

        path = f"{base}/applications"
        return [web.get(path, all_of_them), web.post(path, create), web.delete(f"{path}/{{id}}", delete)]

    def list(self) -> list[Document]:
        """Return the applications as the API shows them."""
        return [one for one in self._store.all("applications") if "deleted" not in one]

    def create(self, body: Document) -> Document:
        """Make another application. Raises Refused."""
        name = body.get("name")
        if not isinstance(name, str) or not name:
            raise Refused("name is required")
        return self._keep(str(uuid.uuid4()), name, str(uuid.uuid4()), secrets.token_urlsafe(32))

    def delete(self, id: str) -> None:
        """Delete an application, and so its tokens. Raises Missing."""
        known = self._store.get("applications", id)
        if known is None or "deleted" in known:
            raise Missing(f"there is no application {id}")
        self._store.put("applications", id, known | {"deleted": True})  # or the first would come back at the next start

    def _keep(self, id: str, name: str, client_id: str, client_secret: str) -> Document:
        made = {
            "id": id, "name": name, "clientId": client_id, "clientSecret": client_secret,
            "createdAt": int(time.time() * 1000),
        }  # fmt: skip
        self._store.put("applications", id, made)
        return made
