"""The task that runs an Airbyte sync and cuts the run's load out of what it brought."""

from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from assay.contracts import Contract
from assay.ingestion.airbyte.source import AirbyteSource
from assay.ingestion.airbyte.sync import AirbyteSyncOperator
from assay.ingestion.airbyte.syncs import NoStream, land_syncs
from assay.ingestion.window import WrongWindow, window_of
from assay.leases.tasks import writing
from assay.load_ledger import Load
from assay.settings import Settings
from assay.zones import ServiceRole, Zone, ZoneNames


def task(zone: Zone, source: AirbyteSource, settings: Settings, contract: Contract, **arguments: Any) -> BaseOperator:
    """Make the task `ingest.<source>`; `arguments` are those that every source's task has."""
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
        **arguments,
    )


class AirbyteToLandingOperator(AirbyteSyncOperator):
    """A sync, then a load table with the records that no approved load covers."""

    def __init__(
        self, *, zone: Zone, source: AirbyteSource, contract: Contract, environment: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._names = ZoneNames(environment, zone.zone)
        self._source = source
        self._contract = contract

    def execute(self, context: Context) -> dict[str, Any]:
        load = Load(self._names, self._source.name, self._contract.table, context["run_id"])
        try:
            window = window_of(context["params"])
            with writing(self._names, ServiceRole.LOADER, context):
                pass  # nothing is fetched before it is this run's turn
            synced = super().execute(context)
            with writing(self._names, ServiceRole.LOADER, context) as warehouse:
                landed = land_syncs(
                    warehouse,
                    load,
                    self._source.stream,
                    self._contract.source_columns,
                    self._source.day,
                    window,
                    self._contract.digest,
                )
        except (WrongWindow, NoStream) as error:
            raise AirflowFailException(str(error)) from error
        self.log.info(landed.sentence)
        return {**synced, **landed.summary()}
