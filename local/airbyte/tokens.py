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
        pair_is_right = hmac.compare_digest(client_id.encode(), self._id.encode())
        pair_is_right &= hmac.compare_digest(client_secret.encode(), self._secret.encode())
        return self._signed(int(now) + LIFETIME) if pair_is_right else None

    def accept(self, token: str, now: float) -> bool:
        until = token.partition(".")[0]
        return (
            until.isdigit()
            and int(until) > now
            and hmac.compare_digest(token.encode(), self._signed(int(until)).encode())
        )

    def _signed(self, until: int) -> str:
        return f"{until}.{hmac.new(self._secret.encode(), str(until).encode(), hashlib.sha256).hexdigest()}"
