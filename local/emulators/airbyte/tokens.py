"""Access tokens of the client-credentials flow. They are signed, not stored, so that they outlive a restart. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping

LIFETIME = 900  # seconds, as Airbyte's own


class Tokens:
    """`clients` gives each application's secret by its client id. A deleted application's tokens end with it, which is
    earlier than in Airbyte (there they expire)."""

    def __init__(self, clients: Callable[[], Mapping[str, str]]) -> None:
        self._clients = clients

    def issue(self, client_id: str, client_secret: str, now: float) -> str | None:
        """A token for the right pair, None for any other."""
        until, right = int(now) + LIFETIME, False
        for known, secret in self._clients().items():
            right |= hmac.compare_digest(_bytes(client_id), known.encode()) & hmac.compare_digest(
                _bytes(client_secret), secret.encode()
            )
        return self._signed(until, client_id) if right else None

    def accept(self, token: str, now: float) -> bool:
        until, _, rest = token.partition(".")
        client_id = rest.partition(".")[0]
        return (
            until.isascii()
            and until.isdigit()
            and len(until) < 20
            and int(until) > now
            and client_id in self._clients()
            and hmac.compare_digest(_bytes(token), self._signed(int(until), client_id).encode())
        )

    def _signed(self, until: int, client_id: str) -> str:
        text = f"{until}.{client_id}"
        return f"{text}.{hmac.new(self._clients()[client_id].encode(), text.encode(), hashlib.sha256).hexdigest()}"


def _bytes(given: str) -> bytes:
    """What a client sent, whatever it is: a header may hold bytes that are no text."""
    return given.encode(errors="replace")
