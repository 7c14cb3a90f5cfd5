"""Who may log in: passwords kept as salted scrypt hashes, and key pairs by signed tokens (SNOWFLAKE_JWT)."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import os
import re
import uuid

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from . import errors
from .catalog import Catalog, User

_COST = {"n": 2**12, "r": 8, "p": 1}
WRONG_PASSWORD, WRONG_TOKEN = 390100, 390144
CLOCK_SKEW = 60
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
SHORTEST_RSA_KEY = 2048  # bits
CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


def hash_password(password: str) -> str:
    salt = os.urandom(16)
    return f"{salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, **_COST).hex()}"


def password_matches(password: str, stored: str) -> bool:
    salt, _, expected = stored.partition("$")
    found = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), **_COST).hex()
    return hmac.compare_digest(found, expected)


def read_public_key(text: str) -> str:
    """A public key as CREATE USER takes it (base64 DER, PEM lines allowed), in its one-line form. RSA of 2048 bits or
    more, or ECDSA: the property is called RSA_PUBLIC_KEY for both."""
    body = re.sub(r"-----[A-Z ]+-----|\s", "", text)
    try:
        _loaded(body)
    except (ValueError, UnsupportedAlgorithm):
        raise errors.SqlError("New public key rejected by current policy. Reason: 'Invalid public key'",
                              code=390137, state="22023") from None  # fmt: skip
    return body


def fingerprint(public_key: str) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(base64.b64decode(public_key)).digest()).decode()


def _wrong_password() -> errors.SqlError:
    return errors.SqlError("Incorrect username or password was specified.", code=WRONG_PASSWORD, state="08001")


def _bad_token() -> errors.SqlError:
    return errors.SqlError(f"JWT token is invalid. [{uuid.uuid4()}]", code=WRONG_TOKEN, state="08001")


def by_password(catalog: Catalog, login: str, password: str) -> User:
    user = catalog.user(login.upper())
    known = user is not None and bool(user.password)
    stored = user.password if user is not None and user.password else _no_password()
    if not password_matches(password, stored) or not known or user is None:  # an unknown name costs as much
        raise _wrong_password()
    return _enabled(user)


def by_token(catalog: Catalog, account: str, login: str, token: str) -> User:
    """A token of the user's own making, signed with the private half of one of its registered keys."""
    user = catalog.user(login.upper())
    subject = f"{account}.{login.upper() if user is None else user.name}"
    keys = [] if user is None else [key for key in user.public_keys if key]
    for public in keys or [_no_key()]:  # an unknown name costs as much
        key, algorithms = _loaded(public)
        try:
            jwt.decode(
                token,
                key,
                algorithms=algorithms,
                subject=subject,
                issuer=f"{subject}.{fingerprint(public)}",
                leeway=CLOCK_SKEW,
                options={"require": ["iss", "sub", "exp"]},
            )
        except jwt.PyJWTError:
            continue  # another of the user's keys may have signed it
        if user is not None:
            return _enabled(user)
    raise _bad_token()


@functools.cache
def _no_password() -> str:
    """A hash that no password has: what is compared where there is no user, or one without a password."""
    return hash_password(os.urandom(32).hex())


@functools.cache
def _no_key() -> str:
    """A public key whose private half is gone: what a token is checked with where there is no user, or no key."""
    der = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(*der)).decode()


def _enabled(user: User) -> User:
    if user.disabled:
        raise errors.SqlError("User access disabled. Contact your local system administrator.",
                              code=390101, state="08001")  # fmt: skip
    return user


def _loaded(public: str) -> tuple[PublicKey, list[str]]:
    """The key, and the signatures that are taken of it. Raises ValueError for what is no public key, or too weak."""
    key = serialization.load_der_public_key(base64.b64decode(public, validate=True))
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= SHORTEST_RSA_KEY:
        return key, ["RS256", "RS384", "RS512"]
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in CURVES:
        return key, [CURVES[key.curve.name]]
    raise ValueError("neither an RSA key of at least 2048 bits nor an ECDSA key of a known curve")
