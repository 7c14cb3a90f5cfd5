"""Brings the gold schemas to what the release ledger decided, whichever process decided it and wherever it stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assay.errors import AssayError
from assay.releases.gold_schemas import Contents, Gold
from assay.releases.ledger import Holding, Release, ReleaseLedger, Status
from assay.releases.rules import Lost, Swap, Target, candidate_vanished, next_step, was_exchanged
from assay.releases.state import Decided, Decision, ReleaseState
from assay.warehouse import Warehouse
from assay.zones import ZoneNames
from assay.zones.names import GOLD
from assay.zones.readers import GoldReaders

MOST_STEPS = 50
"""Statements after which a verb gives up, because others exchange the schemas as often as it does."""


class ReleaseRefused(AssayError):
    """The release cannot go live. The text says why, and what to do."""


class Changed(Exception):
    """Another process has decided since this one looked."""


@dataclass(frozen=True)
class State:
    decided: Decided
    contents: Contents
    releases: Sequence[Release]

    def find(self, release_id: str | None) -> Release | None:
        return next((release for release in self.releases if release.release_id == release_id), None)

    @property
    def is_built(self) -> bool:
        """Whether GOLD_NEXT holds a candidate, of which nothing is live yet."""
        found = self.find(self.contents.candidate)
        return found is not None and found.status in (Status.CANDIDATE, Status.REFUSED)

    def get(self, release_id: str) -> Release:
        found = self.find(release_id)
        if found is None:
            raise ReleaseRefused(f"The release ledger has no {release_id}; `assay release list` shows what it has.")
        return found


class Settling:
    """One look at a zone's releases, and the steps until its schemas hold what was decided."""

    def __init__(self, warehouse: Warehouse, names: ZoneNames, readers: Callable[[], GoldReaders]) -> None:
        """`readers` says who may read the live gold by the zone files of today; it is asked when a verb has settled."""
        self._names = names
        self._readers = readers
        self._warehouse = warehouse
        self._gold = Gold(warehouse, names)
        self._ledger = ReleaseLedger(warehouse, names)
        self._row = ReleaseState(warehouse, names)

    def _look(self) -> State:
        decided = self._row.read()
        contents = self._gold.contents()
        releases = self._ledger.releases()
        if decided is None:
            recorded = next((each.release_id for each in releases if each.status == Status.PUBLISHED), None)
            self._row.begin(recorded, contents.previous)
            return self._look()
        return State(decided, contents, releases)

    def _settled(self, actor: str, *, own: bool = False) -> State:
        """The state once the schemas hold what was decided. `own`: this process decided it, so it is never a change
        by hand."""
        finishing = own
        for _ in range(MOST_STEPS):
            state = self._look()
            step = next_step(state.contents, state.decided)
            finishing = finishing or not state.decided.applied
            if step is None:
                self._gold.close(self._readers(), built=state.is_built)
                if not state.decided.applied:
                    self._row.applied(state.decided)
                return replace(state, decided=replace(state.decided, applied=True))
            if not finishing and was_exchanged(state.contents, state.decided):
                self._adopt(state, actor)
            elif isinstance(step, Lost):
                if not candidate_vanished(state.contents, state.decided):
                    raise ReleaseRefused(step.sentence)
                self._undo(state, actor)
            else:
                self._exchange(state, step)
                finishing = True
        raise self._crowded()

    def _exchange(self, state: State, step: Swap) -> None:
        if step.one == GOLD:
            self._gold.go_live(step.other, self._readers(), state.contents.tables[step.other])
        else:
            self._gold.swap(step.one, step.other)

    def _adopt(self, state: State, actor: str) -> None:
        """GOLD was exchanged with GOLD_PREVIOUS by hand: it is recorded as the rollback that it is."""
        self._gold.admit(GOLD, self._readers(), state.contents.tables[GOLD])
        live, ended = str(state.contents.live), str(state.contents.previous)
        found = state.get(live)
        target = Target(ended, live, forward=found.status == Status.ROLLED_BACK)
        try:
            self._restore(state, target, "found swapped", actor, "found")
        except Changed:
            return

    def _undo(self, state: State, actor: str) -> None:
        """A publish was decided and its candidate replaced before the swap: what was live still is."""
        decided = state.decided
        reason = f"Its candidate was replaced by {state.contents.candidate or 'another'} while it was published. "
        try:
            with self._warehouse.transaction():
                self._decide(state, Decision(state.contents.live, state.contents.previous, applied=True))
                self._ledger.publish_undone(str(decided.live), state.contents.live, actor, reason)
        except Changed:
            return

    def _crowded(self) -> ReleaseRefused:
        return ReleaseRefused(
            f"Others change the releases of {self._names.zone} all the time; look with "
            f"`./assay release list {self._names.zone}` and try again."
        )

    def _restore(self, state: State, target: Target, reason: str, actor: str, operation: str) -> None:
        """A step forward lifts the hold that the step back has set, and none that a person set for itself."""
        hold = state.decided.hold
        holding = Holding.SET
        if target.forward:
            holding = Holding.LIFT if hold is not None and hold.operation is not None else Holding.KEEP
        elif hold is not None and hold.operation is None:
            holding = Holding.KEEP
        with self._warehouse.transaction():
            self._decide(
                state,
                Decision(
                    target.restored, target.live, holding=holding, actor=actor, reason=reason, operation=operation
                ),
            )
            self._ledger.rolled_back(
                target.restored, target.live, actor, reason, operation, forward=target.forward, holding=holding
            )

    def _decide(self, state: State, decision: Decision) -> None:
        if not self._row.decide(state.decided, decision):
            raise Changed
