"""The WSGI application: checks who asks, lets moto answer, and writes down what changed before it says so."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import moto.s3.models
from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeMultipart
from moto.sqs.models import sqs_backends
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import get_input_stream

from local import files
from local.aws.journal import Journal, Record, compact
from local.aws.requests import SERVICES, changes_state, operation, refusal, signature

log = logging.getLogger("assay.aws")

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Upload(FakeMultipart):
    """An upload in parts whose id comes from the seeded source of names, as all other ids do; moto's own does not."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.id = f"{mock_random.getrandbits(256):064x}"


moto.s3.models.FakeMultipart = Upload  # type: ignore[misc]  # moto has no other way in


class Aws:
    """One request at a time: moto keeps everything in memory, and an order that can be replayed is worth more here
    than threads that would wait for each other anyway."""

    def __init__(self, access_key_id: str, state: Path) -> None:
        self._access_key_id = access_key_id
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._journal = Journal(state / "journal.jsonl")
        self._lock = threading.Lock()

    def replay(self) -> int:
        """Brings the state of the journal back. Returns how many requests it took. Queues begin empty."""
        records = self._journal.read()
        lasting = compact(records)
        for record in lasting:
            moment = datetime.fromtimestamp(record.time, UTC).replace(tzinfo=None)
            with patch.object(moto.s3.models, "utcnow", lambda moment=moment: moment):  # an object keeps its date
                status, _, content = self._perform(record)
            if status >= "400":
                log.warning("%s %s could not be repeated: %s", record.service, record.action, content.decode()[:300])
        for regions in sqs_backends.values():
            for backend in regions.values():
                for queue in backend.queues.values():
                    queue._messages.clear()  # of objects put again; moto has no public way that leaves the queue be
        self._journal.rewrite(lasting)
        return len(lasting)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/health" and "HTTP_AUTHORIZATION" not in environ:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ok\n"]
        body = get_input_stream(environ).read()
        signed = signature(environ)
        service = signed.service if signed else "s3"
        if signed is None or signed.access_key_id != self._access_key_id:
            text = "This access key id is not known here."
            return self._refuse(start_response, service, 403, "InvalidAccessKeyId", text)
        if service not in SERVICES:
            text = f"The embedded AWS has {', '.join(SERVICES)}, and not {service}."
            return self._refuse(start_response, service, 501, "NotImplemented", text)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ["CONTENT_LENGTH"] = str(len(body))
        action = operation(environ, body)
        record = Record.of(service, action, environ, body, extra=(PRESERVED_HEADER_NAMES_ENVIRON_KEY,))
        with self._lock:
            status, headers, content = self._perform(record)
            if status < "400" and changes_state(service, environ, action):
                try:
                    self._journal.append(record)
                except files.StateError as problem:
                    return self._refuse(start_response, service, 503, "ServiceUnavailable", str(problem))
        start_response(status, headers)
        return [content]

    def _perform(self, record: Record) -> tuple[str, list[tuple[str, str]], bytes]:
        """Lets moto answer. The seed makes it give out the same ids (uploads, versions, ARNs) whenever it is asked."""
        mock_random.seed(record.seed)
        environ = {
            **record.environ,
            "wsgi.input": io.BytesIO(record.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.version": (1, 0),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        try:
            content, status, headers = run_wsgi_app(self._moto, environ, buffered=True)
        except Exception as problem:  # moto's own faults
            log.exception("moto failed on %s %s", record.service, record.action)
            line, kind, body = refusal(
                record.service, 500, "InternalFailure", f"moto failed: {type(problem).__name__}."
            )
            return line, [("Content-Type", kind)], body
        return status, list(headers), b"".join(content)

    def _refuse(self, start: StartResponse, service: str, status: int, code: str, text: str) -> list[bytes]:
        line, kind, body = refusal(service, status, code, text)
        start(line, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]
