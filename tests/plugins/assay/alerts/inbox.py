"""A chat server for tests: a real HTTP server that keeps what it is sent, or misbehaves as asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hook-token-that-nobody-may-read"


class Inbox:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hooks/{TOKEN}"
        self.messages: list[dict[str, Any]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked = 0
        self.silent = threading.Event()
        self.refuses_channels = False

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages]


@contextmanager
def running() -> Iterator[Inbox]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            inbox.asked += 1
            if inbox.silent.is_set():
                ended.wait(30)
            message = json.loads(body)
            status = 404 if inbox.refuses_channels and "channel" in message else inbox.status
            if status == 200:
                inbox.messages.append(message)
            self.send_response(status)
            for name, value in inbox.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Tests speak through their assertions."""

    ended = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    inbox = Inbox(server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield inbox
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
