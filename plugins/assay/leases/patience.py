"""How long the end of what another run has left behind is waited for."""

import time
from collections.abc import Iterator

PATIENCE = 30.0
"""Seconds in which a pod ends that its node can still end (its grace is shorter: `GRACE_TO_END` of assay.pods), and in
which a cancelled statement does."""
POLL = 0.5


def looks() -> Iterator[None]:
    """Once at once, and again every POLL seconds as long as there is patience."""
    began = time.monotonic()
    yield
    while time.monotonic() - began < PATIENCE:
        time.sleep(POLL)
        yield
