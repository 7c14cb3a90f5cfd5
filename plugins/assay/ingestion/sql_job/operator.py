"""The task that lands the rows of a query."""

from typing import Any

from airflow.sdk import BaseOperator

from assay.contracts import Contract
from assay.ingestion.pod_operator import PodToLandingOperator
from assay.ingestion.sql_job.query import read_query
from assay.ingestion.sql_job.source import EXPORTER, SqlJobSource
from assay.settings import Settings
from assay.zones import Zone


def task(zone: Zone, source: SqlJobSource, settings: Settings, contract: Contract, **arguments: Any) -> BaseOperator:
    """Make the task `ingest.<source>`; `arguments` are those that every source's task has.

    Raises ConfigurationError when the query is wrong.
    """
    folder = settings.dags_folder / "zones" / zone.zone
    return SqlJobToLandingOperator(
        task_id=source.name,
        zone=zone,
        source=source,
        contract=contract,
        settings=settings,
        image=EXPORTER,
        command=["sql-job"],
        env={"ASSAY_JOB_SQL": read_query(folder, source.job)},
        secrets=[source.secret],
        **arguments,
    )


class SqlJobToLandingOperator(PodToLandingOperator):
    """A query in a file, run against a Postgres server; its rows are the load."""
