"""The HTTP face of the flights API: tokens, pages, the clock, and faults on request."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

from aiohttp import web

from local.company.flights_api import data
from local.company.flights_api.faults import Faults
from local.company.flights_api.store import Store
from local.company.flights_api.tokens import Tokens
from local.emulators.common.attempts import LONGEST_TOKEN, Attempts
from local.emulators.common.bodies import json_of

MAX_PAGE = 500
FAULT_KEYS = {"status", "times", "rate_limit", "corrupt", "fix"}
DATA = "/v1/flights"
"""What clients read. All else is the company's own."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BadRequest(ValueError):
    """What a client asked for cannot be understood; the sentence goes into the answer."""


class Api:
    """Routes over a store. Every caller but the health check must bear one of `tokens`."""

    def __init__(self, store: Store, tokens: Tokens, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self._tokens = tokens
        self._attempts = Attempts(LONGEST_TOKEN)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._explain, self._authenticate])
        app.add_routes(
            [
                web.get("/health", self.health),
                web.get("/v1/flights", self.flights),
                web.get("/v1/flights/count", self.count),
                web.get("/v1/clock", self.get_clock),
                web.put("/v1/clock", self.put_clock),
                web.get("/v1/faults", self.get_faults),
                web.put("/v1/faults", self.put_faults),
                web.post("/v1/tokens", self.issue_token),
                web.delete("/v1/tokens", self.revoke_tokens),
            ]
        )
        return app

    @web.middleware
    async def _explain(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except BadRequest as error:
            return web.json_response({"error": str(error)}, status=400)

    @web.middleware
    async def _authenticate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if request.path != "/health":
            reads = request.path.startswith(DATA) and self._tokens.may_read(token)
            if kind != "Bearer" or not (reads or (self._tokens.is_own(token) and not request.path.startswith(DATA))):
                await asyncio.sleep(self._attempts.wrong(""))
                return web.json_response({"error": "a valid bearer token is required"}, status=401)
            self._attempts.right("")
        return await handler(request)

    async def health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def flights(self, request: web.Request) -> web.Response:
        """?updated_since= (exclusive) &page_token= &page_size= gives {"data": […], "next_page_token": … or null}."""
        if refusal := self._faults.next_refusal():
            wait = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
            return web.json_response({"error": refusal.sentence}, status=refusal.status, headers=wait)
        token = request.query.get("page_token")
        page = self._store.page(
            updated_since=_moment(request.query.get("updated_since")),
            position=_position(token) if token else None,
            size=_page_size(request.query.get("page_size", "100")),
        )
        following = None if page.next_position is None else _token(page.next_position)
        return web.json_response({"data": page.records, "next_page_token": following})

    async def count(self, request: web.Request) -> web.Response:
        day = request.query.get("day")
        return web.json_response({"day": day, "count": self._store.count(None if day is None else _day(day))})

    async def get_clock(self, _: web.Request) -> web.Response:
        return web.json_response({"day": self._store.clock})

    async def put_clock(self, request: web.Request) -> web.Response:
        """{"day": "2013-01-03"}: that day has ended and its flights are known. {"day": null}: none has."""
        day = (await _body(request)).get("day")
        self._store.clock = None if day is None else _day(day)
        return await self.get_clock(request)

    async def issue_token(self, _: web.Request) -> web.Response:
        """Issue another token to a client. The ones before it stay valid."""
        return web.json_response({"token": self._tokens.issue()})

    async def revoke_tokens(self, _: web.Request) -> web.Response:
        """Revoke every client's token but the newest."""
        return web.json_response({"revoked": self._tokens.revoke_others()})

    async def get_faults(self, _: web.Request) -> web.Response:
        return web.json_response(self._switches())

    async def put_faults(self, request: web.Request) -> web.Response:
        """Any of {"status": 503, "times": 2}, {"rate_limit": 5}, {"corrupt": {"flight_id" or "day", "field", "value"}},
        {"fix": {"flight_id" or "day"}}; {} ends failures and the limit."""
        asked = await _body(request)
        if unknown := sorted(set(asked) - FAULT_KEYS):
            raise BadRequest(f"unknown fault {unknown[0]!r}; use one of {', '.join(sorted(FAULT_KEYS))}")
        status, times = _number(asked, "status", 400, 599), _number(asked, "times", 1)
        limit = _number(asked, "rate_limit", 0)
        if times is not None and status is None:
            raise BadRequest("times stands beside a status")
        if not asked or status is not None:
            self._faults.fail(status or 0, (times or 1) if asked else 0)
        if not asked or limit is not None:
            self._faults.rate_limit = limit or 0
        answer: dict[str, Any] = self._switches()
        if "corrupt" in asked:
            answer["record"] = self._corrupt(asked["corrupt"])
        if "fix" in asked:
            answer["record"] = self._on_flight(asked["fix"], self._store.fix)
        return web.json_response(answer)

    def _corrupt(self, asked: Any) -> dict[str, Any]:
        field = asked.get("field") if isinstance(asked, dict) else None
        if field not in data.COLUMNS:
            raise BadRequest(f"corrupt.field {field!r} is not a column of a flight")
        return self._on_flight(asked, lambda flight: self._store.change(flight, field, asked.get("value")))

    def _on_flight(self, named: Any, act: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """Does something to the flight that is named by its id, or to the first flight of the day that is named."""
        if not isinstance(named, dict):
            raise BadRequest('a flight is named by an object: {"flight_id": …} or {"day": …}')
        try:
            return act(str(named.get("flight_id") or self._store.first_of(_day(named.get("day")))))
        except KeyError as error:
            raise BadRequest(f"no flight is known for {error.args[0]!r}") from error

    def _switches(self) -> dict[str, Any]:
        faults = self._faults
        return {
            "status": faults.status if faults.times else None,
            "times": faults.times,
            "rate_limit": faults.rate_limit,
        }


def _token(position: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def _position(token: str) -> tuple[str, str]:
    try:
        updated_at, flight_id = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, RecursionError) as error:
        raise BadRequest("page_token was not given out by this API") from error
    return str(updated_at), str(flight_id)


def _number(asked: dict[str, Any], key: str, least: int, most: int | None = None) -> int | None:
    """Return the whole number under the key, None where there is none. Raises BadRequest for anything else."""
    if key not in asked:
        return None
    value = asked[key]
    if type(value) is not int or value < least or (most is not None and value > most):
        raise BadRequest(f"{key} is a whole number from {least}{'' if most is None else f' to {most}'}, not {value!r}")
    return value


def _page_size(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= MAX_PAGE:
        raise BadRequest(f"page_size must be a number from 1 to {MAX_PAGE}, and not {text!r}")
    return int(text)


def _moment(text: str | None) -> str:
    """A timestamp as the data writes it (whole seconds, UTC), so that text comparison is time comparison."""
    if not text:
        return ""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError as error:
        raise BadRequest(f"updated_since must look like 2013-01-02T00:00:00Z, and not {text!r}") from error


def _day(text: Any) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except (TypeError, ValueError) as error:
        raise BadRequest(f"day must look like 2013-01-03, and not {text!r}") from error


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await json_of(request)
    except ValueError as error:
        raise BadRequest("the body must be JSON") from error
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    return body
