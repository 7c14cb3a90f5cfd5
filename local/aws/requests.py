"""What a request to AWS is about: whose key signed it, which service it is for, whether it changes anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

SERVICES = ("s3", "secretsmanager", "sqs", "sts")
"""What production uses and this stand-in is tested with. moto knows more, unproven here, and so refused."""

READING = ("Get", "List", "Describe", "BatchGet", "Validate", "Simulate")
IN_FLIGHT = ("SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "PurgeQueue")
"""SQS messages live in memory: an event is a wake-up, and what is there is found by listing (see docs/local.md)."""


@dataclass(frozen=True)
class Signature:
    """Who signed, and for which service, as SigV4 says it in a header or in a presigned URL."""

    access_key_id: str
    service: str


def signature(environ: Mapping[str, Any]) -> Signature | None:
    """The request's SigV4 scope, or None where there is none or it cannot be read."""
    header = environ.get("HTTP_AUTHORIZATION", "")
    if header.startswith("AWS4-HMAC-SHA256"):
        credential = header.partition("Credential=")[2].partition(",")[0]
    else:
        credential = parse_qs(environ.get("QUERY_STRING", "")).get("X-Amz-Credential", [""])[0]
    parts = credential.strip().split("/")
    return Signature(parts[0], parts[3].lower()) if len(parts) == 5 else None


def operation(environ: Mapping[str, Any], body: bytes) -> str:
    """The action's name for the services that send one (`CreateSecret`), else an empty string (S3)."""
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    if target:
        return target.rpartition(".")[2]
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
    return parse_qs(str(environ.get("QUERY_STRING", ""))).get("Action", [""])[0]


def changes_state(service: str, environ: Mapping[str, Any], action: str) -> bool:
    """Whether the request has to be remembered once it has succeeded."""
    if service == "s3":
        names = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        return environ["REQUEST_METHOD"] in ("PUT", "POST", "DELETE") and "select" not in names
    return bool(action) and not action.startswith((*READING, *IN_FLIGHT))


def refusal(service: str, status: int, code: str, message: str) -> tuple[str, str, bytes]:
    """Status line, content type and body of an error as this service's clients understand it."""
    reason = HTTPStatus(status).phrase
    if service == "s3":
        body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
        return f"{status} {reason}", "application/xml", body.encode()
    if service == "sts":
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        return f"{status} {reason}", "text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode()
    return f"{status} {reason}", "application/x-amz-json-1.1", f'{{"__type":"{code}","message":"{message}"}}'.encode()
