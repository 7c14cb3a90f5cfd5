"""The webhook, the page, the JSON for tests, and the switch that makes the chat server fail on purpose."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from itertools import groupby
from pathlib import Path
from typing import Any

from aiohttp import BasicAuth, web
from aiohttp.typedefs import Middleware
from jinja2 import Environment, FileSystemLoader

from local.emulators.chat import markup
from local.emulators.chat.hooks import Hooks
from local.emulators.chat.store import Message, Store
from local.emulators.common.attempts import LONGEST_TOKEN, Attempts, TooMany
from local.emulators.common.bodies import json_of, parsed

TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
TEMPLATES.filters["chat"] = markup.html
PAGE = TEMPLATES.get_template("page.html")
LARGEST_BODY = 1_000_000
SHOWN = 200
"""Messages of a channel that the page has; the API has all."""
OPEN = ("health", "hook")
"""Names of the routes that ask for no login: a hook's path is its secret."""
Login = tuple[str, str]


def authenticated(login: Callable[[], Login]) -> Middleware:
    """Ask for the user and password that `login` gives, which is read for each request, on every route but OPEN."""
    attempts = Attempts()

    @web.middleware
    async def check(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.match_info.route.name in OPEN:
            return await handler(request)
        user, password = given(request.headers.get("Authorization", ""))
        try:
            async with attempts.turn(user):
                if not matches((user, password), login()):
                    await asyncio.sleep(attempts.wrong(user) if user or password else 0)
                    asked = {"WWW-Authenticate": 'Basic realm="Assay inbox", charset="UTF-8"'}
                    text = "Log in as in Airflow: `./assay login` prints the user and the password."
                    return web.Response(status=401, text=text, headers=asked)
        except TooMany as problem:
            return web.Response(status=429, text=str(problem))
        attempts.right(user)
        return await handler(request)

    return check


def given(authorization: str) -> Login:
    """Return what an Authorization header says of user and password; nothing where it says none."""
    try:
        login = BasicAuth.decode(authorization, encoding="utf-8")
    except ValueError:
        return "", ""
    return login.login, login.password


def matches(found: Login, right: Login) -> bool:
    """Whether both halves are right; as much is compared for a wrong user as for a wrong password."""
    user, password = (
        hmac.compare_digest(one.encode(errors="replace"), other.encode())
        for one, other in zip(found, right, strict=True)
    )
    return user and password


def page_of(folder: Path, path: str) -> Path | None:
    """Return the page that a path names, which begins with the folder's name; None where there is none."""
    try:
        file = (folder.resolve().parent / path).resolve()
        found = file.is_relative_to(folder.resolve()) and file.suffix == ".md" and file.is_file()
    except (ValueError, OSError):  # a NUL, or a name that no file can have
        return None
    return file if found else None


def application(
    store: Store, hooks: Hooks, login: Callable[[], Login], documents: Path | None = None
) -> web.Application:
    """Return the chat server. `login` gives its user and password; the pages in the folder `documents` are served."""
    faults: dict[str, Any] = {}
    guesses = Attempts(LONGEST_TOKEN)

    async def health(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def receive(request: web.Request) -> web.Response:
        channel = hooks.channel_of(request.match_info["token"])
        if channel is None:
            await asyncio.sleep(guesses.wrong(""))
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
        channels = {
            channel: list(group)[:SHOWN] for channel, group in groupby(ordered, key=lambda message: message.channel)
        }
        for channel in hooks.channels:
            channels.setdefault(channel, [])
        html = PAGE.render(channels=dict(sorted(channels.items())))
        headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def set_faults(request: web.Request) -> web.Response:
        try:
            wanted = await json_of(request)
        except ValueError:
            wanted = None
        status = wanted.get("status") if isinstance(wanted, dict) else None
        if (
            not isinstance(wanted, dict)
            or set(wanted) - {"status"}
            or (status is not None and not (type(status) is int and 400 <= status <= 599))
        ):
            return web.Response(status=400, text='Give {"status": 400…599}, or {} for none.')
        faults.clear()
        faults.update({"status": status} if status else {})
        return web.json_response(faults)

    async def make_hook(request: web.Request) -> web.Response:
        try:
            return web.json_response({"hook": f"/hooks/{hooks.make(request.match_info['channel'])}"})
        except KeyError:
            return _no_channel(hooks)

    async def delete_hooks(request: web.Request) -> web.Response:
        try:
            return web.json_response({"deleted": hooks.delete_others(request.match_info["channel"])})
        except KeyError:
            return _no_channel(hooks)

    async def document(request: web.Request) -> web.Response:
        """Answer with a page of the folder, such as the runbook that an alert links to."""
        file = page_of(documents, request.match_info["path"]) if documents else None
        if file is None:
            return web.Response(status=404, text="There is no such page below docs/.")
        return web.Response(text=file.read_text(), content_type="text/plain")

    app = web.Application(middlewares=[authenticated(login)], client_max_size=LARGEST_BODY)
    app.add_routes(
        [
            web.get("/", page),
            web.get("/health", health, name="health"),
            web.get("/api/messages", messages),
            web.get("/repository/{path:.+}", document),
            web.post("/hooks/{token}", receive, name="hook"),
            web.put("/local/faults", set_faults),
            web.post("/local/hooks/{channel}", make_hook),
            web.delete("/local/hooks/{channel}", delete_hooks),
        ]
    )
    return app


def _no_channel(hooks: Hooks) -> web.Response:
    return web.Response(status=404, text=f"There is no such channel; there are {', '.join(hooks.channels)}.")


async def payload_of(request: web.Request) -> Any:
    """The body as JSON, or the `payload` field of a form; None when it is neither."""
    try:
        if request.content_type == "application/x-www-form-urlencoded":
            return parsed(str((await request.post()).get("payload", "")))
        return await json_of(request)
    except (ValueError, LookupError):  # no JSON; a character set that there is not
        return None
