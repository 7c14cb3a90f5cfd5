"""Which differences are reported already: each is posted once while it stands, and again when it comes back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from assay.alerts.outbox import Store
from assay.permissions.drift import Difference

KEY = "permissions_drift"
"""The variable that holds what is reported: a digest for each difference."""


class Standing:
    def __init__(self, store: Store) -> None:
        self._store = store

    def to_report(self, found: Sequence[Difference]) -> list[Difference]:
        """Those that were not reported before, and those that are reported at every look."""
        reported = self._reported()
        return [each for each in found if each.daily or _digest(each) not in reported]

    def reported(self, posted: Iterable[Difference], found: Iterable[Difference]) -> None:
        """Note what was posted now. What no longer stands is forgotten, so that it is posted again when it returns."""
        now = {_digest(each) for each in found}
        kept = (self._reported() | {_digest(each) for each in posted}) & now
        self._store.set(KEY, json.dumps(sorted(kept)))

    def _reported(self) -> set[str]:
        return set(json.loads(self._store.get(KEY) or "[]"))


def _digest(difference: Difference) -> str:
    return hashlib.sha256(difference.about.encode()).hexdigest()[:16]
