"""Alerts: what went wrong, in words, in the zone's chat channel within a minute; and when it is well again.

`message`, `markup` and `error_text` are pure, and `outbox` needs only a store. What runs inside Airflow is imported
when it is asked for.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assay.alerts.message import Failure, Message, failed, recovered, released

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator

    from assay.alerts.zone_alerts import ZoneAlerts
    from assay.settings import Settings
    from assay.zones import Zone

__all__ = ["Failure", "Message", "alerts_of", "announce", "callbacks", "failed", "recovered", "released"]


def callbacks(zone: "Zone", settings: "Settings") -> dict[str, Any]:
    """Keyword arguments of a zone's DAG that make its failures and recoveries known.

    `default_args` are the environment's own, with what every task needs added.
    """
    alerts = alerts_of(zone, settings)
    default_args: Mapping[str, Any] = settings.dag["default_args"]
    return {
        "default_args": {**default_args, "on_failure_callback": alerts.task_failed},
        "on_failure_callback": alerts.run_failed,
        "on_success_callback": alerts.run_succeeded,
    }


def alerts_of(zone: "Zone", settings: "Settings") -> "ZoneAlerts":
    """The callbacks of the zone's DAG."""
    from assay.alerts.zone_alerts import ZoneAlerts

    return ZoneAlerts(zone, settings.environment, settings.alerts.page_of(zone.runbook))


def announce(zone: "Zone", settings: "Settings") -> "BaseOperator":
    """The task `announce`, which tells the zone's channel what has been released."""
    from assay.alerts.operators import AnnounceOperator

    return AnnounceOperator(task_id="announce", zone=zone, environment=settings.environment)
