"""The rules of releasing, from data to data: what is unfinished, what may be published, what can be rolled back to."""

from collections.abc import Sequence
from dataclasses import dataclass

from assay.releases.gold import Contents
from assay.releases.register import Event, Operation, Release, Status
from assay.zones.names import CANDIDATE, GOLD

AGAIN = "Clear release.candidate and everything after it, so that the run builds a new one."


@dataclass(frozen=True)
class Attempt:
    """Which of a run's releases a candidate is: an open one that is begun again, or a new one with the next number."""

    number: int
    reuse: str | None


@dataclass(frozen=True)
class FinishPublish:
    """GOLD was swapped, but this was not recorded. `park_previous`: nor was the replaced release put aside."""

    release_id: str
    park_previous: bool


@dataclass(frozen=True)
class FinishRollback:
    """GOLD was swapped with GOLD_PREVIOUS, but this was not recorded."""

    restored: str
    ended: str
    step: Operation
    forward: bool


@dataclass(frozen=True)
class Target:
    """What a rollback does. `forward`: it undoes an earlier rollback."""

    live: str
    restored: str
    forward: bool


def next_attempt(releases: Sequence[Release], run_id: str) -> Attempt:
    own = [release for release in releases if release.run_id == run_id]
    reuse = next((release.release_id for release in own if release.status == Status.CANDIDATE), None)
    return Attempt(number=len(own), reuse=reuse)


def pending(
    contents: Contents, releases: Sequence[Release], operations: Sequence[Operation]
) -> FinishPublish | FinishRollback | str | None:
    """What an interrupted publish or rollback left to do; None when the register agrees with GOLD; a sentence when
    GOLD was changed by something else."""
    recorded = next((each.release_id for each in releases if each.status == Status.PUBLISHED), None)
    if contents.live == recorded:
        return None
    live = next((each for each in releases if each.release_id == contents.live), None)
    if live is not None and live.status in (Status.CANDIDATE, Status.REFUSED):
        unparked = live.replaces is not None and contents.candidate == live.replaces
        return FinishPublish(live.release_id, park_previous=unparked)
    if live is not None and recorded is not None and contents.previous == recorded:
        begun = [step for step in operations if step.event == Event.ROLLBACK_BEGUN and step.release_id == recorded]
        step = begun[0] if begun else Operation(recorded, Event.ROLLBACK_BEGUN, None, "found swapped", "found")
        return FinishRollback(live.release_id, recorded, step, forward=live.status == Status.ROLLED_BACK)
    return (
        f"{GOLD} holds release {contents.live or 'none'}, but the register says {recorded or 'none'} is live: "
        "the schemas were changed by hand. See docs/runbooks/release.md."
    )


def publishable(release: Release, run_id: str, contents: Contents) -> str | None:
    """Why a release must not be published now, in a sentence; None when it may."""
    name = release.release_id
    if release.run_id != run_id:
        return f"Release {name} was made by run {release.run_id}, not by {run_id}. {AGAIN}"
    if release.status not in (Status.CANDIDATE, Status.REFUSED):
        return f"Release {name} was published before and is {release.status.replace('_', ' ')} now. {AGAIN}"
    if contents.candidate != name:
        return f"{CANDIDATE} holds {contents.candidate or 'no release'}, not {name}. {AGAIN}"
    if contents.live != release.replaces:
        return (
            f"Release {name} was cut from {release.replaces or 'an empty gold'}, but {contents.live or 'nothing'} "
            f"is live by now: it would undo a newer release or a rollback. {AGAIN}"
        )
    if contents.candidate_views:
        views = ", ".join(contents.candidate_views)
        return (
            f"Gold holds tables only, and {CANDIDATE} has the view {views}: after the swap it would read the wrong "
            "release. Set `materialized: table` in the model, and run again."
        )
    if not contents.tables.get(CANDIDATE):
        return f"{CANDIDATE} holds no table: there is nothing to publish. Give the zone a gold model."
    return None


def rollback_target(zone: str, contents: Contents, releases: Sequence[Release]) -> Target | str:
    """What a rollback would do now, or why it cannot, in a sentence."""
    if contents.live is None:
        return f"Zone {zone} has published nothing yet: there is nothing to roll back."
    previous = next((each for each in releases if each.release_id == contents.previous), None)
    if previous is None:
        return f"Zone {zone} has no release before {contents.live}: there is nothing to go back to."
    return Target(contents.live, previous.release_id, forward=previous.status == Status.ROLLED_BACK)
