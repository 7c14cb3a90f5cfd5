"""Starts `platform_alerts` when a kept message may be posted: a look at Airflow's variables, in the triggerer."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from assay.alerts.posting import outbox

log = logging.getLogger(__name__)


class MessageIsDue(BaseEventTrigger):
    """An event when the first kept message may be posted, and again for each later time. Looks every `seconds`."""

    def __init__(self, seconds: float = 20) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._seconds = seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return "assay.alerts.waiting.MessageIsDue", {"seconds": self._seconds}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        fired: float | None = None
        while True:
            due = await asyncio.to_thread(_due)
            if due is not None and due != fired and due <= time.time():
                fired = due
                yield TriggerEvent({"due": due})  # type: ignore[no-untyped-call]
            await asyncio.sleep(self._seconds)


def _due() -> float | None:
    try:
        return outbox().due()
    except Exception as error:  # the API server may be away; the trigger must outlive that
        log.warning("Kept messages could not be looked up (%s).", type(error).__name__)
        return None
