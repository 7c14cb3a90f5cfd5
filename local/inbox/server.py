"""The webhook, the page, the JSON for tests, and the switch that makes the chat server fail on purpose."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from local.inbox import markup
from local.inbox.store import Message, Store

TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
TEMPLATES.filters["chat"] = markup.html
PAGE = TEMPLATES.get_template("page.html")
LARGEST_BODY = 1_000_000
DOCUMENTS = Path(__file__).resolve().parents[2] / "docs"


def application(store: Store, tokens: Mapping[str, str]) -> web.Application:
    """`tokens` maps each channel to the secret part of its hook's path."""
    faults: dict[str, Any] = {}

    async def health(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def receive(request: web.Request) -> web.Response:
        channel = channel_of(request.match_info["token"], tokens)
        if channel is None:
            return web.Response(status=404, text="no_team")
        if status := faults.get("status"):
            return web.Response(status=status, text="made to fail")
        payload = await payload_of(request)
        if not isinstance(payload, dict):
            return web.Response(status=400, text="invalid_payload")
        if not any(payload.get(key) for key in ("text", "blocks", "attachments")):
            return web.Response(status=400, text="no_text")
        text, username = str(payload.get("text") or ""), str(payload.get("username") or "")
        try:
            store.add(Message(channel, text, payload, username))
        except OSError as problem:
            return web.Response(status=507, text=f"The message could not be kept: {problem.strerror or problem}.")
        return web.Response(text="ok")

    async def messages(request: web.Request) -> web.Response:
        found = store.newest_first(request.query.get("channel"))
        return web.json_response(
            [
                {"channel": each.channel, "text": each.text, "username": each.username, "payload": each.payload,
                 "received_at": each.received_at, "paragraphs": each.paragraphs}
                for each in found
            ]
        )  # fmt: skip

    async def page(_: web.Request) -> web.Response:
        ordered = sorted(store.newest_first(), key=lambda message: message.channel)  # stable: newest first within
        channels = {channel: list(group) for channel, group in groupby(ordered, key=lambda message: message.channel)}
        for channel in tokens:
            channels.setdefault(channel, [])
        html = PAGE.render(channels=dict(sorted(channels.items())))
        headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def set_faults(request: web.Request) -> web.Response:
        wanted = await request.json()
        status = wanted.get("status")
        if set(wanted) - {"status"} or (status is not None and not (type(status) is int and 400 <= status <= 599)):
            return web.Response(status=400, text='Give {"status": 400…599}, or {} for none.')
        faults.clear()
        faults.update({"status": status} if status else {})
        return web.json_response(faults)

    async def document(request: web.Request) -> web.Response:
        """A page of this repository, such as the runbook that an alert links to."""
        file = (DOCUMENTS.parent / request.match_info["path"]).resolve()
        if not file.is_relative_to(DOCUMENTS) or file.suffix != ".md" or not file.is_file():
            return web.Response(status=404, text="There is no such page below docs/.")
        return web.Response(text=file.read_text(), content_type="text/plain")

    app = web.Application(client_max_size=LARGEST_BODY)
    app.add_routes(
        [
            web.get("/", page),
            web.get("/health", health),
            web.get("/api/messages", messages),
            web.get("/repository/{path:.+}", document),
            web.post("/hooks/{token}", receive),
            web.put("/local/faults", set_faults),
        ]
    )
    return app


def channel_of(token: str, tokens: Mapping[str, str]) -> str | None:
    return next((each for each, known in tokens.items() if hmac.compare_digest(known.encode(), token.encode())), None)


async def payload_of(request: web.Request) -> Any:
    """The body as JSON, or the `payload` field of a form; None when it is neither."""
    try:
        if request.content_type == "application/x-www-form-urlencoded":
            return json.loads(str((await request.post()).get("payload", "")))
        return json.loads(await request.text())
    except ValueError:
        return None
