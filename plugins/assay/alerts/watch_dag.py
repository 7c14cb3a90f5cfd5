"""The DAG `platform_alerts`: posts what waits for a chat server, and DAG files that cannot be read."""

import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, AssetWatcher, BaseOperator, Context, CronTriggerTimetable

from assay.alerts import broken
from assay.alerts.markup import link
from assay.alerts.message import Message
from assay.alerts.posting import Variables, outbox, run_url, send
from assay.alerts.waiting import MessageIsDue
from assay.zones import ZoneNames
from assay.zones.names import PLATFORM_CHAT

SWEEP = "*/10 * * * *"
"""A run by the clock: for DAG files, and in case that the triggerer has missed a message."""

log = logging.getLogger(__name__)

DOC = """Posts alerts that a chat server did not take at once, when they are due; and every ten minutes, which DAG files
cannot be read. See `docs/alerts.md`."""


def alerts(dag_file: str) -> DAG:
    """The DAG `platform_alerts`. It needs no other file, so that no mistake in one can stop it."""
    waiting = Asset("x-assay://platform/alerts", watchers=[AssetWatcher(name="message_is_due", trigger=MessageIsDue())])
    with DAG(
        dag_id="platform_alerts",
        description="Post alerts that could not be posted at once, and DAG files that cannot be read.",
        schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable(SWEEP, timezone="UTC"), assets=[waiting]),
        catchup=False,
        max_active_runs=1,  # two would post a message twice
        is_paused_upon_creation=False,
        tags=["platform"],
        doc_md=DOC,
    ) as dag:
        PostOperator(
            task_id="post",
            folder=str(Path(dag_file).parent),
            retries=2,
            retry_delay=timedelta(minutes=1),
            execution_timeout=timedelta(minutes=10),
        )
    return dag


class PostOperator(BaseOperator):
    """Posts what waits, each channel in its order, then looks at the DAG files. Returns how many messages still wait,
    and which files cannot be read."""

    def __init__(self, *, folder: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._folder = Path(folder)

    def execute(self, context: Context) -> dict[str, Any]:
        box = outbox()
        for connection in box.connections():
            if box.drain(connection) is not None:
                log.warning("%s: the chat server does not take messages yet.", connection)
        environment = os.environ.get("ASSAY_ENV", "")
        page = link(run_url("platform_alerts", str(context["run_id"])), "Run")

        def post(name: str, message: Message) -> None:
            of_platform = name == "platform" or name.startswith("platform_")
            send(PLATFORM_CHAT if of_platform else ZoneNames(environment, name).chat_connection, message)

        unreadable = broken.look(self._folder, environment, Variables(), post, page)
        return {"waiting": box.count(), "unreadable": sorted(unreadable)}
