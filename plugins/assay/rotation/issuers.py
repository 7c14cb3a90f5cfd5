"""What issues logins: one class per kind, each with the same few methods over the text of a secret.

A text is what Secrets Manager holds. Every method may be called twice. They raise NotConnected, AirbyteError and
RotationError, whose sentences never quote a secret.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from assay.rotation.login_plan import Issued


class Issuer(Protocol):
    """Issues logins of one kind. `room` is how many of one user may be valid at a time."""

    @property
    def room(self) -> int: ...

    def id_of(self, text: str) -> str:
        """Return the id of the login that a secret holds, which is not secret itself."""

    def issued(self, text: str) -> Mapping[str, Issued] | None:
        """Return the logins of this user; None where there is one at a time and no id of it."""

    def issue(self, text: str) -> str:
        """Return the secret with a new login in it, which is valid already unless there is one at a time."""

    def change(self, old: Iterable[str], new: str) -> None:
        """Make the new login the valid one, with whichever of the old ones is valid. Only where there is one."""

    def check(self, text: str) -> None:
        """Log in. Raises NotConnected where that is refused."""

    def carry(self, new: str, into: str) -> str:
        """Return a secret with the login of another, all else as it was."""

    def remove(self, text: str, id: str) -> None:
        """Make a login invalid, with the one in the text."""


def values_of(text: str) -> dict[str, Any]:
    """Return the JSON object that a secret holds."""
    found: dict[str, Any] = json.loads(text)
    return found


def with_values(text: str, changed: Mapping[str, Any]) -> str:
    """Return the secret with these values in it."""
    return json.dumps({**values_of(text), **changed}, sort_keys=True)
