"""Which operator lands a source, by its kind. Each is imported only where a zone has such a source: parsing stays
quick."""

from pathlib import Path
from typing import TYPE_CHECKING

from assay.contracts import Contract, load_contract
from assay.errors import ConfigurationError
from assay.settings import Settings
from assay.zones import AirbyteSource, ContainerSource, FilesSource, Source, SqlJobSource, Zone

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator

EXPORTER = "assay/loader"


def task_for(zone: Zone, source: Source, settings: Settings) -> "BaseOperator":
    folder = settings.dags_folder / "zones" / zone.zone
    contract = load_contract(folder, source.table)
    match source:
        case AirbyteSource():
            return _airbyte(zone, source, settings, contract)
        case FilesSource():
            from assay.ingestion.operators import FilesToLandingOperator

            return FilesToLandingOperator(
                task_id=source.name, zone=zone, source=source, contract=contract, environment=settings.environment
            )
        case SqlJobSource():
            from assay.ingestion.operators import SqlJobToLandingOperator

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
            )
        case ContainerSource():
            from assay.ingestion.operators import ContainerToLandingOperator

            return ContainerToLandingOperator(
                task_id=source.name,
                zone=zone,
                source=source,
                contract=contract,
                settings=settings,
                image=source.image,
                command=source.command,
                secrets=source.secrets,
            )


def _airbyte(zone: Zone, source: AirbyteSource, settings: Settings, contract: Contract) -> "BaseOperator":
    from assay.ingestion.airbyte_landing import AirbyteToLandingOperator

    clocks = settings.airbyte
    return AirbyteToLandingOperator(
        task_id=source.name,
        zone=zone,
        source=source,
        contract=contract,
        environment=settings.environment,
        connection=source.connection,
        airbyte_conn_id=clocks.airbyte_connection_id,
        poll_interval=clocks.poll_interval,
        start_within=clocks.start_within,
        stalled_after=clocks.stalled_after,
        deadline=clocks.deadline,
    )


def read_query(folder: Path, job: str) -> str:
    """The text of `jobs/<job>.sql`. Raises ConfigurationError when it holds template marks, which Airflow would fill
    in."""
    query = (folder / "jobs" / f"{job}.sql").read_text().strip()
    if "{{" in query or "{%" in query:
        raise ConfigurationError(
            f"zones/{folder.name}/jobs/{job}.sql: holds template marks; a job's query is run as it is written"
        )
    return query
