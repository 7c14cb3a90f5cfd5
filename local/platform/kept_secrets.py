"""What `./assay up` writes over a secret that is there: this machine's addresses, nothing that was rotated. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from assay.rotation.kinds import extra_of
from assay.secrets.names import CONNECTIONS, PODS

Value = dict[str, Any]
OWN = "http://127.0.0.1:"
_HOOK = re.compile(r"http://127\.0\.0\.1:\d+/hooks/(.+)")
ISSUED_HERE = ("assay/bootstrap/", "assay/smoke/", f"{CONNECTIONS}/kubernetes")
"""Secrets that `./assay secret rotate` rejects: they are as the installation's own file has them."""


def kept(name: str, declared: Value, found: Mapping[str, Any] | None, public: Collection[str]) -> Value:
    """Return the value to keep under a name: the declared one, with what is secret in the one that was found.

    `public` are the names in a pod's secret that are none.
    """
    if not found or name.startswith(ISSUED_HERE):
        return declared
    if name.startswith(f"{CONNECTIONS}/"):
        return _connection(declared, found)
    secret = {
        key: found[key]
        for key, value in declared.items()
        if key in found and (key not in public if name.startswith(f"{PODS}/") else not value.startswith(OWN))
    }
    return declared | secret


def kept_text(name: str, declared: Value, public: Collection[str], text: str) -> str:
    """Return the text of a secret that is there as `kept` has it."""
    found = json.loads(text)
    value = kept(name, declared, found, public)
    return text if value == found else json.dumps(value, sort_keys=True)


def private_key(connection: Mapping[str, Any] | None, otherwise: str) -> str:
    """Return the private key of a warehouse connection, DER in base64, or `otherwise` where it has none."""
    pem = extra_of(connection or {}).get("private_key_content")
    return "".join(line for line in pem.splitlines() if not line.startswith("-----")) if pem else otherwise


def _connection(declared: Value, found: Mapping[str, Any]) -> Value:
    if found.get("conn_type") != declared["conn_type"]:
        return dict(found)  # set by a person; nothing here knows what is in it
    if declared["conn_type"] == "http":
        return dict(found) | {"password": _hook(declared["password"], str(found.get("password") or ""))}
    merged = declared | {key: found[key] for key in ("login", "password") if key in found}
    if key := extra_of(found).get("private_key_content"):
        merged["extra"] = declared["extra"] | {"private_key_content": key}
    return merged


def _hook(declared: str, found: str) -> str:
    """The hook that was found; of one on this machine only what comes after the address, which may have changed."""
    own = _HOOK.fullmatch(found)
    return f"{declared.rpartition('/')[0]}/{own[1]}" if own else found or declared
