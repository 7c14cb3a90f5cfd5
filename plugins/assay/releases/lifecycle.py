"""What can be done with releases. The release ledger decides, in one conditional update, and the schemas follow.

Each verb may be cut short at any statement, and two of them may run at the same time: the next one finds in the
ledger what was decided and in the markers what was done, and finishes it.
"""

from collections.abc import Callable, Collection

from assay.releases.ledger import Event, Holding, Release, Status, Unposted, release_id
from assay.releases.rules import is_step_forward, next_attempt, publishable, rollback_target
from assay.releases.settling import MOST_STEPS, Changed, ReleaseRefused, Settling, State
from assay.releases.state import Decided, Decision
from assay.zones.names import GOLD

__all__ = ["ReleaseRefused", "Releases"]

Problem = Callable[[Release], str]


class Releases(Settling):
    """The releases of one zone, on a login of its publisher."""

    def history(self) -> list[Release]:
        """Every release of the zone, newest first."""
        return self._ledger.releases()

    def live(self) -> str | None:
        """The release that readers see, by what GOLD itself says."""
        return self._gold.contents().live

    def decided(self) -> Decided:
        """What the release ledger says: the live release, the one that is kept, and the hold on publishing."""
        return self._look().decided

    def unposted(self, being_posted: int) -> list[Unposted]:
        """Rollbacks of which the zone's channel does not know, oldest first."""
        return self._ledger.unposted(being_posted)

    def step(self, restored: str) -> dict[str, bool]:
        """What a message says of the rollback that restored a release, besides who and why: which way it went, and
        whether publishing is held now."""
        state = self._look()
        return {"forward": is_step_forward(state.releases, restored), "held": state.decided.hold is not None}

    def posted(self, identity: str, actor: str) -> None:
        """Record that the zone's channel knows of the rollback to a release."""
        self._ledger.posted(identity, actor)

    def begin(self, run_id: str, commit_sha: str | None, actor: str, models: Collection[str] | None = None) -> Release:
        """Cuts a candidate for a run from the live release, and refuses candidates that other runs have left.

        `models` are the tables that a release holds by its manifest, in upper case: others leave. None keeps all.
        """
        state = self._settled(actor)
        live = state.contents.live
        for other in state.releases:
            if other.status == Status.CANDIDATE and other.run_id != run_id:
                self._ledger.refused(
                    other.release_id, actor, f"Run {run_id} began a newer candidate before this one was published."
                )
        attempt = next_attempt(state.releases, run_id)
        identity = attempt.reuse or release_id(self._names.zone, run_id, attempt.number)
        self._ledger.begin(identity, run_id, commit_sha, live, actor, known=attempt.reuse is not None)
        leaving = [] if models is None else sorted(set(state.contents.tables[GOLD]) - set(models))
        self._gold.clone(identity, run_id, leaving)
        return self._look().get(identity)

    def publish(
        self,
        identity: str,
        run_id: str,
        actor: str,
        problem_of: Problem | None = None,
    ) -> Release:
        """Puts an audited candidate live. Raises ReleaseRefused when it must not be, and leaves gold as it is.

        `problem_of` says why it must not be, or nothing. It is asked when the transformer can no longer write there.
        """
        state = self._settled(actor)
        if state.decided.live != identity:
            self._check(state, identity, run_id, actor)
            self._ledger.count(identity, self._gold.row_counts(state.contents))
            self._gold.seal()
            try:
                self._publish(identity, run_id, actor, problem_of)
            except Changed:
                self._check(self._settled(actor), identity, run_id, actor)
                raise ReleaseRefused(
                    f"Release {identity} is not published: another process changed the zone's releases at the same "
                    "moment. Clear release.publish to try again."
                ) from None
            state = self._settled(actor, own=True)
        if state.decided.live != identity:
            ended = state.get(identity)
            raise ReleaseRefused(
                f"Release {identity} did not stay live: it is {ended.status.replace('_', ' ')} by {ended.actor}, "
                f'"{ended.reason}". {state.decided.live or "Nothing"} is live.'
            )
        return state.get(identity)

    def refuse(self, run_id: str, reason: str, actor: str) -> Release | None:
        """Marks the open candidate of a run as refused, and returns it; None when the run has none open."""
        state = self._settled(actor)
        for release in state.releases:
            if release.run_id == run_id and release.status == Status.CANDIDATE:
                self._ledger.refused(release.release_id, actor, reason)
                return self._look().get(release.release_id)
        return None

    def rollback(self, reason: str, actor: str, operation: str) -> Release:
        """Makes the previous release live again (or, after a rollback, the one that was rolled back), and returns it.

        Publishing is held from then on, until `resume` or a rollback forward. Repeating the same `operation` changes
        nothing. Raises ReleaseRefused when there is nothing to go back to, or when another rollback came first.
        """
        state = self._settled(actor)
        if (done := self._done(state, operation)) is not None:
            return done
        target = rollback_target(self._names.zone, state.contents, state.releases)
        if isinstance(target, str):
            raise ReleaseRefused(target)
        try:
            self._restore(state, target, reason, actor, operation)
        except Changed:
            raise ReleaseRefused(
                f"Nothing was rolled back: another process changed the releases of {self._names.zone} at the same "
                f"moment. Look with `./assay release list {self._names.zone}`, and roll back again if that is wrong."
            ) from None
        state = self._settled(actor, own=True)
        if state.decided.live != target.restored:
            raise ReleaseRefused(
                f"Release {target.restored} was restored and replaced again at once: {state.decided.live} is live. "
                f"Look with `./assay release list {self._names.zone}`."
            )
        return state.get(target.restored)

    def hold(self, reason: str, actor: str) -> Decided:
        """Publishes nothing of the zone until `resume`. Holding what is held replaces the reason."""
        return self._hold(Decision(None, None, holding=Holding.SET, actor=actor, reason=reason), Event.HELD)

    def resume(self, reason: str, actor: str) -> Decided:
        """Lets runs publish again. Raises ReleaseRefused when publishing is not held."""
        return self._hold(Decision(None, None, holding=Holding.LIFT, actor=actor, reason=reason), Event.RESUMED)

    # -- what the ledger decides -------------------------------------------------------------------------------

    def _check(self, state: State, identity: str, run_id: str, actor: str) -> None:
        release = state.get(identity)
        if problem := publishable(release, run_id, state.contents, state.decided):
            if release.status == Status.CANDIDATE:
                self._ledger.refused(identity, actor, problem)
            raise ReleaseRefused(problem)

    def _publish(self, identity: str, run_id: str, actor: str, problem_of: Problem | None) -> None:
        """Decides on what is there now: since the first look the candidate was counted and sealed."""
        state = self._look()
        self._check(state, identity, run_id, actor)
        if problem_of is not None and (problem := problem_of(state.get(identity))):
            self._ledger.refused(identity, actor, problem)
            raise ReleaseRefused(problem)
        replaced = [each.release_id for each in state.releases if each.status == Status.PUBLISHED]
        with self._warehouse.transaction():
            self._decide(state, Decision(live=identity, previous=state.decided.live))
            self._ledger.published(identity, [each for each in replaced if each != identity], actor)

    def _hold(self, decision: Decision, event: Event) -> Decided:
        actor, reason = str(decision.actor), str(decision.reason)
        for _ in range(MOST_STEPS):
            state = self._look()
            if decision.holding is Holding.LIFT and state.decided.hold is None:
                raise ReleaseRefused(f"Publishing of {self._names.zone} is not held: there is nothing to resume.")
            decided = state.decided
            kept = Decision(
                decided.live, decided.previous, decided.applied, decision.holding, actor, reason, decision.operation
            )
            try:
                with self._warehouse.transaction():
                    self._decide(state, kept)
                    self._ledger.held(decided.live, event, actor, reason)
            except Changed:
                continue
            return self._look().decided
        raise self._crowded()

    def _done(self, state: State, operation: str) -> Release | None:
        """The release that an earlier attempt at the same rollback has restored."""
        restored = next((e.release_id for e in self._ledger.operations() if e.operation == operation), None)
        return None if restored is None else state.get(restored)
