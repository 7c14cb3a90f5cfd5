"""Free ports on the loopback interface, remembered so that addresses stay the same from one day to the next.

A port is derived from the checkout's path, so two checkouts start looking in different places; it lies below the range
the kernel hands out to outgoing connections, so that no other program takes it while its service is down.
"""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from local.emulators.common import files

FIRST, LAST = 20_000, 32_000


def ensure(path: Path, names: Sequence[str], seed: str, keep: Collection[str] = ()) -> dict[str, int]:
    """A port for each name. One that is remembered stays, unless a stranger listens on it by now.

    `keep` names the ports whose own service is running: listening on those is no stranger.
    """
    remembered: dict[str, int] = files.read_json(path, default={})
    chosen = assign(remembered, names, seed, keep, is_free)
    if chosen != remembered:
        files.write_json(path, chosen)
    return chosen


def assign(
    remembered: dict[str, int],
    names: Sequence[str],
    seed: str,
    keep: Collection[str],
    free: Callable[[int], bool],
) -> dict[str, int]:
    """The rule of `ensure`, from data to data."""
    chosen = {name: port for name, port in remembered.items() if name in keep or name not in names}
    for name in names:
        if name in chosen:
            continue
        candidates = [remembered[name]] if name in remembered else []
        start = int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:4]) % (LAST - FIRST)
        candidates += [FIRST + (start + step) % (LAST - FIRST) for step in range(LAST - FIRST)]
        taken = set(chosen.values())
        port = next((port for port in candidates if port not in taken and free(port)), None)
        if port is None:
            raise files.StateError(f"No free port between {FIRST} and {LAST} is left on 127.0.0.1.")
        chosen[name] = port
    return chosen


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a closing connection's leftovers do not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
