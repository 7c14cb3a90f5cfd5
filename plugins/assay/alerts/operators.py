"""The task that tells a zone's channel what has been released."""

from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from assay.alerts.message import released
from assay.alerts.posting import post_to_zone, run_url
from assay.assets import models_of
from assay.zones import Zone


class AnnounceOperator(BaseOperator):
    """Posts the release that `release.publish` put live. A chat server that does not answer is no failure."""

    def __init__(
        self, *, zone: Zone, environment: str, publish_task_id: str = "release.publish", **kwargs: Any
    ) -> None:
        # No event of its own: Airflow knows an alias from the DAG, before the first pod has something to say of it.
        super().__init__(outlets=[models_of(zone)], **kwargs)
        self._zone = zone
        self._environment = environment
        self._publish_task_id = publish_task_id

    def execute(self, context: Context) -> None:
        ti = context["ti"]
        release_id = ti.xcom_pull(task_ids=self._publish_task_id)
        if release_id is None:
            raise AirflowSkipException(
                f"{self._publish_task_id} shows success but published nothing: it was marked by hand."
            )
        rows = ti.xcom_pull(task_ids=self._publish_task_id, key="rows") or {}
        counts = {table: (new, old) for table, (new, old) in rows.items()}
        url = run_url(ti.dag_id, ti.run_id)
        by_hand = ti.xcom_pull(task_ids=self._publish_task_id, key="overrides") or []
        message = released(self._zone.zone, self._environment, release_id, counts, url, by_hand)
        post_to_zone(self._zone, self._environment, message)
