"""Bodies of requests to Airbyte's API."""

from __future__ import annotations

from aiohttp import web

from local.emulators.airbyte.resources import Refused
from local.emulators.airbyte.store import Document
from local.emulators.common.bodies import json_of


async def json_body(request: web.Request) -> Document:
    """Return the JSON object that a request brings. Raises Refused."""
    try:
        body = await json_of(request)
    except ValueError as error:
        raise Refused("the body must be JSON") from error
    if not isinstance(body, dict):
        raise Refused("the body must be a JSON object")
    return body
