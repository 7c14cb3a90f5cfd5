"""Snowflake's wire protocol over HTTPS: log in, run statements, log out."""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from fakesnow.converter import from_binding
from fakesnow.transforms import SERVER_VERSION
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.emulators.common import bodies
from local.emulators.common.attempts import Attempts, TooMany

from . import engine, errors, logins, results
from .binding import ACCOUNT
from .names import Names
from .results import Result
from .session import Session
from .statements import settings
from .store import Store

logger = logging.getLogger("warehouse")

# Long before a client gives up on the answer, tell it to ask again.
PATIENCE = 30.0
KEPT_REQUESTS = 50
LOGIN_BYTES, STATEMENT_BYTES = 256 << 10, 64 << 20
"""What a body may hold at most, unpacked: one that anybody may send, and one of a session."""
Outcome = dict[str, Any]


@dataclass
class Client:
    """A logged-in client: its session, and its statements by request id, so that a repeated request runs once."""

    session: Session
    requests: OrderedDict[str, asyncio.Future[Outcome]] = field(default_factory=OrderedDict)


class Server:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.clients: dict[str, Client] = {}
        self.attempts = Attempts()
        self.pool = ThreadPoolExecutor(max_workers=64, thread_name_prefix="statement")

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/health", self.health),
                Route("/session/v1/login-request", self.guarded(self.log_in), methods=["POST"]),
                Route("/session", self.guarded(self.end), methods=["POST"]),
                Route("/session/heartbeat", self.guarded(self.heartbeat), methods=["POST"]),
                Route("/queries/v1/query-request", self.guarded(self.query), methods=["POST"]),
                Route("/queries/v1/abort-request", self.guarded(self.abort), methods=["POST"]),
                Route("/queries/{request_id}/result", self.guarded(self.result)),
                Route("/monitoring/queries/{query_id}", self.guarded(self.monitor)),
                Route("/telemetry/send", self.telemetry, methods=["POST"]),
            ]
        )

    def guarded(self, handler: Callable[[Request], Awaitable[Outcome]]) -> Callable[[Request], Awaitable[Response]]:
        """Answers every failure in Snowflake's own form: clients retry an HTTP error until they time out."""

        @functools.wraps(handler)
        async def answer(request: Request) -> Response:
            try:
                return JSONResponse(await handler(request))
            except Exception as error:
                failure = errors.from_exception(error)
                if failure is not error:
                    logger.exception("%s failed", request.url.path)
                return JSONResponse(failed(failure))

        return answer

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ready"})

    async def telemetry(self, request: Request) -> Response:
        return JSONResponse({"success": True, "data": None, "code": None, "message": None})

    # -- sessions ----------------------------------------------------------------------------------------------

    async def log_in(self, request: Request) -> Outcome:
        data = (await _body(request, LOGIN_BYTES)).get("data")
        if not isinstance(data, dict):
            raise _bad_request("it has no data")
        session = await self._logged_in(data, dict(request.query_params))
        token = secrets.token_urlsafe(32)
        self.clients[token] = Client(session)
        logger.info("login user=%s role=%s", session.user, session.role)
        return succeeded(
            {
                "token": token,
                "masterToken": secrets.token_urlsafe(32),
                "validityInSeconds": 86_400,
                "masterValidityInSeconds": 86_400,
                "displayUserName": session.user,
                "serverVersion": SERVER_VERSION,
                "sessionId": session.number,
                "parameters": [
                    {"name": "AUTOCOMMIT", "value": session.autocommit},
                    {"name": "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "value": 3600},
                    {"name": "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "value": 0},
                    {"name": "CLIENT_TELEMETRY_ENABLED", "value": False},
                    {"name": "TIMEZONE", "value": "Etc/UTC"},
                ],
                "sessionInfo": {
                    "databaseName": session.database,
                    "schemaName": session.schema,
                    "warehouseName": session.warehouse,
                    "roleName": session.role,
                },
            }
        )

    async def _logged_in(self, data: dict[str, Any], query: dict[str, str]) -> Session:
        """Return the session of a right login; hold the answer to a wrong one back."""
        loop, name = asyncio.get_running_loop(), str(data.get("LOGIN_NAME") or "").upper()
        try:
            async with self.attempts.turn(name):
                try:
                    session = await loop.run_in_executor(self.pool, self._open_session, data, query)
                except errors.SqlError as error:
                    if error.code in (logins.WRONG_PASSWORD, logins.WRONG_TOKEN):
                        await asyncio.sleep(self.attempts.wrong(name))
                    raise
        except TooMany as error:
            raise errors.SqlError(str(error), code=logins.WRONG_PASSWORD, state="08001") from None
        self.attempts.right(name)
        return session

    def _open_session(self, data: dict[str, Any], query: dict[str, str]) -> Session:
        catalog = self.store.catalog
        login = str(data.get("LOGIN_NAME") or "")
        authenticator = str(data.get("AUTHENTICATOR") or "SNOWFLAKE").upper()
        if authenticator == "SNOWFLAKE_JWT":
            user = logins.by_token(catalog, ACCOUNT, login, str(data.get("TOKEN") or ""))
        elif authenticator in ("SNOWFLAKE", "USERNAME_PASSWORD_MFA"):
            user = logins.by_password(catalog, login, str(data.get("PASSWORD") or ""))
        else:
            raise errors.SqlError(f"Authenticator {authenticator} is not supported here.", code=390190, state="08001")
        role = _name(query.get("roleName") or "")
        session = Session(self.store, user.name, "PUBLIC")
        session.secondary_roles = None if user.secondary_roles else frozenset()
        if role:
            try:
                settings.use_role(session, role)
            except errors.SqlError:
                raise errors.SqlError(
                    f"Role '{role}' specified in the connect string does not exist or not authorized. "
                    "Contact your local system administrator, or attempt to login with another role, e.g. PUBLIC.",
                    code=390189,
                    state="08001",
                ) from None
        elif user.default_role in catalog.roles_of_user(user.name):
            session.role = user.default_role
        for name, value in (data.get("SESSION_PARAMETERS") or {}).items():
            text = str(value)
            if name.upper() == "AUTOCOMMIT":
                session.autocommit = text.upper() == "TRUE"
            elif settings.is_known(name.upper()):  # clients send parameters of their own, which are not the session's
                settings.set_parameter(session, name.upper(), text)
        _settle(session, query, user.default_namespace, user.default_warehouse)
        return session

    def _client(self, request: Request) -> tuple[str, Client]:
        header = request.headers.get("Authorization", "")
        token = header[len('Snowflake Token="') : -1]
        client = self.clients.get(token)
        if client is None:
            raise errors.SqlError(
                "Session no longer exists.  New login required to access the service.", code=390111, state="08001"
            )
        return token, client

    async def end(self, request: Request) -> Outcome:
        token, client = self._client(request)
        if request.query_params.get("delete"):
            del self.clients[token]
            await asyncio.get_running_loop().run_in_executor(self.pool, client.session.close)
        return succeeded(None)

    async def heartbeat(self, request: Request) -> Outcome:
        self._client(request)
        return succeeded(None)

    # -- statements --------------------------------------------------------------------------------------------

    async def query(self, request: Request) -> Outcome:
        _, client = self._client(request)
        body = await _body(request, STATEMENT_BYTES)
        request_id = request.query_params.get("requestId") or secrets.token_hex(16)
        if request_id not in client.requests:
            loop = asyncio.get_running_loop()
            client.requests[request_id] = loop.run_in_executor(self.pool, _run, client.session, body)
            while len(client.requests) > KEPT_REQUESTS:
                client.requests.popitem(last=False)
        return await self._outcome(client, request_id)

    async def result(self, request: Request) -> Outcome:
        _, client = self._client(request)
        return await self._outcome(client, request.path_params["request_id"])

    async def _outcome(self, client: Client, request_id: str) -> Outcome:
        running = client.requests.get(request_id)
        if running is None:
            raise errors.SqlError(f"Statement {request_id} not found", code=709, state="02000")
        done, _ = await asyncio.wait([running], timeout=PATIENCE)
        if done:
            return running.result()
        return {
            "data": {"getResultUrl": f"/queries/{request_id}/result", "queryId": request_id},
            "code": "333334",
            "message": "Query execution in progress.",
            "success": True,
        }

    async def abort(self, request: Request) -> Outcome:
        _, client = self._client(request)
        if running := client.session.statement:
            running.cancel()
        return succeeded(None)

    async def monitor(self, request: Request) -> Outcome:
        _, client = self._client(request)
        known = request.path_params["query_id"] in client.session.results
        return succeeded({"queries": [{"status": "SUCCESS"}] if known else []})

    def close(self) -> None:
        for client in self.clients.values():
            client.session.connection.interrupt()
        self.pool.shutdown(wait=True, cancel_futures=True)
        for client in self.clients.values():
            client.session.close()
        self.store.close()


def _run(session: Session, body: dict[str, Any]) -> Outcome:
    try:
        params, batch = _bindings(body.get("bindings") or {})
        query_id, result = engine.execute(session, body["sqlText"], params, batch)
        return succeeded(_encoded(session, query_id, result))
    except Exception as error:
        failure = errors.from_exception(error)
        if failure is not error:
            logger.exception("a statement failed in an unforeseen way")
        return failed(failure)


def _bindings(bindings: dict[str, Any]) -> tuple[list[Any] | None, list[list[Any]]]:
    """Positional values; or rows of them, when the client sends many at once."""
    if not bindings:
        return None, []
    if not all(key.isdigit() for key in bindings):
        raise errors.unsupported("named bindings")
    ordered = [bindings[str(position)] for position in range(1, len(bindings) + 1)]
    if any(isinstance(b["value"], list) for b in ordered):
        columns = [[None if v is None else from_binding({**b, "value": v}) for v in b["value"]] for b in ordered]
        return None, [list(row) for row in zip(*columns, strict=True)]
    return [None if b["value"] is None else from_binding(b) for b in ordered], []


def _encoded(session: Session, query_id: str, result: Result) -> dict[str, Any]:
    data: dict[str, Any] = {
        "parameters": [{"name": "TIMEZONE", "value": "Etc/UTC"}, {"name": "AUTOCOMMIT", "value": session.autocommit}],
        "rowtype": result.rowtype,
        "total": result.table.num_rows,
        "returned": result.table.num_rows,
        "queryId": query_id,
        "statementTypeId": result.type_id,
        "finalDatabaseName": session.database,
        "finalSchemaName": session.schema,
        "finalWarehouseName": session.warehouse,
        "finalRoleName": session.role,
    }
    if result.stats:
        data["stats"] = result.stats
    if result.is_dml:
        columns = [column.to_pylist() for column in result.table.columns]
        rowset = [[None if v is None else str(v) for v in row] for row in zip(*columns, strict=True)]
        return {**data, "queryResultFormat": "json", "rowset": rowset}
    rows = b64encode(results.encoded(result)).decode()
    return {**data, "queryResultFormat": "arrow", "rowsetBase64": rows}


def _settle(session: Session, query: dict[str, str], namespace: str, warehouse: str) -> None:
    """Put a new session where its login asked for, as far as it may go there; like Snowflake, without complaint."""
    database, _, schema = namespace.partition(".")
    database = _name(query.get("databaseName") or "") or database
    schema = _name(query.get("schemaName") or "") or schema
    names = Names(session, session.catalog, session.access())
    try:
        settings.use_warehouse(session, _name(query.get("warehouse") or "") or warehouse)
    except errors.SqlError:
        session.warehouse = None
    try:
        if database:
            settings.use_database(session, names, database)
            if schema:
                names.schema((database, schema), entered=False)
                session.schema = schema
    except errors.SqlError as error:
        logger.info("login user=%s: %s", session.user, error.message)


def _name(text: str) -> str:
    return text[1:-1] if text.startswith('"') and text.endswith('"') and len(text) > 1 else text.upper()


async def _body(request: Request, most: int) -> dict[str, Any]:
    """The JSON object of a request, which is never larger than `most` bytes, neither packed nor unpacked."""
    try:
        if bodies.too_large(request.headers, most):
            raise ValueError(f"it has more than {most} bytes")
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > most:
                raise ValueError(f"it has more than {most} bytes")
        zipped = request.headers.get("Content-Encoding", "").lower() == "gzip"
        parsed = bodies.parsed(bodies.unpacked(bytes(content), most) if zipped else bytes(content))
    except ValueError as problem:
        raise _bad_request(str(problem)) from None
    if not isinstance(parsed, dict):
        raise _bad_request("it is not a JSON object")
    return parsed


def _bad_request(reason: str) -> errors.SqlError:
    return errors.SqlError(f"Bad request: the body cannot be read: {reason}.", code=390400, state="22000")


def succeeded(data: Any) -> Outcome:
    return {"data": data, "code": None, "message": None, "success": True}


def failed(error: errors.SqlError) -> Outcome:
    code = f"{error.code:06d}"
    return {
        "data": {"errorCode": code, "sqlState": error.state, "internalError": False},
        "code": code,
        "message": error.message,
        "success": False,
        "headers": None,
    }
