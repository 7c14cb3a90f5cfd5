"""The release ledger: what was built, published, refused or rolled back, by whom and why."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from assay import sql
from assay.releases.inputs import Inputs
from assay.warehouse import Row, Warehouse
from assay.zones import ZoneNames

render = sql.templates(__file__)


class Status(StrEnum):
    CANDIDATE = "candidate"
    PUBLISHED = "published"
    REFUSED = "refused"
    ROLLED_BACK = "rolled_back"
    SUPERSEDED = "superseded"


class Holding(StrEnum):
    """What a decision does to the hold on publishing."""

    KEEP = "keep"
    SET = "set"
    LIFT = "lift"


class Event(StrEnum):
    CANDIDATE = "candidate"
    PUBLISHED = "published"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    ROLLBACK_BEGUN = "rollback_begun"  # of earlier versions
    ROLLED_BACK = "rolled_back"
    RESTORED = "restored"
    HELD = "held"
    RESUMED = "resumed"
    POSTED = "posted"


@dataclass(frozen=True)
class RowCount:
    """Rows of one table in a candidate and in the release it was compared with; None where there was no such table."""

    candidate: int | None
    live: int | None


@dataclass(frozen=True)
class Release:
    """One row of the ledger. Times are UTC without a zone."""

    release_id: str
    zone: str
    status: Status
    run_id: str
    commit_sha: str | None
    replaces: str | None
    created_at: datetime
    published_at: datetime | None
    ended_at: datetime | None
    actor: str | None
    reason: str | None
    row_counts: Mapping[str, RowCount]
    inputs: Inputs | None = None


@dataclass(frozen=True)
class Restored:
    """A release that a rollback restored. `operation`: what a repeated attempt at the same rollback is known by."""

    release_id: str
    operation: str


@dataclass(frozen=True)
class Unposted:
    """A rollback of which the zone's channel does not know."""

    release_id: str
    actor: str
    reason: str


def release_id(zone: str, run_id: str, attempt: int) -> str:
    """The identity of a release. A run that is cleared after its release ended builds a new one: the next attempt."""
    return "R" + sha256("\0".join((zone, run_id, str(attempt))).encode()).hexdigest()[:12].upper()


def ddl(names: ZoneNames) -> list[str]:
    """The statements that make the release ledger, or bring an older one up to date. Safe to run again."""
    return sql.statements(render("create", ledger=names.ledger))


class ReleaseLedger:
    """One zone's rows."""

    def __init__(self, warehouse: Warehouse, names: ZoneNames) -> None:
        self._warehouse = warehouse
        self._names = names

    def releases(self) -> list[Release]:
        """Newest first."""
        return [_release(row) for row in self._run("releases", zone=self._names.zone)]

    def operations(self) -> list[Restored]:
        """What rollbacks have restored, newest first."""
        return [Restored(row["release_id"], row["operation"]) for row in self._run("restored", zone=self._names.zone)]

    def unposted(self, being_posted: int) -> list[Unposted]:
        """Rollbacks that no message has announced, oldest first; not those of the last seconds, which may still be."""
        rows = self._run("unposted", zone=self._names.zone, being_posted=being_posted)
        return [Unposted(row["release_id"], row["actor"] or "unknown", row["reason"] or "") for row in rows]

    def posted(self, release_id: str, actor: str) -> None:
        """The zone's channel knows that the release was restored."""
        self._event(release_id, Event.POSTED, actor)

    def begin(
        self, release_id: str, run_id: str, commit_sha: str | None, replaces: str | None, actor: str, *, known: bool
    ) -> None:
        """The candidate's row; `known` when an earlier attempt at the same release has left one."""
        with self._warehouse.transaction():
            values = {"release_id": release_id, "commit_sha": commit_sha, "replaces": replaces, "actor": actor}
            if known:
                self._run("renew_release", **values)
            else:
                self._run("insert_release", **values, zone=self._names.zone, run_id=run_id)
            self._event(release_id, Event.CANDIDATE, actor)

    def count(self, release_id: str, counts: Mapping[str, RowCount]) -> None:
        content = {table: {"candidate": each.candidate, "live": each.live} for table, each in counts.items()}
        self._run("set_row_counts", release_id=release_id, row_counts=json.dumps(content))

    def built_from(self, release_id: str, inputs: Inputs) -> None:
        self._run("set_inputs", release_id=release_id, inputs=inputs.text())

    def published(self, release_id: str, replaced: Iterable[str], actor: str) -> None:
        """Belongs into the transaction that decides it."""
        for other in replaced:
            self._end(other, Status.SUPERSEDED, Event.SUPERSEDED, actor, f"Replaced by {release_id}.")
        self._live(release_id, Event.PUBLISHED, actor)

    def publish_undone(self, release_id: str, live: str | None, actor: str, reason: str) -> None:
        """`live` never ceased to be. Belongs into the transaction that decides it."""
        self._end(release_id, Status.REFUSED, Event.REFUSED, actor, reason)
        if live is not None:
            self._live(live, Event.RESTORED, actor, f"{release_id} was not published.")

    def refused(self, release_id: str, actor: str, reason: str) -> None:
        """A candidate is closed; a release that was published in the meantime is left as it is."""
        with self._warehouse.transaction():
            rows = self._run("set_refused", release_id=release_id, actor=actor, reason=reason)
            if next(iter(rows[0].values())):
                self._event(release_id, Event.REFUSED, actor, reason)

    def rolled_back(
        self, live: str, ended: str, actor: str, reason: str, operation: str, *, forward: bool, holding: Holding
    ) -> None:
        """`live` took the place of `ended`. Going forward again, the older release is superseded once more. Belongs
        into the transaction that decides it."""
        if forward:
            self._end(ended, Status.SUPERSEDED, Event.SUPERSEDED, actor, f"{live} was restored: {reason}", operation)
        else:
            self._end(ended, Status.ROLLED_BACK, Event.ROLLED_BACK, actor, reason, operation)
        self._live(live, Event.RESTORED, actor, reason, operation)
        if holding is not Holding.KEEP:
            self.held(live, Event.HELD if holding is Holding.SET else Event.RESUMED, actor, reason)

    def held(self, live: str | None, event: Event, actor: str, reason: str) -> None:
        """Publishing was held or resumed while `live` was live. Belongs into the transaction that decides it."""
        self._event(live or "", event, actor, reason)

    def _live(
        self, release_id: str, event: Event, actor: str | None, reason: str | None = None, operation: str | None = None
    ) -> None:
        self._run("set_live", release_id=release_id, actor=actor, reason=reason)
        self._event(release_id, event, actor, reason, operation)

    def _end(
        self,
        release_id: str,
        status: Status,
        event: Event,
        actor: str | None,
        reason: str | None,
        operation: str | None = None,
    ) -> None:
        self._run("set_ended", release_id=release_id, status=status.value, actor=actor, reason=reason)
        self._event(release_id, event, actor, reason, operation)

    def _event(
        self,
        release_id: str,
        event: Event,
        actor: str | None,
        reason: str | None = None,
        operation: str | None = None,
    ) -> None:
        self._run(
            "insert_event",
            zone=self._names.zone,
            release_id=release_id,
            event=event.value,
            actor=actor,
            reason=reason,
            operation=operation,
        )

    def _run(self, statement: str, **params: Any) -> list[Row]:
        return self._warehouse.execute(render(statement, ledger=self._names.ledger), params)


def _release(row: Row) -> Release:
    counts = json.loads(row["row_counts"] or "{}")
    return Release(
        **{
            **row,
            "status": Status(row["status"]),
            "row_counts": {table: RowCount(**each) for table, each in counts.items()},
            "inputs": Inputs.of_text(row["inputs"]),
        }
    )
