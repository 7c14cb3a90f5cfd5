"""The tasks of a release. They open a login, call a verb and report; the rules are in `rules` and `lifecycle`."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from airflow.sdk import BaseOperator, Connection, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from assay import overrides
from assay.alerts import alerts_of
from assay.assets import gold_of
from assay.fitness.graph import checked_graph_of
from assay.leases.tasks import lease_of, writing
from assay.lineage import tell_published
from assay.lineage.run_context import RunContext
from assay.releases.ledger import Status
from assay.releases.lifecycle import ReleaseRefused, Releases
from assay.releases.news import code_of
from assay.releases.published import broken_promises
from assay.releases.untested import CandidateCheck, marked_by_hand
from assay.settings import Settings
from assay.warehouse import Warehouse, airflow_warehouse
from assay.zones import ServiceRole, Zone, ZoneNames
from assay.zones.names import CANDIDATE, GOLD
from assay.zones.reader import readers_today

ACTOR = "airflow"
PASSED_BY = ("success", "skipped")
"""States that hold nothing back, whatever happened before."""
BEFORE_DBT = ("ingest.", "approve.", "choose", "release.")
"""Tasks that no result of dbt speaks for: their overrides are announced with a release."""
ENDED = {"success", "failed", "upstream_failed", "skipped", "removed"}

log = logging.getLogger(__name__)


class ReleaseOperator(BaseOperator):
    """Logs in as the publisher of one zone."""

    def __init__(self, *, zone: Zone, settings: Settings, group: str = "release", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._zone = zone
        self._names = ZoneNames(settings.environment, zone.zone)
        self._commit = settings.commit
        self._settings = settings
        self._zones_folder = settings.dags_folder / "zones"
        self._candidate_task_id = f"{group}.candidate"

    def _releases_on(self, warehouse: Warehouse) -> Releases:
        return Releases(warehouse, self._names, lambda: readers_today(self._zones_folder, self._names))

    @contextmanager
    def _login(self, context: Context) -> Iterator[tuple[Warehouse, Releases]]:
        """A refusal is final: trying again would find the same."""
        with writing(self._names, ServiceRole.PUBLISHER, context, alone=self._settings.k8s) as warehouse:
            try:
                yield warehouse, self._releases_on(warehouse)
            except ReleaseRefused as refusal:
                raise AirflowFailException(str(refusal)) from refusal


class CandidateOperator(ReleaseOperator):
    """Cuts the candidate of this run, without tables that are no model any more, and returns the release's id."""

    def execute(self, context: Context) -> str:
        graph = checked_graph_of(self._zone, self._settings)
        lease = lease_of(self._names, context)
        with self._login(context) as (warehouse, releases), lease.cutting_candidate(warehouse):
            release = releases.begin(context["run_id"], self._commit, ACTOR, graph.gold_tables)
        log.info("Release %s is begun, as a copy of %s.", release.release_id, release.replaces or "an empty gold")
        return release.release_id


class PublishOperator(ReleaseOperator):
    """Puts the candidate live, and returns the release's id; XCom `rows` has each table's rows, now and before, and
    `overrides` a sentence for each task before that was set to a state by hand.

    A scheme that begins with `x-` is taken as it is. For any other Airflow asks every installed provider whether it is
    theirs, and importing them all is a fifth of what a DAG file costs to parse.
    """

    def __init__(self, *, zone: Zone, settings: Settings, **kwargs: Any) -> None:
        super().__init__(zone=zone, settings=settings, outlets=[gold_of(zone)], **kwargs)

    def execute(self, context: Context) -> str:
        ti = context["ti"]
        release_id = ti.xcom_pull(task_ids=self._candidate_task_id)
        graph = checked_graph_of(self._zone, self._settings)
        with self._login(context) as (warehouse, releases):
            check = CandidateCheck(warehouse, self._names, graph)
            self._assess(check, releases, release_id, context)
            release = releases.publish(
                release_id,
                context["run_id"],
                ACTOR,
                problem_of=lambda candidate: (
                    check.assess(candidate, releases.history()).problem
                    or broken_promises(warehouse, self._names, self._zone)
                ),
            )
            check.forget()
        before = (task for task in states_of(context) if task.startswith(BEFORE_DBT))
        by_hand = [override.sentence for override in overrides.read(ti, before)]
        for sentence in by_hand:
            log.warning("%s", sentence)
        ti.xcom_push("overrides", by_hand)
        rows = {table: (counts.candidate, counts.live) for table, counts in release.row_counts.items()}
        for table, (new, old) in rows.items():
            log.info("%s: %s rows, %s before.", table, new, old)
        log.info("Release %s is live.", release.release_id)
        ti.xcom_push("rows", rows)
        self._tell_lineage([table for table, (new, _) in rows.items() if new is not None], context)
        return release.release_id

    def _assess(self, check: CandidateCheck, releases: Releases, release_id: str, context: Context) -> None:
        """Raises ReleaseRefused where something failed its last test or was built since, whatever Airflow shows."""
        history = releases.history()
        release = next((each for each in history if each.release_id == release_id), None)
        if release is None or release.status == Status.PUBLISHED:
            return
        assessed = check.assess(release, history)
        if problem := assessed.problem:
            states = states_of(context)
            by_hand = overrides.read(context["ti"], (task for task, state in states.items() if state in PASSED_BY))
            known = {each.task for each in by_hand}
            named = [each.sentence for each in by_hand]
            sentence = "\n".join([problem, *named, *marked_by_hand(assessed, context["run_id"], states, known)])
            releases.refuse(context["run_id"], sentence, ACTOR)
            raise ReleaseRefused(sentence)
        check.record(assessed, self._zone, code_of(self._settings))

    def _tell_lineage(self, tables: Sequence[str], context: Context) -> None:
        candidate, live = (self._names.schema(schema) for schema in (CANDIDATE, GOLD))
        names = {f"{candidate}.{table}": f"{live}.{table}" for table in tables}
        connection = self._names.connection(ServiceRole.PUBLISHER)
        tell_published(
            names,
            lambda: f"snowflake://{Connection.get(connection).extra_dejson['account']}",
            RunContext.of(context, self._settings),
            self._settings,
        )


class RefuseOperator(ReleaseOperator):
    """Closes the candidate of a run in which something failed.

    The reason in the release ledger and the run's closing message name each task that was set to a state by hand.
    """

    def execute(self, context: Context) -> None:
        run_id, states = context["run_id"], states_of(context)
        if states.get(self._candidate_task_id) not in ENDED:
            raise AirflowException(
                f"{self._candidate_task_id} has not ended yet; its candidate is refused once it has."
            )
        failed = sorted(task for task, state in states.items() if state == "failed")
        by_hand = overrides.read(context["ti"], (task for task, state in states.items() if state in PASSED_BY))
        alerts_of(self._zone, self._settings).overridden(context, {each.task: each.sentence for each in by_hand})
        # Also when another run writes in the zone by now: it is this run's own candidate that is closed.
        with airflow_warehouse(self._names.connection(ServiceRole.PUBLISHER)) as warehouse:
            reason = [f"Failed: {', '.join(failed) or 'unknown'}.", *(each.sentence for each in by_hand)]
            release = self._releases_on(warehouse).refuse(run_id, "\n".join(reason), ACTOR)
        if release is None:
            log.info("This run has no open candidate: nothing is refused.")
        else:
            log.info("Release %s is refused. %s The live release is untouched.", release.release_id, release.reason)


def states_of(context: Context) -> dict[str, str | None]:
    """The states that Airflow shows of the run's tasks, by task id."""
    ti, run_id = context["ti"], context["run_id"]
    states: dict[str, str | None] = ti.get_task_states(dag_id=ti.dag_id, run_ids=[run_id]).get(run_id, {})
    return states
