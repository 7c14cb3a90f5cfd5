"""Who may log in: passwords kept as salted scrypt hashes, and key pairs by signed tokens (SNOWFLAKE_JWT)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
import uuid
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from . import errors
from .catalog import Catalog, User

_COST = {"n": 2**12, "r": 8, "p": 1}
CLOCK_SKEW = 60


def hash_password(password: str) -> str:
    salt = os.urandom(16)
    return f"{salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1).hex()}"


def password_matches(password: str, stored: str) -> bool:
    salt, _, expected = stored.partition("$")
    found = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**12, r=8, p=1).hex()
    return hmac.compare_digest(found, expected)


def read_public_key(text: str) -> str:
    """An RSA public key as CREATE USER takes it (base64 DER, PEM lines allowed), in its one-line form."""
    body = "".join(line for line in text.split() if line and "-----" not in line)
    body = body.replace("-----BEGINPUBLICKEY-----", "").replace("-----ENDPUBLICKEY-----", "")
    if "-----" in text:
        lines = [line.strip() for line in text.strip().splitlines()]
        body = "".join(line for line in lines if line and not line.startswith("-----"))
    try:
        key = serialization.load_der_public_key(base64.b64decode(body, validate=True))
    except ValueError:
        key = None
    if not isinstance(key, rsa.RSAPublicKey):
        raise errors.SqlError("New public key rejected by current policy. Reason: 'Invalid public key'",
                              code=390137, state="22023")  # fmt: skip
    return body


def fingerprint(public_key: str) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(base64.b64decode(public_key)).digest()).decode()


def _wrong_password() -> errors.SqlError:
    return errors.SqlError("Incorrect username or password was specified.", code=390100, state="08001")


def _bad_token() -> errors.SqlError:
    return errors.SqlError(f"JWT token is invalid. [{uuid.uuid4()}]", code=390144, state="08001")


def by_password(catalog: Catalog, login: str, password: str) -> User:
    user = catalog.user(login.upper())
    if user is None or not user.password or not password_matches(password, user.password):
        raise _wrong_password()
    return _enabled(user)


def by_token(catalog: Catalog, account: str, login: str, token: str) -> User:
    """A token of the user's own making, signed with the private half of one of its registered keys."""
    try:
        head, body, signature = token.split(".")
        header: dict[str, Any] = json.loads(_decode(head))
        claims: dict[str, Any] = json.loads(_decode(body))
        signed = _decode(signature)
        issuer, subject, expires = str(claims["iss"]), str(claims["sub"]), float(claims["exp"])
        issued = float(claims.get("iat", 0))
    except (ValueError, KeyError, TypeError):
        raise _bad_token() from None
    user = catalog.user(login.upper())
    if user is None or header.get("alg") != "RS256" or subject != f"{account}.{user.name}":
        raise _bad_token()
    now = time.time()
    if expires < now - CLOCK_SKEW or issued > now + CLOCK_SKEW:
        raise _bad_token()
    for public in user.public_keys:
        if public and issuer == f"{subject}.{fingerprint(public)}" and _signed_by(public, f"{head}.{body}", signed):
            return _enabled(user)
    raise _bad_token()


def _enabled(user: User) -> User:
    if user.disabled:
        raise errors.SqlError("User access disabled. Contact your local system administrator.",
                              code=390101, state="08001")  # fmt: skip
    return user


def _signed_by(public: str, text: str, signature: bytes) -> bool:
    key = serialization.load_der_public_key(base64.b64decode(public))
    assert isinstance(key, rsa.RSAPublicKey)
    try:
        key.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
