"""What Airflow calls when a task or a run of a zone ends, and the one alert that a zone may have open.

Two processes call: the task's own, on the worker, as soon as the task has failed for good; and the DAG processor, when
the scheduler finds a run ended. The second catches what the first cannot say: a worker that was killed or lost, a run
that stands still, and all causes together. They share one Airflow variable per zone, which remembers the alert that is
open, so that a storm of failures is one message at once and one when the run has ended, the same problem in the next
scheduled run is none, and a recovery is posted once.
"""

import json
import logging
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from airflow.sdk import Variable
from airflow.sdk.log import redact  # type: ignore[attr-defined]

from assay.alerts import causes, error_text, pending_warnings
from assay.alerts.best_effort import best_effort
from assay.alerts.causes import Cause
from assay.alerts.message import Failure, Message, closed, recovered, with_warnings
from assay.alerts.posting import post_to_zone, run_url
from assay.zones import Zone

SETTLE = 1.5
"""Seconds in which tasks that fail at the same time agree on who speaks for all: the last to claim the alert."""
REMIND = 6 * 3600.0
"""Seconds after which a problem that scheduled runs meet again is posted again."""

log = logging.getLogger(__name__)
Context = Mapping[str, Any]


@dataclass(frozen=True)
class OpenAlert:
    """The failure that a zone's channel knows of. `cleared` counts how often the run has been tried again, `problems`
    are the tasks that were posted, each with its problem's identity."""

    run_id: str
    cleared: int
    sender: str
    delivered: bool
    problems: dict[str, str] = field(default_factory=dict)
    posted_at: float = 0.0

    def about(self, run_id: str, cleared: int) -> bool:
        return (self.run_id, self.cleared) == (run_id, cleared)

    def covers(self, found: Sequence[Cause]) -> bool:
        """Whether every cause has been posted, as the problem that it is."""
        return all(self.problems.get(cause.task) == cause.identity for cause in found)


class ZoneAlerts:
    """The callbacks of one zone's DAG. None of them ever raises: an alert must not make anything worse."""

    def __init__(self, zone: Zone, environment: str, runbook: str | None = None) -> None:
        self._zone = zone
        self._environment = environment
        self._runbook = runbook or zone.runbook
        self._variable = f"alert_open_{zone.zone}"

    def task_failed(self, context: Context) -> None:
        """A task failed for good. The first of its run posts, for all that fail within a moment; later causes are kept
        for the closing message."""
        ti, cleared = context["ti"], _cleared(context)
        error = context.get("exception")
        failure = self._failure_of_task(context, error_text.of_exception(_masked(error)))
        known_as = getattr(error, "identity", None)
        standing = bool(getattr(error, "standing", False))
        cause = Cause(failure, cleared, causes.identity_of(failure, known_as), standing)
        causes.keep(self._zone.zone, cause)
        mine = OpenAlert(ti.run_id, cleared, uuid.uuid4().hex, delivered=False)
        known = self._read()
        if known is not None and (known.about(ti.run_id, cleared) or self._unchanged(known, [cause], context)):
            return
        self._write(replace(mine, problems=known.problems if known else {}))
        time.sleep(SETTLE)
        winner = self._read()
        if winner is not None and winner.about(mine.run_id, mine.cleared) and winner.sender != mine.sender:
            return
        self._post_failure(mine, self._recalled(mine) or [cause])

    def overridden(self, context: Context, sentences: Mapping[str, str]) -> None:
        """Keep for the closing message of a run that fails which tasks a person had set to a state, by task."""
        for task, sentence in sentences.items():
            failure = replace(self._failure_of_run(_run_id(context), sentence), task=task)
            causes.keep(self._zone.zone, Cause(failure, _cleared(context), causes.identity_of(failure)))

    def run_failed(self, context: Context) -> None:
        """Called when a run fails: post every cause in one closing message, unless all of them have been posted."""
        run_id, cleared = _run_id(context), _cleared(context)
        mine = OpenAlert(run_id, cleared, uuid.uuid4().hex, delivered=False)
        known = self._read()
        posted = known if known is not None and known.delivered and known.about(run_id, cleared) else None
        found = self._recalled(mine)
        if not found and not posted:
            found = [self._cause_of_run(context, run_id, cleared)]
        found += self._silent(run_id, cleared, {cause.task for cause in found} | set(posted.problems if posted else ()))
        if not (posted and posted.covers(found)) and not (known and self._unchanged(known, found, context)):
            self._post_failure(mine, found)
        best_effort(lambda: causes.forget(self._zone.zone, run_id), None)

    def _unchanged(self, known: OpenAlert, found: Sequence[Cause], context: Context) -> bool:
        """Whether the channel knows these problems from an earlier run, and does not need to be reminded.

        A person who starts or clears a run wants to hear of it, unless nothing at all has changed.
        """
        if not known.delivered or not known.covers(found):
            return False
        if all(cause.standing for cause in found):
            return True
        scheduled = _run_type(context) != "manual" and known.run_id != _run_id(context) and not _cleared(context)
        return scheduled and time.time() - known.posted_at < REMIND

    def run_succeeded(self, context: Context) -> None:
        """A run succeeded. Posts what tests and contracts warned of, and that a failure is over if one is open."""
        run_id = _run_id(context)
        self._post_recovery(run_id)
        nothing: list[str] = []
        lines = best_effort(lambda: pending_warnings.recall(self._zone.zone, run_id), nothing)
        if best_effort(
            lambda: pending_warnings.is_news(self._zone.zone, lines, manual=_run_type(context) == "manual"), bool(lines)
        ):
            url = run_url(self._zone.zone, run_id)
            self._post(with_warnings(self._zone.zone, self._environment, run_id, lines, url))
        best_effort(lambda: pending_warnings.forget(self._zone.zone), None)
        best_effort(lambda: causes.forget(self._zone.zone), None)

    def _post_recovery(self, run_id: str) -> None:
        known = self._read()
        if known is None:
            return
        url, tasks = run_url(self._zone.zone, run_id), list(known.problems)
        message = recovered(self._zone.zone, self._environment, tasks, run_id, url)
        if not known.delivered or self._post(message):
            best_effort(lambda: Variable.delete(self._variable), None)

    def _post_failure(self, alert: OpenAlert, found: Sequence[Cause]) -> None:
        delivered = self._post(closed([cause.failure for cause in found]))
        before = self._read()
        problems = (before.problems if before else {}) | {cause.task: cause.identity for cause in found}
        self._write(replace(alert, delivered=delivered, problems=problems, posted_at=time.time()))

    def _recalled(self, alert: OpenAlert) -> list[Cause]:
        nothing: list[Cause] = []
        return best_effort(lambda: causes.recall(self._zone.zone, alert.run_id, alert.cleared), nothing)

    def _silent(self, run_id: str, cleared: int, known: Collection[str]) -> list[Cause]:
        """Causes for the tasks that failed and have said nothing."""
        nothing: dict[str, str] = {}
        states = best_effort(lambda: _task_states(self._zone.zone, run_id), nothing)
        silent = sorted(task for task, state in states.items() if state == "failed" and task not in known)
        failures = [replace(self._failure_of_run(run_id, error_text.UNSAID), task=task) for task in silent]
        return [Cause(failure, cleared, causes.identity_of(failure)) for failure in failures]

    def _cause_of_run(self, context: Context, run_id: str, cleared: int) -> Cause:
        reason = error_text.of_run(context.get("reason"))
        ti = context.get("ti")
        failure = self._failure_of_task(context, reason) if ti is not None else self._failure_of_run(run_id, reason)
        return Cause(failure, cleared, causes.identity_of(failure))

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
            runbook=self._runbook,
        )

    def _post(self, message: Message) -> bool:
        return post_to_zone(self._zone, self._environment, message)

    def _read(self) -> OpenAlert | None:
        text = best_effort(lambda: Variable.get(self._variable, default=None), None)
        return best_effort(lambda: OpenAlert(**json.loads(text)), None) if text else None

    def _write(self, alert: OpenAlert) -> None:
        text = json.dumps(asdict(alert))
        best_effort(lambda: Variable.set(self._variable, text, description="The alert this zone has open"), None)


def _task_states(dag_id: str, run_id: str) -> dict[str, str]:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    found = RuntimeTaskInstance.get_task_states(dag_id=dag_id, run_ids=[run_id])
    return {task: str(state) for task, state in (found.get(run_id) or {}).items()}


def _masked(error: BaseException | str | None) -> BaseException | str | None:
    """The error, with every secret masked that this process has read."""
    if error is None or isinstance(error, str):
        return error if error is None else str(redact(error))
    text = str(error)
    masked = str(redact(text))
    return error if masked == text else masked


def _run_id(context: Context) -> str:
    return str(context["run_id"] if "run_id" in context else context["ti"].run_id)


def _run_type(context: Context) -> str:
    kind = getattr(context.get("dag_run"), "run_type", "")
    return str(getattr(kind, "value", kind))


def _cleared(context: Context) -> int:
    run = context.get("dag_run")
    return int(getattr(run, "clear_number", 0) or 0)
