"""Importing quickly. A DAG file is parsed again for every task, so its imports are paid for every task."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Imports inside it take about 0.6 of their time.

    They make some hundred thousand objects that all stay, and the garbage collector would walk over them time and
    again: while they are made, and, were they not taken out of its sight, at once afterwards.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
