"""Releasing on a real warehouse: whole or not at all, tested or not at all, in order or not at all."""

from __future__ import annotations

import threading

import pytest

from assay.releases.lifecycle import ReleaseRefused
from assay.warehouse import WarehouseError
from assay.zones import ServiceRole
from tests.plugins.assay.releases.conftest import GoldZone


def test_the_first_release_needs_no_release_before_it(gold: GoldZone) -> None:
    release = gold.release("run1", 1, 2)
    assert release.status == "published"
    assert gold.hours() == [1, 2]
    assert gold.releases().live() == release.release_id


def test_what_is_built_in_the_candidate_is_unseen_until_it_is_published(gold: GoldZone) -> None:
    gold.release("run1", 1)
    candidate = gold.begin("run2")
    gold.build(1, 2)
    analyst = gold.provisioned.as_role(gold.names.zone, gold.names.analyst)
    assert gold.hours(analyst) == [1]
    with pytest.raises(WarehouseError):
        gold.hours(analyst, "GOLD_NEXT")
    gold.publish(candidate, "run2")
    assert gold.hours(analyst) == [1, 2]


def test_the_register_says_what_was_released_from_which_run_and_commit_and_how_many_rows(gold: GoldZone) -> None:
    gold.release("run1", 1)
    release = gold.release("run2", 1, 2, 3)
    assert (release.run_id, release.commit_sha, release.actor) == ("run2", "c0ffee", "airflow")
    assert release.published_at is not None
    counts = release.row_counts["HOURLY_WEATHER"]
    assert (counts.candidate, counts.live) == (3, 1)
    assert gold.statuses() == {"run1": "superseded", "run2": "published"}


def test_a_candidate_starts_as_a_copy_of_what_is_live(gold: GoldZone) -> None:
    gold.release("run1", 1, 2)
    gold.begin("run2")
    assert gold.hours(gold.transformer, "GOLD_NEXT") == [1, 2]


def test_publishing_again_changes_nothing(gold: GoldZone) -> None:
    gold.release("run1", 1)
    release = gold.release("run2", 2)
    assert gold.publish(release, "run2") == release
    assert gold.hours() == [2]
    assert gold.hours(schema="GOLD_PREVIOUS") == [1]


def test_a_view_in_the_candidate_refuses_the_release_and_is_named(gold: GoldZone) -> None:
    gold.release("run1", 1)
    candidate = gold.begin("run2")
    gold.build(2)
    schema = gold.names.schema("GOLD_NEXT")
    gold.transformer.execute(f"create view {schema}.latest as select * from {schema}.hourly_weather")
    with pytest.raises(ReleaseRefused, match="tables only, and GOLD_NEXT has the view LATEST"):
        gold.publish(candidate, "run2")
    assert gold.hours() == [1]
    assert gold.statuses()["run2"] == "refused"


def test_an_empty_candidate_is_not_published(gold: GoldZone) -> None:
    candidate = gold.begin("run1")
    with pytest.raises(ReleaseRefused, match="no table"):
        gold.publish(candidate, "run1")


def test_a_candidate_of_another_run_is_not_published(gold: GoldZone) -> None:
    candidate = gold.begin("run1")
    gold.build(1)
    with pytest.raises(ReleaseRefused, match="was made by run run1, not by run2"):
        gold.publish(candidate, "run2")


def test_two_runs_never_publish_out_of_order(gold: GoldZone) -> None:
    gold.release("run0", 0)
    early = gold.begin("run1")
    late = gold.begin("run2")
    gold.build(2)
    gold.publish(late, "run2")
    with pytest.raises(ReleaseRefused, match=r"Clear release\.candidate"):
        gold.publish(early, "run1")
    assert gold.hours() == [2]
    assert gold.statuses() == {"run0": "superseded", "run1": "refused", "run2": "published"}


def test_a_release_cut_before_a_rollback_does_not_undo_it(gold: GoldZone) -> None:
    gold.release("run1", 1)
    gold.release("run2", 2)
    candidate = gold.begin("run3")
    gold.build(3)
    gold.releases().rollback("wrong hours", "anna", "op1")
    with pytest.raises(ReleaseRefused, match="is held since"):
        gold.publish(candidate, "run3")
    gold.releases().resume("hours are right again", "anna")
    with pytest.raises(ReleaseRefused, match="would undo a newer release or a rollback"):
        gold.publish(candidate, "run3")
    assert gold.hours() == [1]


def test_a_refused_candidate_can_be_published_when_its_failed_tests_pass_after_all(gold: GoldZone) -> None:
    candidate = gold.begin("run1")
    gold.build(1)
    refused = gold.releases().refuse("run1", "A smoke test failed.", "airflow")
    assert refused is not None
    assert (refused.status, refused.reason) == ("refused", "A smoke test failed.")
    assert gold.publish(candidate, "run1").status == "published"


def test_refusing_after_publishing_leaves_the_release_live(gold: GoldZone) -> None:
    gold.release("run1", 1)
    assert gold.releases().refuse("run1", "The announcement failed.", "airflow") is None
    assert gold.statuses() == {"run1": "published"}


def test_a_run_that_is_done_again_makes_another_release(gold: GoldZone) -> None:
    first = gold.release("run1", 1)
    second = gold.release("run1", 1, 2)
    assert first.release_id != second.release_id
    assert gold.hours() == [1, 2]


def test_a_candidate_that_is_begun_again_is_the_same_release(gold: GoldZone) -> None:
    assert gold.begin("run1").release_id == gold.begin("run1").release_id


def test_a_new_candidate_closes_one_that_another_run_left(gold: GoldZone) -> None:
    gold.begin("run1")
    gold.begin("run2")
    assert gold.statuses() == {"run1": "refused", "run2": "candidate"}


def test_what_was_published_is_out_of_the_transformers_hands(gold: GoldZone) -> None:
    gold.release("run1", 1)
    schema = gold.names.schema("GOLD")
    assert gold.hours(gold.transformer) == [1]
    for statement in (
        f"delete from {schema}.hourly_weather",
        f"drop table {schema}.hourly_weather",
        f"create table {schema}.stray (a int)",
    ):
        with pytest.raises(WarehouseError):
            gold.transformer.execute(statement)


def test_another_zone_reads_what_is_published_and_nothing_else_after_every_release(read_gold: GoldZone) -> None:
    flights = read_gold.provisioned.login_as("flights", ServiceRole.TRANSFORMER)
    for run_id, hours in (("run1", [1]), ("run2", [1, 2])):
        read_gold.release(run_id, *hours)
        assert read_gold.hours(flights) == hours
        with pytest.raises(WarehouseError):
            flights.execute(f"select * from {read_gold.names.schema('GOLD')}.daily_weather")
    read_gold.releases().rollback("wrong hours", "anna", "op1")
    assert read_gold.hours(flights) == [1]


def test_another_zone_loses_what_is_no_longer_published(read_gold: GoldZone) -> None:
    read_gold.release("run1", 1)
    flights = read_gold.provisioned.login_as("flights", ServiceRole.TRANSFORMER)
    read_gold.zone = read_gold.zone.model_copy(update={"publishes": []})
    others = [zone for zone in read_gold.provisioned.zones if zone.zone != read_gold.zone.zone]
    read_gold.provisioned.zones = [read_gold.zone, *others]
    read_gold.release("run2", 2)
    with pytest.raises(WarehouseError):
        read_gold.hours(flights)


def test_a_reader_who_never_stops_sees_whole_releases_and_no_error(gold: GoldZone) -> None:
    gold.release("run0", 0, 1000)
    analyst = gold.provisioned.as_role(gold.names.zone, gold.names.analyst)
    seen: list[list[int]] = []
    errors: list[Exception] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                seen.append(gold.hours(analyst))
            except Exception as error:  # any error is the finding
                errors.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in (1, 2, 3):
        gold.release(f"run{number}", number, number + 1000)
    gold.releases().rollback("wrong hours", "anna", "op1")
    gold.releases().rollback("right after all", "anna", "op2")
    stop.set()
    reader.join()
    assert errors == []
    assert all(len(hours) == 2 and hours[1] - hours[0] == 1000 for hours in seen)
    assert {hours[0] for hours in seen} >= {0, 1, 2, 3}
