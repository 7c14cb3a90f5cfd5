"""The DAG `platform_alerts`: posts what waits for a chat server."""

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, AssetWatcher, BaseOperator, Context, CronTriggerTimetable

from assay.alerts.posting import outbox
from assay.alerts.waiting import MessageIsDue

SWEEP = "*/10 * * * *"
"""A run by the clock, in case that the triggerer has missed something."""

log = logging.getLogger(__name__)

DOC = """Posts alerts that a chat server did not take at once: when a message is due, and every ten minutes. See
`docs/alerts.md`."""


def alerts() -> DAG:
    """The DAG `platform_alerts`. It reads no file, so that no mistake in one can stop it."""
    waiting = Asset("x-assay://platform/alerts", watchers=[AssetWatcher(name="message_is_due", trigger=MessageIsDue())])
    with DAG(
        dag_id="platform_alerts",
        description="Post alerts that could not be posted at once.",
        schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable(SWEEP, timezone="UTC"), assets=[waiting]),
        catchup=False,
        max_active_runs=1,  # two would post a message twice
        is_paused_upon_creation=False,
        tags=["platform"],
        doc_md=DOC,
    ) as dag:
        PostOperator(task_id="post", retries=2, retry_delay=timedelta(minutes=1), max_active_tis_per_dag=1)
    return dag


class PostOperator(BaseOperator):
    """Posts what waits, each channel in its order. Returns how many messages still wait."""

    def execute(self, context: Context) -> dict[str, Any]:
        box = outbox()
        for connection in box.connections():
            due = box.drain(connection)
            if due is not None:
                log.warning("%s: the chat server does not take messages yet.", connection)
        return {"waiting": box.count()}
