"""The DAG `platform_housekeeping`: each zone's old loads go, a task per zone, by the zone's own loader."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException

from assay import settings as environments
from assay.alerts.platform import post_platform_failure
from assay.dbt_graph.manifest import read_manifest
from assay.errors import ConfigurationError
from assay.leases.tasks import writing
from assay.releases.lifecycle import Releases
from assay.retention.housekeeping import tidy
from assay.retention.releases import tidy_releases
from assay.settings import Settings
from assay.zones import ServiceRole, ZoneNames, load_zone, zone_folders
from assay.zones.reader import readers_today

SCHEDULE = "40 3 * * *"
RUNBOOK = "docs/housekeeping.md"

DOC = """Removes load tables, quarantine rows, files and ledger records that are older than each zone's `keep` says. See
`docs/housekeeping.md`."""


def housekeeping(dag_file: str) -> DAG:
    """The DAG, for the zones beside the DAG file. A zone whose file is wrong fails its own task."""
    folder = Path(dag_file).parent
    settings = environments.load(folder)
    with DAG(
        dag_id="platform_housekeeping",
        description="Remove what old loads have left behind.",
        schedule=SCHEDULE,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=["platform"],
        doc_md=DOC,
    ) as dag:
        for zone in zone_folders(folder / "zones"):
            TidyOperator(task_id=zone.name, settings=settings, retries=2, retry_delay=timedelta(minutes=5))
    return dag


class TidyOperator(BaseOperator):
    """Tidies the zone that the task is called after, and returns how much was removed.

    It holds the zone's lease meanwhile: while a run of the zone writes it waits, and a run waits for it.
    """

    def __init__(self, *, settings: Settings, **kwargs: Any) -> None:
        super().__init__(on_failure_callback=self.failed, **kwargs)
        self._settings = settings

    def execute(self, context: Context) -> dict[str, Any]:
        zones = self._settings.dags_folder / "zones"
        try:
            zone = load_zone(zones / self.task_id)
        except ConfigurationError as error:
            raise AirflowFailException(str(error)) from error
        names = ZoneNames(self._settings.environment, zone.zone)
        manifest = read_manifest(self._settings.manifest, self._settings.dbt.dbt_project_name)
        with writing(names, ServiceRole.LOADER, context) as warehouse:
            removed = tidy(warehouse, names, zone.keep).summary()
        with writing(names, ServiceRole.PUBLISHER, context) as warehouse:
            releases = Releases(warehouse, names, lambda: readers_today(zones, names))
            return removed | tidy_releases(releases, warehouse, names, zone.keep, manifest)

    def failed(self, context: Mapping[str, Any]) -> None:
        """What Airflow calls after the last try."""
        post_platform_failure("housekeeping", self._settings, RUNBOOK, context)
