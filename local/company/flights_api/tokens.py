"""Tokens of the API's clients. The company's own, in the credentials file, is the first; others are issued on request.

Only hashes are kept. Routes that change the company (clock, faults, tokens) take the company's own token alone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from local.emulators.common import files


class Tokens:
    """`own` is the company's. A client's is as good as the company's for reading, until it is revoked."""

    def __init__(self, path: Path, own: str) -> None:
        self._path, self._own = path, own
        self._issued: list[str] = files.read_json(path, default=[_hash(own)])

    def is_own(self, token: str) -> bool:
        return hmac.compare_digest(_hash(token), _hash(self._own))

    def may_read(self, token: str) -> bool:
        return _hash(token) in self._issued

    def issue(self) -> str:
        """Return a new token, which is valid beside the others."""
        token = secrets.token_urlsafe(24)
        self._keep([*self._issued, _hash(token)])
        return token

    def revoke_others(self) -> int:
        """Revoke every token but the newest. Returns how many."""
        revoked = len(self._issued) - 1
        self._keep(self._issued[-1:])
        return revoked

    def _keep(self, issued: list[str]) -> None:
        files.write_json(self._path, issued)
        self._issued = issued


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
