"""What a request to AWS is about: whether it changes anything, how it is addressed, how an error is answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from local.emulators.aws.reading import Request

READING = ("Get", "List", "Describe", "BatchGet", "Validate", "Simulate")
IN_FLIGHT = ("SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "PurgeQueue")
"""SQS messages live in memory: an event is a wake-up, and what is there is found by listing (see docs/local.md)."""


def changes_state(request: Request) -> bool:
    """Return whether the request has to be remembered once it has succeeded."""
    if request.service == "s3":
        return request.method in ("PUT", "POST", "DELETE") and "select" not in request.query
    return not request.action.startswith((*READING, *IN_FLIGHT))


def is_plain(environ: Mapping[str, Any]) -> bool:
    """Whether the request's address can be read in one way only: by this machine's name, and as it was sent."""
    host = str(environ.get("HTTP_HOST", "")).partition(":")[0]
    raw, _, query = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "").partition("?")
    path = unquote(raw, encoding="latin-1")
    return (
        host in ("127.0.0.1", "localhost")
        and raw.startswith("/")
        and not raw.startswith("//")
        and not path.startswith("/moto-api")
        and path == environ["PATH_INFO"]
        and query == environ.get("QUERY_STRING", "")
    )


JSON_ERRORS = {
    "InvalidAccessKeyId": (400, "UnrecognizedClientException"),
    "SignatureDoesNotMatch": (400, "InvalidSignatureException"),
    "RequestTimeTooSkewed": (400, "InvalidSignatureException"),
    "AuthorizationHeaderMalformed": (400, "IncompleteSignatureException"),
    "AccessDenied": (400, "AccessDeniedException"),
}
"""What services with JSON call the errors that S3 has a name for."""


def refusal(service: str, status: int, code: str, message: str) -> tuple[str, str, bytes]:
    """Status line, content type and body of an error as this service's clients understand it."""
    if service not in ("s3", "sts", "iam"):
        status, code = JSON_ERRORS.get(code, (status, code))
        content = json.dumps({"__type": code, "message": message}).encode()
        return f"{status} {HTTPStatus(status).phrase}", "application/x-amz-json-1.1", content
    reason, message = HTTPStatus(status).phrase, escape(message)
    if service == "s3":
        body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
        return f"{status} {reason}", "application/xml", body.encode()
    code = "InvalidClientTokenId" if code == "InvalidAccessKeyId" else code
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return f"{status} {reason}", "text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode()
