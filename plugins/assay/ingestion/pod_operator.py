"""The task of every kind that runs a pod of ours: the pod writes files, and the load's folder is landed."""

from typing import Any

from airflow.sdk import Context

from assay.contracts import Contract
from assay.ingestion.formats import CSV
from assay.ingestion.landing import Folder, Landed, land_files
from assay.leases.tasks import writing
from assay.load_ledger import Load
from assay.pods import PodOperator
from assay.settings import Settings
from assay.zones import ServiceRole, Zone, ZoneNames
from assay.zones.fields import PodSource


class PodToLandingOperator(PodOperator):
    """Runs a pod that writes files of `format` into a folder of its own load, then lands that folder.

    A retry writes the same folder again and lands the same load again.
    """

    ui_color = "#b8d8d8"

    def __init__(
        self,
        *,
        zone: Zone,
        source: PodSource,
        contract: Contract,
        settings: Settings,
        env: dict[str, str] | None = None,
        secrets: list[str],
        format: str = CSV,
        **kwargs: Any,
    ) -> None:
        self._names = ZoneNames(settings.environment, zone.zone)
        self._source = source
        self._contract = contract
        self._format = format
        super().__init__(
            zone=zone,
            settings=settings,
            env=env,
            secrets=[*secrets, self._names.landing_secret],
            resources=source.resources,
            **kwargs,
        )

    def execute(self, context: Context) -> dict[str, object]:  # type: ignore[override]
        load = Load(self._names, self._source.name, self._contract.table, context["run_id"])
        prefix = f"loads/{self._source.name}/{load.id}/"
        self.add_environment({"ASSAY_LOAD_ID": load.id, "ASSAY_LANDING_URL": f"{self._names.landing_url}/{prefix}"})
        with writing(self._names, ServiceRole.LOADER, context):
            pass  # no pod is started before it is this run's turn
        super().execute(context)
        folder = Folder(prefix, null_if=tuple(self._source.null_if), snapshot=True, format=self._format)
        landed = self._land(load, folder, context)
        self.log.info(landed.sentence)
        return landed.summary()

    def add_environment(self, values: dict[str, str]) -> None:
        """More of the container's environment, known only once the run is."""
        from airflow.providers.cncf.kubernetes.backcompat.backwards_compat_converters import (
            convert_env_vars_or_raise_error,
        )

        self.env_vars = convert_env_vars_or_raise_error(self.env_vars) + convert_env_vars_or_raise_error(values)

    def _land(self, load: Load, folder: Folder, context: Context) -> Landed:
        with writing(self._names, ServiceRole.LOADER, context) as warehouse:
            return land_files(warehouse, load, self._contract.source_columns, folder, checked_by=self._contract.digest)
