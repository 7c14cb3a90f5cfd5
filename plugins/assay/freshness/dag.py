"""The DAG `platform_freshness`: a task per zone, which asks also when the zone's own DAG is paused, late or broken."""

import json
import logging
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, BaseOperator, Context

from assay import settings as environments
from assay.alerts.message import fresh_again, not_fresh
from assay.alerts.platform import post_platform_failure
from assay.alerts.posting import Variables, dag_url, send
from assay.contracts import Contract, load_contract
from assay.contracts.ages import read_ages
from assay.errors import ConfigurationError
from assay.freshness.rollbacks import PostRollbacksOperator
from assay.freshness.rules import Late, late, news
from assay.settings import Settings
from assay.sql import templates
from assay.warehouse import Warehouse, airflow_warehouse
from assay.zones import ServiceRole, ZoneNames, load_zone

SCHEDULE = "20 * * * *"
RUNBOOK = "docs/runbooks/zone.md"
CONTRACT = ".odcs.yaml"

DOC = """Asks every hour how old the approved tables of each zone are, and posts once what is older than its contract's
`freshness` allows; and rollbacks that were not posted. See `docs/alerts.md`."""

render = templates(__file__)
log = logging.getLogger(__name__)


def freshness(dag_file: str) -> DAG:
    """The DAG, for the zones beside the DAG file, broken ones included: contracts are read without their zone file."""
    folder = Path(dag_file).parent
    settings = environments.load(folder)
    with DAG(
        dag_id="platform_freshness",
        description="Post tables that are older than their contracts allow, and rollbacks of which no channel knows.",
        schedule=SCHEDULE,
        catchup=False,
        max_active_runs=1,  # two would post a table twice
        is_paused_upon_creation=False,
        tags=["platform"],
        doc_md=DOC,
    ) as dag:
        for zone in sorted(path.parent.name for path in (folder / "zones").glob("*/contracts")):
            AskOperator(task_id=zone, settings=settings, retries=2, retry_delay=timedelta(minutes=5))
            PostRollbacksOperator(task_id=f"rollbacks.{zone}", zone=zone, settings=settings, retries=2)
    return dag


class AskOperator(BaseOperator):
    """Asks for the zone that the task is called after; returns the sentences about what is late.

    The Airflow variable `late_<zone>` remembers what the channel knows, so that it is posted once, and its end once.
    """

    def __init__(self, *, settings: Settings, **kwargs: Any) -> None:
        super().__init__(on_failure_callback=self.failed, **kwargs)
        self._settings = settings
        self._folder = settings.dags_folder / "zones" / kwargs["task_id"]
        self._names = ZoneNames(settings.environment, kwargs["task_id"])
        self._state = f"late_{kwargs['task_id']}"
        self._broken = f"late_unknown_{kwargs['task_id']}"

    def execute(self, context: Context) -> list[str]:
        contracts = list(self._contracts())
        with airflow_warehouse(self._names.connection(ServiceRole.LOADER)) as warehouse:
            found = self._late(warehouse, contracts)
            rows = warehouse.execute(render("last_approvals", ledger=self._names.ledger), {"zone": self._names.zone})
        store = Variables()
        posts = news(
            json.loads(store.get(self._state) or "{}"), found, {row["table_name"]: row["finished_at"] for row in rows}
        )
        zone, environment = self._names.zone, self._settings.environment
        if posts.late:
            sentences = [f"{each.table}: {each.sentence}." for each in posts.late]
            page = self._settings.alerts.page_of(RUNBOOK)
            self._post(not_fresh(zone, environment, sentences, dag_url(zone), page))
        if posts.over:
            self._post(fresh_again(zone, environment, sorted({key.partition(".")[0] for key in posts.over})))
        store.set(self._state, json.dumps(posts.known))
        if store.get(self._broken) is not None:
            store.delete(self._broken)
        return [f"{each.table}: {each.sentence}" for each in found]

    def _contracts(self) -> Iterator[Contract]:
        """Those that can be read. `platform_alerts` and `zone check` say what is wrong with the others."""
        for path in sorted((self._folder / "contracts").glob(f"*{CONTRACT}")):
            try:
                yield load_contract(self._folder, path.name.removesuffix(CONTRACT))
            except ConfigurationError as error:
                log.warning("%s", error)

    def _late(self, warehouse: Warehouse, contracts: list[Contract]) -> list[Late]:
        (clock,) = warehouse.execute(render("now"))
        now = clock["now"].replace(tzinfo=None)
        return [
            each for contract in contracts for each in late(contract, read_ages(warehouse, self._names, contract), now)
        ]

    def _post(self, message: dict[str, str]) -> None:
        """To the zone's `channel`, where its file can be read."""
        try:
            message = message | {"channel": load_zone(self._folder).channel}
        except ConfigurationError as error:
            log.warning("%s", error)
        send(self._names.chat_connection, message)

    def failed(self, context: Mapping[str, Any]) -> None:
        """What Airflow calls after the last try. Posts the first time, until the zone could be asked again."""
        store = Variables()
        if store.get(self._broken) is not None:
            return
        store.set(self._broken, str(context["ti"].run_id))
        post_platform_failure("freshness", self._settings, RUNBOOK, context)
