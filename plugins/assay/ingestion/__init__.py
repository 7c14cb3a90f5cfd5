"""Ingestion: brings a source's new data into a load table in LANDING, one load for each run.

What is new is decided by the load ledger, and how good it is by contracts. Depends on it, contracts, pods and
zones.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator

    from assay.settings import Settings
    from assay.zones import Source, Zone


def ingest(zone: "Zone", source: "Source", settings: "Settings") -> "BaseOperator":
    """The task `ingest.<source>`: lands what is new at the source.

    Raises ConfigurationError when the table's contract or the job's query is wrong.
    """
    from assay.ingestion.tasks import task_for

    return task_for(zone, source, settings)


def backfill_form(zone: "Zone") -> dict[str, Any]:
    """The fields of the form that starts a run by hand: the days to take again."""
    from airflow.sdk import Param

    from assay.run_params import FROM, TO

    said = f"Days of {zone.zone} to take again although they were approved before. Leave empty for what is new only."
    return {
        FROM: Param(None, type=["null", "string"], format="date", title="Backfill from", description=said),
        TO: Param(
            None, type=["null", "string"], format="date", title="Backfill to", description="The last day, included."
        ),
    }


__all__ = ["backfill_form", "ingest"]
