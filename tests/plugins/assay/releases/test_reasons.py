"""Why a person holds publishing, refuses, rolls back or resumes, and who it is, is kept as it was written."""

from __future__ import annotations

from tests.plugins.assay.marks import MARKS
from tests.plugins.assay.releases.conftest import GoldZone

TEXTS = [mark for mark in MARKS if "\0" not in mark]


def test_a_persons_reason_is_kept_as_it_is(gold: GoldZone) -> None:
    releases = gold.releases()
    for text in TEXTS:
        releases.hold(text, text)
        held = releases.decided().hold
        assert held is not None
        assert (held.reason, held.by) == (text, text)
        releases.resume(text, text)
    everything = "\n".join(TEXTS)
    gold.release("run1", 1)
    gold.release(everything, 2)
    releases.rollback(everything, everything, everything)
    ended = next(release for release in releases.history() if release.run_id == everything)
    assert (ended.reason, ended.actor) == (everything, everything)
