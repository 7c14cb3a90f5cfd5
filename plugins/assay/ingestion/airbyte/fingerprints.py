"""What was sent to Airbyte as secrets, without keeping it: a salted, slow hash per source and destination.

Airbyte never shows a secret again, so a rotated one cannot be seen by looking. The hashes lie in Secrets Manager,
beside the secrets themselves: in Airbyte there is no free field for them (its API has tags for connections only), a
name would show them to every reader of the UI, and git or Airflow would spread what belongs to one environment. They
are scrypt's, because their readers may not read every secret, and a weak password must not be guessable.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from typing import Any

from assay.secrets_manager import SecretsManager

KEY = "assay/syncs/applied"
COST = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and some 50 ms a guess


class Fingerprints:
    """Keyed by Airbyte's id of the source or destination, so that a re-created one counts as not configured."""

    def __init__(self, secrets_manager: SecretsManager) -> None:
        self._secrets_manager = secrets_manager
        self._known: dict[str, str] = {id: str(value) for id, value in (secrets_manager.find(KEY) or {}).items()}

    def matches(self, id: str, secrets: Mapping[str, Any]) -> bool:
        """Whether these are the secrets that were sent last."""
        known = self._known.get(id, "")
        salt = known.partition("$")[0]
        return bool(known) and hmac.compare_digest(known, fingerprint(secrets, bytes.fromhex(salt)))

    def remember(self, id: str, secrets: Mapping[str, Any]) -> None:
        self._known[id] = fingerprint(secrets, os.urandom(16))
        self._secrets_manager.write(KEY, dict(self._known))

    def forget(self, id: str) -> None:
        if self._known.pop(id, None):
            self._secrets_manager.write(KEY, dict(self._known))


def fingerprint(secrets: Mapping[str, Any], salt: bytes) -> str:
    """`salt$hash` in hexadecimal, of the secrets with the keys they stand under."""
    text = json.dumps(secrets, sort_keys=True).encode()
    return f"{salt.hex()}${hashlib.scrypt(text, salt=salt, n=COST['n'], r=COST['r'], p=COST['p']).hex()}"
