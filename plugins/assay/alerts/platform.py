"""A platform DAG's own failure, posted to the platform's channel."""

from collections.abc import Mapping
from typing import Any

from assay.alerts import error_text
from assay.alerts.message import Failure, failed
from assay.alerts.posting import run_url, send
from assay.settings import Settings
from assay.zones.names import PLATFORM_CHAT


def post_platform_failure(job: str, settings: Settings, runbook: str, context: Mapping[str, Any]) -> None:
    """Post that a task of `job` (such as `housekeeping`) has failed. `runbook` is a path in this repository."""
    ti = context["ti"]
    failure = Failure(
        zone=job,
        environment=settings.environment,
        owner="the platform",
        run_id=ti.run_id,
        what=error_text.of_exception(context.get("exception")),
        run_url=run_url(ti.dag_id, ti.run_id),
        runbook=settings.alerts.page_of(runbook),
        task=ti.task_id,
        log_url=ti.log_url,
    )
    send(PLATFORM_CHAT, failed(failure))
