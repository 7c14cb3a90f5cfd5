"""The rules of releasing, from data to data: what is unfinished, what may be published, what can be rolled back to."""

from collections.abc import Sequence
from dataclasses import dataclass

from assay.releases.gold_schemas import Contents
from assay.releases.ledger import Release, Status
from assay.releases.state import Decided
from assay.zones.names import CANDIDATE, GOLD, PREVIOUS

AGAIN = "Clear release.candidate and everything after it, so that the run builds a new one."


@dataclass(frozen=True)
class Attempt:
    """Which of a run's releases a candidate is: an open one that is begun again, or a new one with the next number."""

    number: int
    reuse: str | None


@dataclass(frozen=True)
class Swap:
    """The next statement that brings the schemas closer to what the release ledger decided."""

    one: str
    other: str


@dataclass(frozen=True)
class Lost:
    """No gold schema holds the release that the ledger decided on."""

    sentence: str


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


def next_step(contents: Contents, decided: Decided) -> Swap | Lost | None:
    """What is still to be done until the schemas hold what was decided; None when nothing is.

    Each step only exchanges two schemas, so that a step too many, of a process that had looked before another's step,
    loses nothing and is exchanged back.
    """
    if contents.live == decided.live:
        parked = decided.previous is None or contents.previous == decided.previous
        return Swap(PREVIOUS, CANDIDATE) if not parked and contents.candidate == decided.previous else None
    if decided.live is not None and contents.candidate == decided.live:
        return Swap(GOLD, CANDIDATE)
    if decided.live is not None and contents.previous == decided.live:
        return Swap(GOLD, PREVIOUS)
    if not decided.applied and contents.live != decided.previous and contents.candidate == decided.previous:
        return Swap(GOLD, CANDIDATE)  # back: what was swapped in is no longer the candidate that was checked
    return Lost(
        f"{GOLD} holds release {contents.live or 'none'}, but the release ledger says {decided.live or 'none'} is "
        "live: the schemas were changed by hand. See docs/runbooks/release.md."
    )


def was_exchanged(contents: Contents, decided: Decided) -> bool:
    """Whether GOLD and GOLD_PREVIOUS hold each other's release: a rollback by hand, with a SWAP."""
    held = (contents.live, contents.previous)
    return None not in held and held == (decided.previous, decided.live)


def candidate_vanished(contents: Contents, decided: Decided) -> bool:
    """Whether a publish was decided and its candidate was replaced before it could be swapped in."""
    return not decided.applied and contents.live == decided.previous and isinstance(next_step(contents, decided), Lost)


def publishable(release: Release, run_id: str, contents: Contents, decided: Decided) -> str | None:
    """Why a release must not be published now, in a sentence; None when it may."""
    name = release.release_id
    if release.run_id != run_id:
        return f"Release {name} was made by run {release.run_id}, not by {run_id}. {AGAIN}"
    if release.status not in (Status.CANDIDATE, Status.REFUSED):
        return f"Release {name} was published before and is {release.status.replace('_', ' ')} now. {AGAIN}"
    if decided.hold is not None:
        then = AGAIN if decided.live != release.replaces else "Then clear release.publish."
        return (
            f"Publishing of {release.zone} is held {decided.hold.sentence} Release {name} is not published. When the "
            f"cause is fixed, run `./assay release resume {release.zone} --reason …`. {then}"
        )
    if contents.candidate != name:
        return f"{CANDIDATE} holds {contents.candidate or 'no release'}, not {name}. {AGAIN}"
    if decided.live != release.replaces:
        return (
            f"Release {name} was cut from {release.replaces or 'an empty gold'}, but {decided.live or 'nothing'} "
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


def is_step_forward(releases: Sequence[Release], restored: str) -> bool:
    """Whether a rollback that restored this release undid an earlier one: then no later release is rolled back."""
    own = next(each for each in releases if each.release_id == restored)
    return not any(each.status == Status.ROLLED_BACK and each.created_at > own.created_at for each in releases)


def rollback_target(zone: str, contents: Contents, releases: Sequence[Release]) -> Target | str:
    """What a rollback would do now, or why it cannot, in a sentence."""
    if contents.live is None:
        return f"Zone {zone} has published nothing yet: there is nothing to roll back."
    previous = next((each for each in releases if each.release_id == contents.previous), None)
    if previous is None:
        return f"Zone {zone} has no release before {contents.live}: there is nothing to go back to."
    return Target(contents.live, previous.release_id, forward=previous.status == Status.ROLLED_BACK)
