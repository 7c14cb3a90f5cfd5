"""AWS Signature Version 4, checked: a sender has to hold the secret of the key that the request names.

The steps are those of AWS's "Create a signed AWS API request"; nothing of the request is trusted before they agree.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = timedelta(minutes=15)
LONGEST = 7 * 24 * 3600
UNSIGNED = ("UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
"""What S3 takes in place of the body's hash."""


class SignatureError(Exception):
    """A request that is not signed as AWS demands. `code` is the error's name among those of S3."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Signed:
    """The claims of a signed request: key, scope, which headers it covers, and the signature itself."""

    access_key_id: str
    day: str
    region: str
    service: str
    headers: tuple[str, ...]
    signature: str
    moment: str
    expires: int | None
    """Seconds for which a presigned URL is good; None for a signature in a header."""


def claims(environ: Mapping[str, Any]) -> Signed | None:
    """Return what a request says of its signature, or None where it has none. Raises SignatureError."""
    header = str(environ.get("HTTP_AUTHORIZATION", ""))
    query = dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True))
    if header:
        algorithm, _, rest = header.partition(" ")
        pairs = [part.strip().partition("=")[::2] for part in rest.split(",")]
        fields = dict(pairs)
        if sorted(name for name, _ in pairs) != ["Credential", "Signature", "SignedHeaders"]:
            algorithm = ""  # it could be read in two ways
        moment, expires = str(environ.get("HTTP_X_AMZ_DATE", "")), None
        values = (algorithm, fields.get("Credential"), fields.get("SignedHeaders"), fields.get("Signature"))
    elif "X-Amz-Algorithm" in query:
        moment, expires = query.get("X-Amz-Date", ""), _seconds(query.get("X-Amz-Expires", ""))
        values = (query["X-Amz-Algorithm"], query.get("X-Amz-Credential"), query.get("X-Amz-SignedHeaders"),
                  query.get("X-Amz-Signature"))  # fmt: skip
    else:
        return None
    algorithm, credential, headers, signature = values
    scope = (credential or "").split("/")
    if algorithm != ALGORITHM or len(scope) != 5 or scope[4] != "aws4_request" or not headers or not signature:
        raise SignatureError("AuthorizationHeaderMalformed", "The request is not signed with Signature Version 4.")
    names = tuple(headers.split(";"))
    return Signed(scope[0], scope[1], scope[2], scope[3].lower(), names, signature, moment, expires)


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LONGEST:
        raise SignatureError("AuthorizationQueryParametersError", "X-Amz-Expires is not between a second and a week.")
    return int(text)


def verify(signed: Signed, secret: str, environ: Mapping[str, Any], body: bytes, moment: datetime) -> None:
    """Compare the signature with the one that `secret` gives. Raises SignatureError. `moment` is now."""
    _in_time(signed, moment)
    if "host" not in signed.headers or (uncovered := _uncovered(signed, environ)):
        missing = uncovered if "host" in signed.headers else "host"
        raise SignatureError("AccessDenied", f"The request has a header that is not signed: {missing}.")
    if not hmac.compare_digest(signature(signed, secret, environ, body), signed.signature):
        raise SignatureError(
            "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."
        )


def signature(signed: Signed, secret: str, environ: Mapping[str, Any], body: bytes) -> str:
    """Return the signature that `secret` gives to a request. Raises SignatureError."""
    request = "\n".join(
        (
            str(environ["REQUEST_METHOD"]),
            _path(signed, environ),
            _query(environ),
            "".join(f"{name}:{_header(environ, name)}\n" for name in signed.headers),
            ";".join(signed.headers),
            _payload(signed, environ, body),
        )
    )
    scope = f"{signed.day}/{signed.region}/{signed.service}/aws4_request"
    text = "\n".join((ALGORITHM, signed.moment, scope, hashlib.sha256(request.encode()).hexdigest()))
    return _sign(_key(signed, secret), text).hex()


def _in_time(signed: Signed, moment: datetime) -> None:
    try:
        made = datetime.strptime(signed.moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise SignatureError("AccessDenied", "The request has no X-Amz-Date of the form 20261128T093000Z.") from None
    if not signed.moment.startswith(signed.day):
        raise SignatureError("SignatureDoesNotMatch", "The day of the credential is not that of X-Amz-Date.")
    if signed.expires is not None:
        if not made - SKEW <= moment <= made + timedelta(seconds=signed.expires):
            raise SignatureError("AccessDenied", "Request has expired")
    elif abs(moment - made) > SKEW:
        raise SignatureError("RequestTimeTooSkewed", "The request's time is more than 15 minutes from this machine's.")


def _uncovered(signed: Signed, environ: Mapping[str, Any]) -> str:
    """The `x-amz-…` headers that the signature leaves out: every one of them has to be signed."""
    present = {name[5:].replace("_", "-").lower() for name in environ if name.startswith("HTTP_X_AMZ_")}
    return ", ".join(sorted(present - set(signed.headers)))


def _path(signed: Signed, environ: Mapping[str, Any]) -> str:
    """The path as it was sent; every service but S3 encodes it once more."""
    sent = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "/").partition("?")[0] or "/"
    return sent if signed.service == "s3" else quote(sent, safe="/~")


def _query(environ: Mapping[str, Any]) -> str:
    pairs = (part.partition("=")[::2] for part in str(environ.get("QUERY_STRING", "")).split("&") if part)
    encoded = sorted((quote(unquote(key), safe="-_.~"), quote(unquote(value), safe="-_.~")) for key, value in pairs)
    return "&".join(f"{key}={value}" for key, value in encoded if key != "X-Amz-Signature")


def _header(environ: Mapping[str, Any], name: str) -> str:
    key = name.upper().replace("-", "_")
    value = environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}", "")
    return " ".join(str(value).split())


def _payload(signed: Signed, environ: Mapping[str, Any], body: bytes) -> str:
    actual = hashlib.sha256(body).hexdigest()
    if signed.service != "s3":
        return actual
    said = "UNSIGNED-PAYLOAD" if signed.expires is not None else str(environ.get("HTTP_X_AMZ_CONTENT_SHA256", ""))
    if said in UNSIGNED:
        return said
    if said.startswith("STREAMING-"):
        raise SignatureError("NotImplemented", f"The embedded AWS does not check bodies signed in parts ({said}).")
    if said != actual:
        raise SignatureError("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' is not the body's.")
    return said


def _key(signed: Signed, secret: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (signed.day, signed.region, signed.service, "aws4_request"):
        key = _sign(key, part)
    return key


def _sign(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
