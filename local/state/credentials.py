"""The random credentials of one installation, made once and kept in one owner-only file.

Services read the file by its path (ASSAY_CREDENTIALS); people ask `./assay connect` and `./assay login`.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from local.emulators.aws.access_keys import access_key
from local.emulators.common import files
from local.emulators.postgres.cluster import LOGINS
from local.state.aws_rights import AIRFLOW, principals

SERVICE_ROLES = ("LOADER", "TRANSFORMER", "PUBLISHER")
ENVIRONMENT = "LOCAL"
PERMISSIONS = "ASSAY_PERMISSIONS"
PLATFORM = "platform"

Credentials = dict[str, Any]


def ensure(path: Path, zones: Sequence[str]) -> Credentials:
    """The file's credentials, completed by what is missing (all of it the first time, a new zone's users later).

    Nothing that exists is changed: services have been set up with it. Rotation is a command of its own.
    """
    known: Credentials = files.read_json(path, default={})
    complete = _completed(known, zones)
    if complete != known:
        files.write_json(path, complete)
    return complete


def load(path: Path) -> Credentials:
    """What `ensure` has written."""
    known: Credentials | None = files.read_json(path)
    if known is None:
        raise files.StateError("This installation has no credentials yet: run `./assay up` first.")
    return known | {"aws": _by_identity(known.get("aws", {}))}


def service_users(zones: Sequence[str]) -> list[str]:
    """Return the warehouse's service users: one per zone and service role, such as `LOCAL_FLIGHTS_LOADER`, and the one
    that manages grants."""
    return [
        *(f"{ENVIRONMENT}_{zone.upper()}_{service_role}" for zone in zones for service_role in SERVICE_ROLES),
        PERMISSIONS,
    ]


def _completed(known: Credentials, zones: Sequence[str]) -> Credentials:
    warehouse = known.get("warehouse", {})
    users = warehouse.get("service_users", {})
    inbox = known.get("inbox", {})
    return {
        "warehouse": {
            "admin": warehouse.get("admin") or {"user": "ASSAY_ADMIN", "password": _password()},
            "service_users": {**{user: users.get(user) or key_pair() for user in service_users(zones)}, **users},
        },
        "postgres": {user: known.get("postgres", {}).get(user) or _password() for user in LOGINS},
        "airbyte": known.get("airbyte") or {"client_id": secrets.token_hex(8), "client_secret": _password()},
        "flights_api": known.get("flights_api") or {"token": _password()},
        "aws": _aws(known.get("aws", {}), zones),
        "kubernetes": {"token": _password(), AIRFLOW: _password()} | known.get("kubernetes", {}),
        "airflow": known.get("airflow") or {
            "user": "admin",
            "password": _password(12),
            "fernet_key": Fernet.generate_key().decode(),
            "jwt_secret": _password(),
            "secret_key": _password(),
        },
        "inbox": {**{channel: inbox.get(channel) or _password() for channel in (*zones, PLATFORM)}, **inbox},
    }  # fmt: skip


def _by_identity(known: dict[str, Any]) -> dict[str, Any]:
    """Installations of an earlier version had one key for all; commands use it until `./assay up` makes the others."""
    return {"administrator": known} if "access_key_id" in known else known


def _aws(known: dict[str, Any], zones: Sequence[str]) -> dict[str, Any]:
    """An access key for each identity."""
    known = _by_identity(known)
    return known | {name: known.get(name) or access_key() for name in principals(zones)}


def _password(length: int = 24) -> str:
    """`length` random bytes in letters that need no quoting in a URL, a shell or YAML."""
    while True:
        password = secrets.token_urlsafe(length)
        if not password.startswith(("-", "_")):
            return password


def key_pair() -> dict[str, str]:
    """An ECDSA pair as Snowflake takes it: PKCS 8 and SubjectPublicKeyInfo, DER in base64 on one line.

    A client proves an RSA key's primes whenever it reads it, 0.05 CPU seconds, and reads it twice for a login.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {"private_key": base64.b64encode(private).decode(), "public_key": base64.b64encode(public).decode()}
