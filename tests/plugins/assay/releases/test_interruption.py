"""A publish or rollback killed between any two statements leaves readers whole, and the next attempt finishes it."""

from __future__ import annotations

from itertools import count

from tests.plugins.assay.releases.conftest import Cut, GoldZone


def live_runs(gold: GoldZone) -> list[str]:
    return [run for run, status in gold.statuses().items() if status == "published"]


def test_a_publish_cut_anywhere_is_whole_to_readers_and_finished_by_its_retry(gold: GoldZone) -> None:
    gold.release("start", 0)
    for cut in count():
        run, old, new = f"run{cut}", gold.hours(), [100 + cut]
        candidate = gold.begin(run)
        gold.build(*new)
        try:
            gold.publish(candidate, run, gold.releases(cut_before=cut))
        except Cut:
            assert gold.hours() in (old, new)
        else:
            break
        gold.publish(candidate, run)
        assert gold.hours() == new
        assert gold.hours(schema="GOLD_PREVIOUS") == old
        assert live_runs(gold) == [run]
    assert cut > 10, "the test has cut nothing"


def test_a_publish_cut_anywhere_is_settled_by_whoever_comes_next(gold: GoldZone) -> None:
    gold.release("start", 0)
    decided = 0
    for cut in count():
        run, old, new = f"run{cut}", gold.hours(), [100 + cut]
        candidate = gold.begin(run)
        gold.build(*new)
        try:
            gold.publish(candidate, run, gold.releases(cut_before=cut))
        except Cut:
            seen = gold.hours()
        else:
            break
        gold.begin(f"after{cut}")
        assert gold.hours(gold.transformer, "GOLD_NEXT") == gold.hours()
        if gold.statuses()[run] == "published":
            decided += 1
            assert live_runs(gold) == [run]
            assert gold.hours() == new
            assert gold.hours(schema="GOLD_PREVIOUS") == old
        else:
            assert gold.statuses()[run] == "refused"
            assert gold.hours() == seen == old
    assert decided > 3, "no publish was cut after it was decided"
    assert cut > 10, "the test has cut nothing"


def test_a_candidate_cut_anywhere_leaves_the_live_release_alone_and_is_begun_again(gold: GoldZone) -> None:
    gold.release("start", 0)
    for cut in count():
        run, old = f"run{cut}", gold.hours()
        try:
            gold.releases(cut_before=cut).begin(run, None, "airflow")
        except Cut:
            assert gold.hours() == old
        else:
            break
        candidate = gold.begin(run)
        assert list(gold.statuses()).count(run) == 1
        gold.build(100 + cut)
        gold.publish(candidate, run)
        assert gold.hours() == [100 + cut]
    assert cut > 5, "the test has cut nothing"


def test_a_rollback_cut_anywhere_happens_once_however_often_it_is_tried(gold: GoldZone) -> None:
    gold.release("old", 1)
    gold.release("new", 2)
    for cut in count():
        before, operation = gold.hours(), f"operation {cut}"
        after = [3 - before[0]]
        try:
            gold.releases(cut_before=cut).rollback("wrong hours", "anna", operation)
        except Cut:
            assert gold.hours() in (before, after)
        else:
            break
        for _ in range(2):
            restored = gold.releases().rollback("wrong hours", "anna", operation)
            assert (restored.status, restored.actor) == ("published", "anna")
            assert gold.hours() == after
            assert live_runs(gold) == [restored.run_id]
            assert restored.release_id == gold.releases().live()
    assert cut > 5, "the test has cut nothing"
