"""The HTTP application: who may call, how errors look, and which routes there are."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from local.emulators.common.attempts import LONGEST_TOKEN, Attempts
from local.emulators.common.bodies import parsed
from local.emulators.kubernetes.backend import Backend
from local.emulators.kubernetes.errors import ApiError, bad_request
from local.emulators.kubernetes.kubelet import Kubelet
from local.emulators.kubernetes.rights import Identities
from local.emulators.kubernetes.secrets import Secrets
from local.emulators.kubernetes.store import Store

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Api:
    """What the handlers share."""

    store: Store
    kubelet: Kubelet
    secrets: Secrets
    backend: Backend
    namespaces: tuple[str, ...]

    def namespace(self, request: web.Request) -> str:
        """The namespace of a request; one that does not exist is an error, as it would be in a cluster."""
        name = request.match_info["namespace"]
        if name not in self.namespaces:
            raise ApiError(404, "NotFound", f'namespaces "{name}" not found; there are: {", ".join(self.namespaces)}')
        return name


API = web.AppKey("api", Api)


def authenticated(identities: Identities) -> Middleware:
    """Every call but /health carries a bearer token, and asks for what its identity may."""
    attempts = Attempts(LONGEST_TOKEN)

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode(errors="replace")
        if request.path == "/health":
            return await handler(request)
        identity = identities.find(given)
        if identity is None:
            await asyncio.sleep(attempts.wrong(""))
            raise ApiError(401, "Unauthorized", "Unauthorized: the request carries no valid bearer token")
        attempts.right("")
        identity.check(request)
        return await handler(request)

    return check


@web.middleware
async def errors_as_status(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error is a Status object; an error of ours is logged and says so."""
    try:
        return await handler(request)
    except ApiError as error:
        return web.json_response(error.status(), status=error.code)
    except web.HTTPNotFound:
        message = f"the local Kubernetes API does not serve {request.path}"
        return web.json_response(ApiError(404, "NotFound", message).status(), status=404)
    except web.HTTPMethodNotAllowed:
        message = f"the local Kubernetes API does not serve {request.method} on {request.path}"
        return web.json_response(ApiError(405, "MethodNotAllowed", message).status(), status=405)
    except web.HTTPException as error:
        return web.json_response(ApiError(error.status, error.reason, error.text or "").status(), status=error.status)
    except ConnectionResetError:
        raise
    except Exception:
        log.exception("%s %s", request.method, request.path)
        message = "an error of the local Kubernetes API; its log has the details"
        return web.json_response(ApiError(500, "InternalError", message).status(), status=500)


async def body(request: web.Request) -> object:
    """The JSON of a request; None if there is none."""
    content = await request.read()
    if not content:
        return None
    try:
        result: object = parsed(content)
    except ValueError:
        raise bad_request(f"the body of the request is not JSON (content type {request.content_type})") from None
    return result


def flag(request: web.Request, name: str) -> bool:
    """A boolean parameter; the Python client writes `True`, kubectl `true`."""
    return request.query.get(name, "").lower() in ("true", "1")


def number(request: web.Request, name: str) -> int | None:
    """A numeric parameter."""
    text = request.query.get(name)
    if text in (None, ""):
        return None
    try:
        return int(str(text))
    except ValueError:
        raise bad_request(f'{name} is "{text}", which is not a whole number') from None
