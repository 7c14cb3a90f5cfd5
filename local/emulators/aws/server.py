"""The WSGI application: checks who asks, lets moto answer, and writes down what changed before it says so."""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import moto.s3.models
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeMultipart, s3_backends
from moto.sqs.models import sqs_backends
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import get_input_stream

from local.emulators.aws import keys as keys  # changes which addresses moto takes
from local.emulators.aws import versions as versions  # changes what moto does
from local.emulators.aws.access_keys import IamError, status_line
from local.emulators.aws.journal import Journal, Record, compact
from local.emulators.aws.needs import needs
from local.emulators.aws.principals import Principal, Principals
from local.emulators.aws.reading import ACCOUNT, Request, RequestError, read
from local.emulators.aws.requests import changes_state, is_plain, refusal
from local.emulators.aws.signing import SignatureError, Signed, claims, verify
from local.emulators.common import files
from local.emulators.common.attempts import LONGEST_TOKEN, Attempts

log = logging.getLogger("assay.aws")

LARGEST_BODY = 256 << 20
"""What one request may bring, in bytes: it is held in memory. Clients send larger objects in parts."""

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Upload(FakeMultipart):
    """An upload in parts whose id comes from the seeded source of names, as all other ids do; moto's own does not."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.id = f"{mock_random.getrandbits(256):064x}"


moto.s3.models.FakeMultipart = Upload  # type: ignore[misc]  # moto has no other way in


def is_of_another_key(request: Request) -> bool:
    """Return whether the request names an upload that was begun for another key: moto looks at its id only."""
    bucket = s3_backends[ACCOUNT]["aws"].buckets.get(request.bucket)
    upload = bucket.multiparts.get(request.query.get("uploadId", "")) if bucket else None
    return upload is not None and upload.key_name != request.key


class Aws:
    """One request at a time: moto keeps everything in memory, and an order that can be replayed is worth more here
    than threads that would wait for each other anyway."""

    def __init__(self, principals: Principals, state: Path) -> None:
        self._principals = principals
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._journal = Journal(state / "journal.jsonl")
        self._lock = threading.Lock()
        self._attempts = Attempts(LONGEST_TOKEN)

    def replay(self) -> int:
        """Brings the state of the journal back. Returns how many requests it took. Queues begin empty."""
        records = self._journal.read()
        lasting = compact(records)
        for record in lasting:
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
        service, signed = "s3", None
        try:
            body = get_input_stream(environ, max_content_length=LARGEST_BODY).read()
        except RequestEntityTooLarge:
            text = f"A request may bring {LARGEST_BODY} bytes at most: send a larger object in parts."
            return self._refuse(start_response, service, 400, "EntityTooLarge", text)
        except OSError:  # a chunk whose length cannot be read
            return self._refuse(start_response, service, 400, "IncompleteBody", "The body's chunks cannot be read.")
        try:
            signed = claims(environ)
            service = signed.service if signed else service
            principal, signed = self._authenticated(signed, environ, body)
        except SignatureError as problem:
            time.sleep(self._attempts.wrong(signed.access_key_id if signed else ""))
            return self._refuse(start_response, service, 403, problem.code, str(problem))
        except files.StateError as problem:
            return self._refuse(start_response, service, 503, "ServiceUnavailable", str(problem))
        try:
            request = read(signed, environ, body)
        except RequestError as problem:
            return self._refuse(start_response, service, problem.status, problem.code, str(problem))
        if denied := principal.denied(needs(request)):
            return self._refuse(start_response, service, 403, "AccessDenied", denied)
        if service == "iam":
            return self._iam(start_response, request)
        given = request.environ(signed.access_key_id, environ["HTTP_HOST"])
        record = Record(service, request.action, given, request.body)
        with self._lock:
            if is_of_another_key(request):
                text = "The specified upload does not exist. The upload ID may be invalid."
                return self._refuse(start_response, service, 404, "NoSuchUpload", text)
            status, headers, content = self._perform(record)
            if status < "400" and changes_state(request):
                try:
                    self._journal.append(record)
                except files.StateError as problem:
                    return self._refuse(start_response, service, 503, "ServiceUnavailable", str(problem))
        start_response(status, headers)
        return [content]

    def _authenticated(self, signed: Signed | None, environ: dict[str, Any], body: bytes) -> tuple[Principal, Signed]:
        """Return who asks, and what was signed. Raises SignatureError where that is not proven."""
        if signed is None:
            raise SignatureError("AccessDenied", "The request is not signed.")
        principal = self._principals.find(signed.access_key_id)
        if principal is None:
            raise SignatureError("InvalidAccessKeyId", "This access key id is not known here.")
        if not is_plain(environ):
            raise SignatureError(
                "AccessDenied", "Ask by this machine's own name, and by a path that is read in one way."
            )
        verify(signed, principal.secret, environ, body, datetime.now(UTC))
        self._attempts.right(signed.access_key_id)
        self._principals.access_keys.used(signed.access_key_id)
        return principal, signed

    def _iam(self, start: StartResponse, request: Request) -> list[bytes]:
        """Answer for users' access keys, which the credentials file begins: moto knows none of them."""
        try:
            status, text = self._principals.access_keys.answer(request.action, request.parameters)
        except IamError as problem:
            return self._refuse(start, "iam", problem.status, problem.code, str(problem))
        content = text.encode()
        start(status_line(status), [("Content-Type", "text/xml"), ("Content-Length", str(len(content)))])
        return [content]

    def _perform(self, record: Record) -> tuple[str, list[tuple[str, str]], bytes]:
        """Let moto answer. The seed makes it give out the same ids (uploads, versions, ARNs), and the moment the same
        dates of objects, whenever the record is performed."""
        mock_random.seed(record.seed)
        moment = datetime.fromtimestamp(record.time, UTC).replace(tzinfo=None)
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
            with patch.object(moto.s3.models, "utcnow", lambda: moment):
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
