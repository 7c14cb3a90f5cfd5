"""The task that runs a program in a container and lands the files that it writes."""

from typing import Any

from airflow.sdk import BaseOperator

from assay.contracts import Contract
from assay.ingestion.container.source import ContainerSource
from assay.ingestion.pod_operator import PodToLandingOperator
from assay.settings import Settings
from assay.zones import Zone


def task(zone: Zone, source: ContainerSource, settings: Settings, contract: Contract, **arguments: Any) -> BaseOperator:
    """Make the task `ingest.<source>`; `arguments` are those that every source's task has."""
    return ContainerToLandingOperator(
        task_id=source.name,
        zone=zone,
        source=source,
        contract=contract,
        settings=settings,
        image=source.image,
        command=source.command,
        secrets=source.secrets,
        format=source.format,
        **arguments,
    )


class ContainerToLandingOperator(PodToLandingOperator):
    """Any program that writes files of its format below ASSAY_LANDING_URL."""
