"""Airbyte's HTTP API: the public one (/api/public/v1), and of the configuration API what tells why a job failed and
what tries a configuration. /local holds the switches for faults, which Airbyte does not have."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import BasicAuth, web

from local.emulators.airbyte.applications import Applications
from local.emulators.airbyte.bodies import json_body
from local.emulators.airbyte.catalogue import Catalogue, InvalidConfiguration, UnknownDefinition
from local.emulators.airbyte.checks import Checks
from local.emulators.airbyte.connectors import ConnectorError
from local.emulators.airbyte.faults import Faults
from local.emulators.airbyte.jobs import TYPES, Conflict, Jobs
from local.emulators.airbyte.resources import WORKSPACE, Missing, Refused, Resources, Taken
from local.emulators.airbyte.store import Document, Store
from local.emulators.airbyte.tokens import LIFETIME, Tokens
from local.emulators.common.attempts import LONGEST_TOKEN, Attempts

BASE = "/api/public/v1"
OPEN = ("/health", f"{BASE}/health", f"{BASE}/applications/token")
JOB_KEYS = (
    "jobId",
    "status",
    "jobType",
    "startTime",
    "connectionId",
    "lastUpdatedAt",
    "duration",
    "bytesSynced",
    "rowsSynced",
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    def __init__(
        self, store: Store, catalogue: Catalogue, jobs: Jobs, faults: Faults, client: Mapping[str, str], checks: Checks
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._resources = Resources(store, catalogue)
        self._jobs = jobs
        self._faults = faults
        self._client = client
        self._applications = Applications(store, client)
        self._tokens = Tokens(self._applications.clients)
        self._checks = checks
        self._attempts = Attempts(LONGEST_TOKEN)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._explain, self._gate])
        kind = "{kind:sources|destinations|connections}"
        app.add_routes(
            [
                web.get("/health", self.health),
                web.get(f"{BASE}/health", self.health),
                web.post(f"{BASE}/applications/token", self.token),
                *self._applications.routes(BASE),
                web.get(f"{BASE}/workspaces", self.workspaces),
                web.get(f"{BASE}/workspaces/{{workspace}}/definitions/{{of:sources|destinations}}", self.definitions),
                web.get(f"{BASE}/workspaces/{{workspace}}/definitions/declarative_sources", self.manifests),
                web.post(f"{BASE}/workspaces/{{workspace}}/definitions/declarative_sources", self.create_manifest),
                web.put(
                    f"{BASE}/workspaces/{{workspace}}/definitions/declarative_sources/{{id}}", self.replace_manifest
                ),
                web.delete(
                    f"{BASE}/workspaces/{{workspace}}/definitions/declarative_sources/{{id}}", self.delete_manifest
                ),
                web.get(f"{BASE}/{kind}", self.list),
                web.post(f"{BASE}/{kind}", self.create),
                web.get(f"{BASE}/{kind}/{{id}}", self.read),
                web.patch(f"{BASE}/{kind}/{{id}}", self.change),
                web.put(f"{BASE}/{kind}/{{id}}", self.change),
                web.delete(f"{BASE}/{kind}/{{id}}", self.delete),
                web.get(f"{BASE}/jobs", self.list_jobs),
                web.post(f"{BASE}/jobs", self.create_job),
                web.get(f"{BASE}/jobs/{{id}}", self.read_job),
                web.delete(f"{BASE}/jobs/{{id}}", self.cancel_job),
                web.post("/api/v1/jobs/get", self.job_with_attempts),
                *self._checks.routes(),
                web.get("/local/faults", self.get_faults),
                web.put("/local/faults", self.put_faults),
            ]
        )
        return app

    @web.middleware
    async def _explain(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turns what went wrong into Airbyte's problem documents."""
        try:
            return await handler(request)
        except (Missing, UnknownDefinition) as error:
            return problem(404, "resource-not-found", str(error))
        except (Taken, Conflict) as error:
            return problem(409, "try-again-later" if isinstance(error, Conflict) else "value-conflict", str(error))
        except (Refused, InvalidConfiguration, ConnectorError) as error:
            return problem(422, "unprocessable-entity", str(error))
        except web.HTTPNotFound:
            return problem(404, "resource-not-found", f"there is no {request.method} {request.path}")

    @web.middleware
    async def _gate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/health":
            return await handler(request)
        if request.path.startswith("/api/") and (status := self._faults.takes_request()):
            return problem(status, "unavailable", "failing on request")
        given = request.headers.get("Authorization", "")
        if request.path not in OPEN and not (
            self._tokens.accept(given.removeprefix("Bearer "), time.time())
            or (request.path.startswith("/local/") and self._knows(given))
        ):
            return await self._unauthorized("a valid access token is required")
        return await handler(request)

    async def _unauthorized(self, detail: str) -> web.Response:
        await asyncio.sleep(self._attempts.wrong(""))
        return problem(401, "unauthorized", detail)

    def _knows(self, authorization: str) -> bool:
        """Whether the header has the installation's id and secret, also when Airbyte has forgotten that client: faults
        end with them while tokens are refused by one."""
        try:
            login = BasicAuth.decode(authorization)
        except ValueError:
            return False
        first = {self._client["client_id"]: self._client["client_secret"]}
        return Tokens(lambda: first).issue(login.login, login.password, time.time()) is not None

    async def health(self, _: web.Request) -> web.Response:
        return web.Response(text="Successful operation")

    async def token(self, request: web.Request) -> web.Response:
        given: Mapping[str, Any] = await (
            json_body(request) if request.content_type == "application/json" else request.post()
        )
        token = self._tokens.issue(str(given.get("client_id", "")), str(given.get("client_secret", "")), time.time())
        if token is None:
            return await self._unauthorized("client_id and client_secret are not a known pair")
        self._attempts.right("")
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME})

    async def workspaces(self, _: web.Request) -> web.Response:
        return _data([{"workspaceId": WORKSPACE, "name": "assay", "dataResidency": "auto", "notifications": {}}])

    async def definitions(self, request: web.Request) -> web.Response:
        _workspace(request)
        known = self._catalogue.sources() if request.match_info["of"] == "sources" else self._catalogue.destinations()
        return _data([one.public() for one in known])

    async def manifests(self, request: web.Request) -> web.Response:
        _workspace(request)
        return _data(_paged(request, self._store.all("definitions")))

    async def create_manifest(self, request: web.Request) -> web.Response:
        _workspace(request)
        body = await json_body(request)
        if not body.get("name") or not isinstance(body.get("manifest"), dict):
            raise Refused("name and manifest are required")
        if any(one["name"] == body["name"] for one in self._store.all("definitions")):
            raise Taken(f"a low-code connector named {body['name']!r} exists already")
        made = {"id": str(uuid.uuid4()), "name": body["name"], "manifest": body["manifest"], "version": 1}
        self._store.put("definitions", made["id"], made)
        return web.json_response(made)

    async def replace_manifest(self, request: web.Request) -> web.Response:
        _workspace(request)
        id, body = request.match_info["id"], await json_body(request)
        old = self._store.get("definitions", id)
        if old is None:
            raise Missing(f"there is no low-code connector {id}")
        if not isinstance(body.get("manifest"), dict):
            raise Refused("manifest is required")
        version = old["version"] + 1
        return web.json_response(self._store.update("definitions", id, manifest=body["manifest"], version=version))

    async def delete_manifest(self, request: web.Request) -> web.Response:
        _workspace(request)
        self._resources.delete_definition(request.match_info["id"])
        return web.Response(status=204)

    async def list(self, request: web.Request) -> web.Response:
        return _data(_paged(request, await asyncio.to_thread(self._resources.list, request.match_info["kind"])))

    async def create(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        return web.json_response(await asyncio.to_thread(self._resources.create, request.match_info["kind"], body))

    async def read(self, request: web.Request) -> web.Response:
        kind, id = request.match_info["kind"], request.match_info["id"]
        return web.json_response(await asyncio.to_thread(self._resources.read, kind, id))

    async def change(self, request: web.Request) -> web.Response:
        kind, id, body = request.match_info["kind"], request.match_info["id"], await json_body(request)
        whole = request.method == "PUT"
        return web.json_response(await asyncio.to_thread(self._resources.change, kind, id, body, whole))

    async def delete(self, request: web.Request) -> web.Response:
        self._resources.delete(request.match_info["kind"], request.match_info["id"])
        return web.Response(status=204)

    async def list_jobs(self, request: web.Request) -> web.Response:
        """Newest first unless `orderBy` says ASC; filters: connectionId, jobType, status."""
        jobs = self._store.all("jobs")
        for key in ("connectionId", "jobType", "status"):
            if wanted := request.query.get(key):
                jobs = [job for job in jobs if job[key] == wanted]
        field, _, direction = request.query.get("orderBy", "createdAt|DESC").partition("|")
        by = "lastUpdatedAt" if field == "updatedAt" else "startTime"
        jobs.sort(key=lambda job: (job[by], job["jobId"]), reverse=direction != "ASC")
        return _data([public_job(job) for job in _paged(request, jobs)])

    async def create_job(self, request: web.Request) -> web.Response:
        body = await json_body(request)
        if body.get("jobType") not in TYPES:
            raise Refused(f"jobType must be one of {', '.join(TYPES)}")
        connection = self._store.get("connections", str(body.get("connectionId")))
        if connection is None:
            raise Missing(f"there is no connection {body.get('connectionId')}")
        if connection["status"] != "active":
            raise Refused(f"the connection {connection['name']} is {connection['status']}")
        return web.json_response(public_job(self._jobs.submit(connection["connectionId"], body["jobType"])))

    async def read_job(self, request: web.Request) -> web.Response:
        return web.json_response(public_job(self._job(request.match_info["id"])))

    async def cancel_job(self, request: web.Request) -> web.Response:
        job = self._job(request.match_info["id"])
        return web.json_response(public_job(await asyncio.to_thread(self._jobs.cancel, job)))

    async def job_with_attempts(self, request: web.Request) -> web.Response:
        """{"id": 7}, as in the configuration API of a self-managed Airbyte: the attempts, and why they failed."""
        job = self._job(str((await json_body(request)).get("id")))
        attempts = [
            {"attempt": {"id": one["number"] - 1, "status": one["status"],
                         **({"failureSummary": {"failures": [one["failure"]]}} if "failure" in one else {})}}
            for one in job["attempts"]
        ]  # fmt: skip
        return web.json_response({"job": {"id": job["jobId"], "status": job["status"]}, "attempts": attempts})

    async def get_faults(self, _: web.Request) -> web.Response:
        return web.json_response(vars(self._faults))

    async def put_faults(self, request: web.Request) -> web.Response:
        """Replaces all switches: {"job": "stall", "seconds": 5, "status": 503, "times": 3}; {} switches all off."""
        asked = await json_body(request)
        try:
            self._faults.switch(asked)
        except ValueError as wrong:
            raise Refused(str(wrong)) from wrong
        return await self.get_faults(request)

    def _job(self, id: str) -> Document:
        job = self._store.get("jobs", id)
        if job is None:
            raise Missing(f"there is no job {id}")
        return job


def public_job(job: Document) -> Document:
    """A job as the public API shows it."""
    start, end = (time.mktime(time.strptime(job[key], "%Y-%m-%dT%H:%M:%SZ")) for key in ("startTime", "lastUpdatedAt"))
    minutes, seconds = divmod(max(0, int(end - start)), 60)
    return {key: value for key, value in {**job, "duration": f"PT{minutes}M{seconds}S"}.items() if key in JOB_KEYS}


def problem(status: int, title: str, detail: str) -> web.Response:
    return web.json_response({"status": status, "type": "about:blank", "title": title, "detail": detail}, status=status)


def _data(items: list[Document]) -> web.Response:
    return web.json_response({"data": items, "previous": "", "next": ""})


def _paged(request: web.Request, items: list[Document]) -> list[Document]:
    try:
        offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", 20))
    except ValueError as error:
        raise Refused("limit and offset must be numbers") from error
    return items[offset : offset + limit]


def _workspace(request: web.Request) -> None:
    if request.match_info["workspace"] != WORKSPACE:
        raise Missing(f"there is no workspace {request.match_info['workspace']}")
