"""Requests to the embedded AWS that are signed rightly and say what no client of AWS's would say."""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from local.emulators.aws import signing
from tests.local.conftest import Server

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/x-amz-json-1.1"}


@dataclass(frozen=True)
class Ask:
    """One request. `unsigned` headers are added after the signature was made; `scope` is the service it is made for."""

    scope: str = "s3"
    method: str = "GET"
    url: str = "/"
    """Path and query, as they are sent."""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    unsigned: Mapping[str, str] = field(default_factory=dict)
    presigned: bool = False
    before: str = ""
    """What the Authorization header has before its own fields."""
    region: str = "eu-central-1"


def to_secrets(action: str, body: bytes, url: str = "/", **more: Any) -> Ask:
    """Return a request to Secrets Manager with an action in its header."""
    headers = JSON | {"X-Amz-Target": f"secretsmanager.{action}"} | more.pop("headers", {})
    return Ask("secretsmanager", "POST", url, body, headers, **more)


def send(server: Server, pair: Mapping[str, str], ask: Ask) -> tuple[int, bytes]:
    """Return the status and the body of the answer."""
    path, _, query = ask.url.partition("?")
    headers = {"host": f"127.0.0.1:{server.port}"} | {name.lower(): value for name, value in ask.headers.items()}
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{ask.region}/{ask.scope}/aws4_request"
    credential = f"{pair['access_key_id']}/{scope}"
    if ask.presigned:
        names = "host"
        claims = {"X-Amz-Algorithm": signing.ALGORITHM, "X-Amz-Credential": credential, "X-Amz-Date": moment,
                  "X-Amz-Expires": "60", "X-Amz-SignedHeaders": names}  # fmt: skip
        query = "&".join(part for part in (query, urlencode(claims)) if part)
    else:
        headers |= {"x-amz-date": moment, "x-amz-content-sha256": hashlib.sha256(ask.body).hexdigest()}
        names = ";".join(sorted(headers))
    signed = signing.Signed(
        pair["access_key_id"], moment[:8], ask.region, ask.scope, tuple(names.split(";")), "", moment,
        60 if ask.presigned else None,
    )  # fmt: skip
    environ = {"REQUEST_METHOD": ask.method, "RAW_URI": path, "QUERY_STRING": query}
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    environ |= {"CONTENT_TYPE": headers.get("content-type", "")}
    signature = signing.signature(signed, pair["secret_access_key"], environ, ask.body)
    if ask.presigned:
        query += f"&X-Amz-Signature={signature}"
    else:
        fields = f"Credential={credential}, SignedHeaders={names}, Signature={signature}"
        first = f"{ask.before}, " if ask.before else ""
        headers["authorization"] = f"{signing.ALGORITHM} {first}{fields}"
    return _sent(server.port, ask.method, f"{path}?{query}" if query else path, headers | dict(ask.unsigned), ask.body)


def _sent(port: int, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, url, skip_host=True, skip_accept_encoding=True)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value.encode("latin-1"))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
