"""Access tokens of the client-credentials flow. They are signed, not stored, so that they outlive a restart. Pure."""

from __future__ import annotations

import hashlib
import hmac

LIFETIME = 900  # seconds, as Airbyte's own


class Tokens:
    def __init__(self, client_id: str, client_secret: str) -> None:
        self._id = client_id
        self._secret = client_secret

    def issue(self, client_id: str, client_secret: str, now: float) -> str | None:
        """A token for the right pair, None for any other."""
        pair_is_right = hmac.compare_digest(_bytes(client_id), self._id.encode())
        pair_is_right &= hmac.compare_digest(_bytes(client_secret), self._secret.encode())
        return self._signed(int(now) + LIFETIME) if pair_is_right else None

    def accept(self, token: str, now: float) -> bool:
        until = token.partition(".")[0]
        return (
            until.isascii()
            and until.isdigit()
            and len(until) < 20
            and int(until) > now
            and hmac.compare_digest(_bytes(token), self._signed(int(until)).encode())
        )

    def _signed(self, until: int) -> str:
        return f"{until}.{hmac.new(self._secret.encode(), str(until).encode(), hashlib.sha256).hexdigest()}"


def _bytes(given: str) -> bytes:
    """What a client sent, whatever it is: a header may hold bytes that are no text."""
    return given.encode(errors="replace")
