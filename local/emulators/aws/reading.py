"""A request, read once: the check of rights and moto are given the same reading.

moto reads some things in several ways (a parameter from the address, a form or JSON; a service from the path; an
account from a header). It never sees the request as it was sent: it answers one that is made of what was read here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from local.emulators.aws.signing import Signed
from local.emulators.common import bodies

SERVICES = ("s3", "secretsmanager", "sqs", "sts", "iam")
"""What production uses and this stand-in is tested with. moto knows more, unproven here, and so refused."""
REGION = "eu-central-1"
GLOBAL_REGION = "us-east-1"
"""What clients of S3 that have no region sign for, and clients of IAM; what they find is the same."""
GLOBAL = ("s3", "iam")
FORM_SERVICES = ("sts", "iam")
"""Services that are asked by a form."""
ACCOUNT = "123456789012"  # the one that moto answers for

TARGETS = {"secretsmanager": "secretsmanager", "sqs": "AmazonSQS"}
"""Services that are asked in JSON, with what their `X-Amz-Target` begins with."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
SIGNING = {
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
}
MOTOS_OWN = ("moto-api", "latest", "v20180820", "favicon.ico")
"""Where moto would answer something else than S3."""

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
ACTION = re.compile(r"[A-Za-z]{1,64}", re.ASCII)
SECRET = re.compile(rf"(arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:)?[\w/+=.@-]{{1,512}}", re.ASCII)
QUEUE = re.compile(r"(https?://[\w.:-]+/(\w+/)?)?[\w-]{1,80}(\.fifo)?", re.ASCII)

HOW = ("content-type", "content-encoding", "content-md5", "content-disposition", "content-language", "cache-control",
       "expires", "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since")  # fmt: skip
"""Headers that say how an object is kept or sent, and that moto may see. It sees every `x-amz-…` header of S3 too."""
OF_BYTES = ("content-encoding", "content-md5", "x-amz-content-sha256")
"""Headers that are about the bytes that were sent."""


class RequestError(Exception):
    """A request that cannot be read in one way only, with AWS's name for the error where it has one."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


@dataclass(frozen=True)
class Source:
    """What an object is copied from."""

    bucket: str
    key: str
    version: str = ""


@dataclass(frozen=True)
class Request:
    """One request. Of S3: bucket, key, query, headers. Of the others: an action and its parameters."""

    service: str
    method: str = "POST"
    action: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    bucket: str = ""
    key: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    source: Source | None = None
    deleted: tuple[tuple[str, str], ...] = ()
    """Keys and versions that a DeleteObjects request names."""
    body: bytes = b""
    region: str = REGION

    def environ(self, access_key_id: str, host: str) -> dict[str, Any]:
        """Return the request as moto is given it."""
        path = quote(f"/{self.bucket}/{self.key}" if self.key else f"/{self.bucket}", safe="/-_.~")
        query = urlencode(self.query)
        name, _, port = host.partition(":")
        headers = {f"HTTP_{header.upper().replace('-', '_')}": value for header, value in self.headers.items()}
        scope = f"{access_key_id}/20260101/{self.region}/{self.service}/aws4_request"
        authorization = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        return headers | {
            "REQUEST_METHOD": self.method, "SCRIPT_NAME": "", "PATH_INFO": unquote(path, encoding="latin-1"),
            "QUERY_STRING": query, "RAW_URI": f"{path}?{query}" if query else path, "REQUEST_URI": path,
            "CONTENT_TYPE": self.headers.get("content-type", ""), "CONTENT_LENGTH": str(len(self.body)),
            "SERVER_NAME": name, "SERVER_PORT": port or "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http",
            "HTTP_HOST": host, "HTTP_AUTHORIZATION": authorization,
        }  # fmt: skip


def read(signed: Signed, environ: Mapping[str, Any], body: bytes) -> Request:
    """Return what a request asks for. Raises RequestError where that can be read in more than one way."""
    if signed.service not in SERVICES:
        text = f"The embedded AWS has {', '.join(SERVICES)}, and not {signed.service}."
        raise RequestError("NotImplemented", text, 501)
    if signed.region != REGION and not (signed.service in GLOBAL and signed.region == GLOBAL_REGION):
        raise RequestError("NotImplemented", f"The embedded AWS is in {REGION}, and not in {signed.region}.", 501)
    if signed.service == "s3":
        return _s3(signed, environ, body)
    if signed.expires is not None or environ["REQUEST_METHOD"] != "POST" or environ["PATH_INFO"] != "/":
        raise RequestError("InvalidAction", "Send a signed POST to /, as AWS's own clients do.")
    if environ.get("QUERY_STRING") or "HTTP_CONTENT_ENCODING" in environ:
        raise RequestError("InvalidAction", "Send the parameters in the body, unpacked, and nothing in the address.")
    read_body = _form if signed.service in FORM_SERVICES else _json
    return read_body(signed.service, environ, body)


def _json(service: str, environ: Mapping[str, Any], body: bytes) -> Request:
    target, _, action = str(environ.get("HTTP_X_AMZ_TARGET", "")).partition(".")
    content_type = str(environ.get("CONTENT_TYPE", ""))
    if target != TARGETS[service] or not ACTION.fullmatch(action):
        raise RequestError("InvalidAction", f"X-Amz-Target has to be {TARGETS[service]}. and an action.")
    if content_type not in ("application/x-amz-json-1.0", "application/x-amz-json-1.1"):
        raise RequestError("InvalidAction", "Content-Type has to be application/x-amz-json-1.1, or 1.0.")
    try:
        found = bodies.parsed(body.decode())
    except ValueError as problem:
        raise RequestError("SerializationException", f"The body cannot be read as JSON: {problem}.") from None
    if not isinstance(found, dict):
        raise RequestError("SerializationException", "The body has to be a JSON object.")
    for name, pattern in (("SecretId", SECRET), ("Name", SECRET), ("QueueUrl", QUEUE), ("QueueName", QUEUE)):
        if name in found and not (isinstance(found[name], str) and pattern.fullmatch(found[name])):
            raise RequestError("ValidationException", f"{name} is no name that this AWS gives out.")
    headers = {"content-type": content_type, "x-amz-target": f"{target}.{action}"}
    return Request(service, action=action, parameters=found, headers=headers, body=json.dumps(found).encode())


def _form(service: str, environ: Mapping[str, Any], body: bytes) -> Request:
    content_type = str(environ.get("CONTENT_TYPE", "")).partition(";")[0]
    if content_type != FORMS[0] or "HTTP_X_AMZ_TARGET" in environ:
        raise RequestError("InvalidAction", f"Content-Type has to be {FORMS[0]}, without an X-Amz-Target.")
    found = _pairs(body.decode("latin-1"))
    action = found.get("Action", "")
    if not ACTION.fullmatch(action):
        raise RequestError("InvalidAction", "The form has no Action.")
    headers = {"content-type": content_type}
    return Request(service, action=action, parameters=found, headers=headers, body=urlencode(found).encode())


def _pairs(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except ValueError:
        raise RequestError("InvalidArgument", "The parameters are not percent-encoded UTF-8.") from None
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RequestError("InvalidArgument", "A parameter is there twice.")
    return found


def _s3(signed: Signed, environ: Mapping[str, Any], body: bytes) -> Request:
    method, headers = str(environ["REQUEST_METHOD"]), dict(_headers(environ))
    query = _pairs(str(environ.get("QUERY_STRING", "")))
    if signed.expires is not None:
        query = {name: value for name, value in query.items() if name not in SIGNING}
    if headers.get("content-type", "").startswith(FORMS):
        text = "moto reads a body of this Content-Type as a form and would keep an empty object."
        raise RequestError("NotImplemented", text, 501)
    try:
        path = str(environ["PATH_INFO"]).encode("latin-1").decode()
    except ValueError:
        raise RequestError("InvalidURI", "The path is not UTF-8.") from None
    bucket, _, key = path[1:].partition("/")
    if bucket and not BUCKET.fullmatch(bucket):
        raise RequestError("InvalidBucketName", "The specified bucket is not valid.")
    if bucket.startswith(MOTOS_OWN):
        raise RequestError("NotImplemented", f"The embedded AWS has no bucket whose name begins so: {bucket}.", 501)
    source = _source(headers)
    if source:
        version = f"?versionId={quote(source.version, safe='')}" if source.version else ""
        headers["x-amz-copy-source"] = f"{source.bucket}/{quote(source.key)}{version}"
    deleted: tuple[tuple[str, str], ...] = ()
    if bucket and not key and method == "POST" and "delete" in query:
        deleted, body = _deleted(body)
        headers = {name: value for name, value in headers.items() if name not in OF_BYTES}
    return Request("s3", method, "", {}, bucket, key, query, headers, source, deleted, body, signed.region)


def _headers(environ: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in environ.items():
        name = key.removeprefix("HTTP_").lower().replace("_", "-")
        if key == "CONTENT_TYPE" or (key.startswith("HTTP_") and (name in HOW or name.startswith("x-amz-"))):
            yield name, str(value)


def _source(headers: Mapping[str, str]) -> Source | None:
    if "x-amz-copy-source" not in headers:
        return None
    path, _, query = headers["x-amz-copy-source"].partition("?")
    try:
        bucket, _, key = unquote(path, errors="strict").removeprefix("/").partition("/")
    except ValueError:
        raise RequestError("InvalidArgument", "x-amz-copy-source is not percent-encoded UTF-8.") from None
    found = _pairs(query)
    if not BUCKET.fullmatch(bucket) or not key or set(found) - {"versionId"}:
        raise RequestError(
            "InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        )
    return Source(bucket, key, found.get("versionId", ""))


def _deleted(body: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Return keys and versions of a DeleteObjects request, and the body that says the same."""
    malformed = RequestError("MalformedXML", "The XML you provided was not well-formed or is no DeleteObjects request.")
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise malformed from None
    quiet, found = "", []
    for element in root:
        name, texts = _name(element), {_name(each): each.text or "" for each in element}
        if name == "Quiet":
            quiet = element.text or ""
        elif name == "Object" and texts.get("Key") and not set(texts) - {"Key", "VersionId"}:
            found.append((texts["Key"], texts.get("VersionId", "")))
        else:
            raise malformed
    if _name(root) != "Delete" or not found or len(found) > 1000:
        raise malformed
    objects = "".join(_object(key, version) for key, version in found)
    end = f"<Quiet>{escape(quiet)}</Quiet>" if quiet else ""
    return tuple(found), f'<?xml version="1.0" encoding="UTF-8"?><Delete>{objects}{end}</Delete>'.encode()


def _object(key: str, version: str) -> str:
    said = f"<VersionId>{escape(version)}</VersionId>" if version else ""
    return f"<Object><Key>{_text(key)}</Key>{said}</Object>"


def _text(text: str) -> str:
    return escape(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]
