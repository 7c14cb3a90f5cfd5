"""The task that runs an Airbyte sync and cuts the run's load out of what it brought."""

from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from assay.contracts import Contract
from assay.ingestion.airbyte import AirbyteSyncOperator
from assay.ingestion.syncs import NoStream, land_syncs
from assay.ingestion.window import WrongWindow, window_of
from assay.leases.tasks import writing
from assay.load_ledger import Load
from assay.zones import AirbyteSource, ServiceRole, Zone, ZoneNames


class AirbyteToLandingOperator(AirbyteSyncOperator):
    """A sync, then a branch with the records that no approved load covers."""

    def __init__(
        self, *, zone: Zone, source: AirbyteSource, contract: Contract, environment: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._names = ZoneNames(environment, zone.zone)
        self._source = source
        self._contract = contract

    def execute(self, context: Context) -> dict[str, Any]:
        load = Load(self._names, self._source.name, self._contract.table, context["run_id"])
        columns = [column.source for column in self._contract.columns]
        try:
            window = window_of(context["params"])
            with writing(self._names, ServiceRole.LOADER, context):
                pass  # nothing is fetched before it is this run's turn
            synced = super().execute(context)
            with writing(self._names, ServiceRole.LOADER, context) as warehouse:
                landed = land_syncs(
                    warehouse, load, self._source.stream, columns, self._source.day, window, self._contract.digest
                )
        except (WrongWindow, NoStream) as error:
            raise AirflowFailException(str(error)) from error
        self.log.info(landed.sentence)
        return {**synced, **landed.summary()}
