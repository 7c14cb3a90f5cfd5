"""Releases: a candidate is cut from the live gold, built and tested, and swapped in whole; or it never is.

Depends on zones and on a login to the warehouse. Airflow is needed only by the tasks, imported when they are asked for.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from assay.releases.ledger import Release, Status
from assay.releases.lifecycle import ReleaseRefused, Releases

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator

    from assay.settings import Settings
    from assay.zones import Zone

__all__ = ["Release", "ReleaseRefused", "Releases", "Status", "candidate", "publish", "refuse"]


def candidate(zone: "Zone", settings: "Settings") -> "BaseOperator":
    """The task `release.candidate`: cuts the release that this run builds.

    It stands beside the group `release`, not in it: gold is built between them, and Airflow can draw no graph in which
    two groups wait for each other.
    """
    from assay.releases.operators import CandidateOperator

    # Its approvals are skipped where a run loads nothing.
    return CandidateOperator(task_id="release.candidate", zone=zone, settings=settings, trigger_rule="none_failed")


def publish(zone: "Zone", settings: "Settings") -> "BaseOperator":
    """The task `publish`: puts the audited candidate live."""
    from assay.releases.operators import PublishOperator

    return PublishOperator(task_id="publish", zone=zone, settings=settings)


def refuse(zone: "Zone", settings: "Settings") -> "BaseOperator":
    """The task `refuse`: runs as soon as anything before it has failed, and closes the candidate in the ledger.

    A task, and not a callback, because it is seen in the grid, is retried when the warehouse is away for a moment, and
    runs wherever the failure came from; it is skipped when nothing failed. Should it be lost all the same, the next
    candidate of the zone closes the one that was left open.
    """
    from assay.releases.operators import RefuseOperator

    return RefuseOperator(
        task_id="refuse",
        zone=zone,
        settings=settings,
        trigger_rule="one_failed",
        retries=10,
        retry_delay=timedelta(seconds=15),
    )
