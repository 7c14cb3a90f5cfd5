"""Best-effort bookkeeping: an error here is logged and never fails the task."""

import logging
from collections.abc import Callable
from typing import TypeVar

log = logging.getLogger(__name__)
T = TypeVar("T")


def best_effort(action: Callable[[], T], instead: T) -> T:
    """The action's result, or `instead` and a line in the log: lost state must not keep an alert back."""
    try:
        return action()
    except Exception as error:
        log.warning("An alert's bookkeeping failed (%s); going on without it.", type(error).__name__)
        return instead
