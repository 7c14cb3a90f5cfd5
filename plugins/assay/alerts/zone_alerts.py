"""What Airflow calls when a task or a run of a zone ends, and the one alert that a zone may have open.

Two processes call: the task's own, on the worker, as soon as the task has failed for good; and the DAG processor, when
the scheduler finds a run ended. The second catches what the first cannot tell: a worker that was killed or lost, a run
that stands still. They share one Airflow variable per zone, which remembers the alert that is open, so that a storm of
failures in a run is one message and a recovery is told once.
"""

import json
import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import quote

from airflow.sdk import Connection, Variable
from airflow.sdk.configuration import conf
from airflow.sdk.log import redact  # type: ignore[attr-defined]

from assay.alerts import delivery, warned, words
from assay.alerts.message import Failure, Message, failed, recovered, with_warnings
from assay.alerts.quiet import quietly
from assay.zones import Zone, ZoneNames

SETTLE = 1.5
"""Seconds in which tasks that fail at the same time agree on who speaks: the last to claim the alert."""

log = logging.getLogger(__name__)
Context = Mapping[str, Any]


@dataclass(frozen=True)
class OpenAlert:
    """The failure that a zone's channel was last told of. `cleared` counts how often the run has been tried again."""

    run_id: str
    cleared: int
    task: str | None
    sender: str
    delivered: bool

    def about(self, run_id: str, cleared: int) -> bool:
        return (self.run_id, self.cleared) == (run_id, cleared)


class ZoneAlerts:
    """The callbacks of one zone's DAG. None of them ever raises: an alert must not make anything worse."""

    def __init__(self, zone: Zone, environment: str) -> None:
        self._zone = zone
        self._environment = environment
        self._variable = f"alert_open_{zone.zone}"

    def task_failed(self, context: Context) -> None:
        """A task failed for good. The first of its run speaks; the others are the same storm."""
        ti = context["ti"]
        mine = OpenAlert(ti.run_id, _cleared(context), ti.task_id, uuid.uuid4().hex, delivered=False)
        known = self._read()
        if known is not None and known.about(mine.run_id, mine.cleared):
            return
        self._write(mine)
        time.sleep(SETTLE)
        winner = self._read()
        if winner is not None and winner.about(mine.run_id, mine.cleared) and winner.sender != mine.sender:
            return
        self._tell_failure(mine, self._failure_of_task(context, words.of_exception(_masked(context.get("exception")))))

    def run_failed(self, context: Context) -> None:
        """A run ended as failed. Says so if no task of it has, or if that did not arrive."""
        run_id, cleared = _run_id(context), _cleared(context)
        known = self._read()
        if known is not None and known.about(run_id, cleared) and known.delivered:
            return
        reason = words.of_run(context.get("reason"))
        ti = context.get("ti")
        failure = self._failure_of_task(context, reason) if ti is not None else self._failure_of_run(run_id, reason)
        mine = OpenAlert(run_id, cleared, failure.task, uuid.uuid4().hex, delivered=False)
        self._tell_failure(mine, failure)

    def run_succeeded(self, context: Context) -> None:
        """A run succeeded. The channel is told what tests warned of, and that a failure is over if it knows of one."""
        run_id = _run_id(context)
        self._tell_recovery(run_id)
        nothing: list[str] = []
        if lines := quietly(lambda: warned.recall(self._zone.zone, run_id), nothing):
            url = run_url(self._zone.zone, run_id)
            self._post(with_warnings(self._zone.zone, self._environment, run_id, lines, url))
        quietly(lambda: warned.forget(self._zone.zone), None)

    def _tell_recovery(self, run_id: str) -> None:
        known = self._read()
        if known is None:
            return
        if not known.delivered or self._post(
            recovered(self._zone.zone, self._environment, known.task, run_id, run_url(self._zone.zone, run_id))
        ):
            quietly(lambda: Variable.delete(self._variable), None)

    def _tell_failure(self, alert: OpenAlert, failure: Failure) -> None:
        self._write(replace(alert, delivered=self._post(failed(failure))))

    def _failure_of_task(self, context: Context, what: str) -> Failure:
        ti = context["ti"]
        return replace(
            self._failure_of_run(ti.run_id, what),
            task=ti.task_id,
            log_url=ti.log_url,
            tries=ti.try_number or 1,
        )

    def _failure_of_run(self, run_id: str, what: str) -> Failure:
        return Failure(
            zone=self._zone.zone,
            environment=self._environment,
            owner=self._zone.owner,
            run_id=run_id,
            what=what,
            run_url=run_url(self._zone.zone, run_id),
            runbook=self._zone.runbook,
        )

    def _post(self, message: Message) -> bool:
        return post_to_zone(self._zone, self._environment, message)

    def _read(self) -> OpenAlert | None:
        text = quietly(lambda: Variable.get(self._variable, default=None), None)
        return quietly(lambda: OpenAlert(**json.loads(text)), None) if text else None

    def _write(self, alert: OpenAlert) -> None:
        text = json.dumps(asdict(alert))
        quietly(lambda: Variable.set(self._variable, text, description="The alert this zone has open"), None)


def post_to_zone(zone: Zone, environment: str, message: Message) -> bool:
    """Whether the message reached the zone's channel, whose webhook is the password of the connection `chat_<zone>`."""
    connection_id = ZoneNames(environment, zone.zone).chat_connection
    connection = quietly(lambda: Connection.get(connection_id), None)
    if connection is None or not connection.password:
        log.warning("The alert was not delivered: connection %s has no webhook address as its password.", connection_id)
        return False
    return delivery.post(connection.password, message)


def run_url(dag_id: str, run_id: str) -> str:
    """The page of a run, from which its failed tasks can be cleared and so tried again."""
    base_url = conf.get("api", "base_url", fallback="http://localhost:8080/").rstrip("/")
    return f"{base_url}/dags/{dag_id}/runs/{quote(run_id)}"


def _masked(error: BaseException | str | None) -> BaseException | str | None:
    """The error, with every secret masked that this process has read."""
    if error is None or isinstance(error, str):
        return error if error is None else str(redact(error))
    text = str(error)
    masked = str(redact(text))
    return error if masked == text else masked


def _run_id(context: Context) -> str:
    return str(context["run_id"])


def _cleared(context: Context) -> int:
    run = context.get("dag_run")
    return int(getattr(run, "clear_number", 0) or 0)
