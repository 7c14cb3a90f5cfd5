"""The task that lands files which others have dropped."""

from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from assay.contracts import Contract
from assay.ingestion.files.source import FilesSource
from assay.ingestion.landing import Folder, land_files
from assay.ingestion.window import WrongWindow, window_of
from assay.leases.tasks import writing
from assay.load_ledger import Load
from assay.settings import Settings
from assay.zones import ServiceRole, Zone, ZoneNames


def task(zone: Zone, source: FilesSource, settings: Settings, contract: Contract, **arguments: Any) -> BaseOperator:
    """Make the task `ingest.<source>`; `arguments` are those that every source's task has."""
    return FilesToLandingOperator(
        task_id=source.name,
        zone=zone,
        source=source,
        contract=contract,
        environment=settings.environment,
        **arguments,
    )


class FilesToLandingOperator(BaseOperator):
    """Lands the files below a source's prefix that no approved load has brought, and those of the days to take
    again."""

    ui_color = "#b8d8d8"

    def __init__(self, *, zone: Zone, source: FilesSource, contract: Contract, environment: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._names = ZoneNames(environment, zone.zone)
        self._source = source
        self._contract = contract

    def execute(self, context: Context) -> dict[str, object]:
        try:
            window = window_of(context["params"])
        except WrongWindow as error:
            raise AirflowFailException(str(error)) from error
        folder = Folder(
            self._source.prefix,
            self._source.pattern,
            self._source.date_pattern,
            tuple(self._source.null_if),
            format=self._source.format,
        )
        load = Load(self._names, self._source.name, self._contract.table, context["run_id"])
        with writing(self._names, ServiceRole.LOADER, context) as warehouse:
            landed = land_files(warehouse, load, self._contract.source_columns, folder, window, self._contract.digest)
        self.log.info(landed.sentence)
        return landed.summary()
