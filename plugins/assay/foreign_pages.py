"""Web pages that other packages add to Airflow's server: closed, because nothing there asks who reads them.

Airflow mounts a plugin's application beside its own routes, outside their login (cosmos#2972: `/cosmos/docs` and
`/cosmos/openapi.json` answer anybody). The platform uses none of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

OURS = "assay"
"""How the names of the platform's own applications begin; each of them asks for a login itself."""


class CloseForeignPages:
    """ASGI middleware of the API server: what is below another package's prefix is not found."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket") or not below(_path(scope), foreign_prefixes()):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"Not found\n"})


def below(path: str, prefixes: Iterable[str]) -> bool:
    """Whether the path is one of the prefixes or below it. They are written as Airflow's plugins write them."""
    return any(f"{path}/".startswith(f"{prefix.rstrip('/')}/") for prefix in prefixes)


def foreign_prefixes() -> list[str]:
    """Return the prefixes of the applications that are not the platform's own. Airflow keeps what it has loaded."""
    from airflow.plugins_manager import get_fastapi_plugins

    applications, _ = get_fastapi_plugins()
    return [str(each["url_prefix"]) for each in applications
            if each.get("url_prefix") and not str(each.get("name", "")).startswith(OURS)]  # fmt: skip


def _path(scope: Any) -> str:
    """The path as the server's routes read it."""
    from starlette._utils import get_route_path

    return get_route_path(scope)
