"""Posts rollbacks of which no channel knows: a command ends with its process, and cannot wait for a chat server."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from airflow.sdk import BaseOperator, Context

from assay.alerts.message import rolled_back
from assay.alerts.platform import post_platform_failure
from assay.alerts.posting import Variables, send
from assay.errors import ConfigurationError
from assay.releases import Releases
from assay.settings import Settings
from assay.warehouse import airflow_warehouse
from assay.zones import ServiceRole, ZoneNames, load_zone
from assay.zones.reader import readers_today

RUNBOOK = "docs/runbooks/release.md"
BEING_POSTED = 120
"""Seconds in which the command that rolled back may still post it itself."""


class PostRollbacksOperator(BaseOperator):
    """Posts, or keeps for later, each rollback that the zone's ledger has no post of. Returns their releases."""

    def __init__(self, *, zone: str, settings: Settings, **kwargs: Any) -> None:
        super().__init__(on_failure_callback=self.failed, **kwargs)
        self._settings = settings
        self._zones = settings.dags_folder / "zones"
        self._broken = f"rollbacks_unknown_{zone}"
        self._names = ZoneNames(settings.environment, zone)

    def execute(self, context: Context) -> list[str]:
        names = self._names
        posted = []
        with airflow_warehouse(names.connection(ServiceRole.PUBLISHER)) as warehouse:
            releases = Releases(warehouse, names, lambda: readers_today(self._zones, names))
            for each in releases.unposted(BEING_POSTED):
                message = rolled_back(names.zone, names.environment, each.release_id, each.actor, each.reason, None,
                                      **releases.step(each.release_id))  # fmt: skip
                with suppress(ConfigurationError):  # of a zone that cannot be read, the webhook's own channel
                    message = message | {"channel": load_zone(self._zones / names.zone).channel}
                if send(names.chat_connection, message):
                    releases.posted(each.release_id, "platform_freshness")
                    posted.append(each.release_id)
        if (store := Variables()).get(self._broken) is not None:
            store.delete(self._broken)
        return posted

    def failed(self, context: Mapping[str, Any]) -> None:
        """What Airflow calls after the last try. Posts the first time, until the ledger could be read again."""
        store = Variables()
        if store.get(self._broken) is None:
            store.set(self._broken, str(context["ti"].run_id))
            post_platform_failure("freshness", self._settings, RUNBOOK, context)
