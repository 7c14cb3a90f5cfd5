"""Rolling back: seconds, recorded, and back again if that was wrong."""

from __future__ import annotations

import time

import pytest
from snowflake.connector import DictCursor

from assay.releases.lifecycle import ReleaseRefused
from local.platform.zones_status import zone_status
from tests.plugins.assay.conftest import ADMIN, PASSWORD
from tests.plugins.assay.releases.conftest import GoldZone

pytestmark = pytest.mark.core

MOST_SECONDS = 5


def test_a_rollback_restores_the_previous_release_in_seconds_and_the_register_shows_it(gold: GoldZone) -> None:
    first = gold.release("run1", 1)
    second = gold.release("run2", 2)
    began = time.monotonic()
    restored = gold.releases().rollback("temperatures are in Fahrenheit", "anna", "op1")
    assert time.monotonic() - began < MOST_SECONDS
    assert restored.release_id == first.release_id
    assert gold.hours() == [1]
    (ended,) = [release for release in gold.releases().history() if release.release_id == second.release_id]
    assert (ended.status, ended.actor, ended.reason) == ("rolled_back", "anna", "temperatures are in Fahrenheit")
    assert ended.ended_at is not None


def test_a_rollback_can_be_rolled_forward_again(gold: GoldZone) -> None:
    gold.release("run1", 1)
    second = gold.release("run2", 2)
    gold.releases().rollback("a mistake", "anna", "op1")
    assert gold.releases().rollback("it was right after all", "jonas", "op2").release_id == second.release_id
    assert gold.hours() == [2]
    assert gold.statuses() == {"run1": "superseded", "run2": "published"}


def test_the_first_release_cannot_be_rolled_back(gold: GoldZone) -> None:
    gold.release("run1", 1)
    with pytest.raises(ReleaseRefused, match=r"no release before .*nothing to go back to"):
        gold.releases().rollback("try", "anna", "op1")
    assert gold.hours() == [1]


def test_a_zone_without_a_release_has_nothing_to_roll_back(gold: GoldZone) -> None:
    with pytest.raises(ReleaseRefused, match="has published nothing yet"):
        gold.releases().rollback("try", "anna", "op1")


def test_the_run_after_a_rollback_builds_and_publishes_once_a_person_resumes(gold: GoldZone) -> None:
    gold.release("run1", 1)
    gold.release("run2", 2)
    gold.releases().rollback("wrong", "anna", "op1")
    candidate = gold.begin("run3")
    gold.build(3)
    refusal = (
        r'weather is held since .* by anna: "wrong".*`./assay release resume weather .*Then clear release\.publish'
    )
    with pytest.raises(ReleaseRefused, match=refusal):
        gold.publish(candidate, "run3")
    assert gold.hours() == [1]
    assert gold.releases().resume("the model is fixed", "jonas").hold is None
    gold.publish(candidate, "run3")
    assert gold.hours() == [3]
    assert gold.hours(schema="GOLD_PREVIOUS") == [1]
    assert gold.statuses() == {"run1": "superseded", "run2": "rolled_back", "run3": "published"}


def test_a_rollback_forward_lifts_the_hold_of_the_rollback_it_undoes(gold: GoldZone) -> None:
    gold.release("run1", 1)
    gold.release("run2", 2)
    gold.releases().rollback("a mistake", "anna", "op1")
    hold = gold.releases().decided().hold
    assert hold is not None
    assert (hold.by, hold.reason) == ("anna", "a mistake")
    gold.releases().rollback("it was right after all", "jonas", "op2")
    assert gold.releases().decided().hold is None
    gold.release("run3", 3)
    assert gold.hours() == [3]


def test_a_hold_that_a_person_set_outlives_rollbacks_until_it_is_resumed_and_all_of_it_is_recorded(
    gold: GoldZone,
) -> None:
    gold.release("run1", 1)
    gold.release("run2", 2)
    gold.releases().hold("the year is being closed", "anna")
    gold.releases().rollback("wrong", "jonas", "op1")
    gold.releases().rollback("right after all", "jonas", "op2")
    hold = gold.releases().decided().hold
    assert hold is not None
    assert hold.reason == "the year is being closed"
    gold.releases().resume("the year is closed", "maria")
    with pytest.raises(ReleaseRefused, match="is not held: there is nothing to resume"):
        gold.releases().resume("again", "maria")
    rows = gold.publisher.execute(
        f"select event, actor, reason from {gold.names.ledger}.release_events "
        f"where zone = 'weather' and event in ('held', 'resumed') order by happened_at"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("held", "anna", "the year is being closed"),
        ("resumed", "maria", "the year is closed"),
    ]


def test_gold_that_was_exchanged_by_hand_counts_as_a_rollback_and_is_held(gold: GoldZone) -> None:
    gold.release("run1", 1)
    gold.release("run2", 2)
    gold.publisher.execute(f"alter schema {gold.names.schema('GOLD')} swap with {gold.names.schema('GOLD_PREVIOUS')}")
    gold.begin("run3")
    assert gold.statuses() == {"run1": "published", "run2": "rolled_back", "run3": "candidate"}
    hold = gold.releases().decided().hold
    assert hold is not None
    assert hold.reason == "found swapped"


def test_gold_that_was_changed_by_hand_is_reported_and_left_alone(gold: GoldZone) -> None:
    gold.release("run1", 1)
    gold.publisher.execute(f"drop table {gold.names.schema('GOLD')}._release")
    with pytest.raises(ReleaseRefused, match="changed by hand"):
        gold.begin("run2")


def test_status_shows_a_hold_and_a_refused_candidate_until_they_are_over(gold: GoldZone) -> None:
    with gold.provisioned.account._login(ADMIN, password=PASSWORD) as connection:
        cursor = connection.cursor(DictCursor)

        def shown() -> list[str]:
            found = zone_status(cursor, gold.names, "somebody", None)
            return [found["held"] or "", found["candidate_refused"] or ""]

        gold.release("run1", 1)
        assert shown() == ["", ""]
        gold.releases().hold("the [year] is closed", "anna")
        candidate = gold.begin("run2")
        gold.build(2)
        with pytest.raises(ReleaseRefused) as refused:
            gold.publish(candidate, "run2")
        held, reason = shown()
        assert held.endswith('by anna: "the [year] is closed".')
        assert reason == f"{candidate.release_id}: {refused.value}"
        gold.releases().resume("done", "anna")
        gold.publish(candidate, "run2")
        assert shown() == ["", ""]
