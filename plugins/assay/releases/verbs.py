"""What can be done with releases. Each verb may be cut short at any statement; the next one finishes what it finds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assay.errors import AssayError
from assay.releases.decisions import (
    FinishPublish,
    FinishRollback,
    next_attempt,
    pending,
    publishable,
    rollback_target,
)
from assay.releases.gold import Contents, Gold
from assay.releases.register import Event, Operation, Register, Release, Status, release_id
from assay.warehouse import Warehouse
from assay.zones import Zone, ZoneNames
from assay.zones.names import CANDIDATE, GOLD, PREVIOUS
from assay.zones.readers import Asking, readers, strangers


class ReleaseRefused(AssayError):
    """The release cannot go live. The text says why, and what to do."""


@dataclass(frozen=True)
class State:
    contents: Contents
    releases: Sequence[Release]

    def find(self, release_id: str | None) -> Release | None:
        return next((release for release in self.releases if release.release_id == release_id), None)

    def get(self, release_id: str) -> Release:
        found = self.find(release_id)
        if found is None:
            raise ReleaseRefused(
                f"The register of releases has no {release_id}; `assay release list` shows what it has."
            )
        return found


class Releases:
    """The releases of one zone, on a login of its publisher."""

    def __init__(self, warehouse: Warehouse, names: ZoneNames) -> None:
        self._names = names
        self._gold = Gold(warehouse, names)
        self._register = Register(warehouse, names)

    def history(self) -> list[Release]:
        """Every release of the zone, newest first."""
        return self._register.releases()

    def live(self) -> str | None:
        """The release that readers see, by what GOLD itself says."""
        return self._gold.contents().live

    def begin(self, run_id: str, commit_sha: str | None, actor: str) -> Release:
        """Cuts a candidate for a run from the live release, and refuses candidates that other runs have left."""
        state = self._settled(actor)
        live = state.contents.live
        for other in state.releases:
            if other.status == Status.CANDIDATE and other.run_id != run_id:
                self._register.refused(
                    other.release_id, actor, f"Run {run_id} began a newer candidate before this one was published."
                )
        attempt = next_attempt(state.releases, run_id)
        identity = attempt.reuse or release_id(self._names.zone, run_id, attempt.number)
        self._register.begin(identity, run_id, commit_sha, live, actor, known=attempt.reuse is not None)
        self._gold.clone(identity, run_id)
        return self._state().get(identity)

    def publish(self, identity: str, run_id: str, zone: Zone, zones: Iterable[Asking], actor: str) -> Release:
        """Puts an audited candidate live. Raises ReleaseRefused when it must not be, and leaves gold as it is."""
        state = self._settled(actor)
        release = state.get(identity)
        if release.status == Status.PUBLISHED and state.contents.live == identity:
            return release
        if problem := publishable(release, run_id, state.contents):
            if release.status == Status.CANDIDATE:
                self._register.refused(identity, actor, problem)
            raise ReleaseRefused(problem)
        every = list(zones)
        environment = self._names.environment
        self._register.count(identity, self._gold.row_counts(state.contents))
        self._gold.open(readers(zone, environment, every), strangers(zone, environment, every))
        self._gold.swap(GOLD, CANDIDATE)
        self._gold.swap(PREVIOUS, CANDIDATE)
        self._record_published(identity, state, actor)
        return self._state().get(identity)

    def refuse(self, run_id: str, reason: str, actor: str) -> Release | None:
        """Marks the open candidate of a run as refused, and returns it; None when the run has none open."""
        state = self._settled(actor)
        for release in state.releases:
            if release.run_id == run_id and release.status == Status.CANDIDATE:
                self._register.refused(release.release_id, actor, reason)
                return self._state().get(release.release_id)
        return None

    def rollback(self, reason: str, actor: str, operation: str) -> Release:
        """Makes the previous release live again (or, after a rollback, the one that was rolled back), and returns it.

        Repeating the same `operation` changes nothing. Raises ReleaseRefused when there is nothing to go back to.
        """
        state = self._settled(actor)
        for step in self._register.operations():
            if step.operation == operation and step.event == Event.RESTORED:
                return state.get(step.release_id)
        target = rollback_target(self._names.zone, state.contents, state.releases)
        if isinstance(target, str):
            raise ReleaseRefused(target)
        self._register.rollback_begun(target.live, actor, reason, operation)
        self._gold.swap(GOLD, PREVIOUS)
        step = Operation(target.live, Event.ROLLBACK_BEGUN, actor, reason, operation)
        self._register.rolled_back(target.restored, target.live, step, forward=target.forward)
        return self._state().get(target.restored)

    def _state(self) -> State:
        return State(self._gold.contents(), self._register.releases())

    def _settled(self, actor: str) -> State:
        """The state after whatever was cut short has been finished."""
        state = self._state()
        found = pending(state.contents, state.releases, self._register.operations())
        if isinstance(found, str):
            raise ReleaseRefused(found)
        if found is None:
            return state
        if isinstance(found, FinishPublish):
            if found.park_previous:
                self._gold.swap(PREVIOUS, CANDIDATE)
            self._record_published(found.release_id, state, actor)
        elif isinstance(found, FinishRollback):
            self._register.rolled_back(found.restored, found.ended, found.step, forward=found.forward)
        return self._state()

    def _record_published(self, identity: str, state: State, actor: str) -> None:
        replaced = [each.release_id for each in state.releases if each.status == Status.PUBLISHED]
        self._register.published(identity, [each for each in replaced if each != identity], actor)
