"""What a release holds, and what it may not take away from those who read it."""

from __future__ import annotations

import pytest

from assay.releases.lifecycle import ReleaseRefused
from assay.releases.published import breaking_changes, broken_promises
from tests.plugins.assay.releases.conftest import GoldZone

MODELS = ("HOURLY_WEATHER", "DAILY_WEATHER")


def test_a_table_that_is_no_model_any_more_leaves_with_the_next_release_and_is_named(gold: GoldZone) -> None:
    gold.begin("run1")
    gold.build(1)
    schema = gold.names.schema("GOLD_NEXT")
    gold.transformer.execute(f"create table {schema}.old_report as select 1 as one")
    gold.transformer.execute(f'create table {schema}."Odd ""name" as select 1 as one')
    gold.publish(gold.releases().history()[0], "run1")

    candidate = gold.releases().begin("run2", "c0ffee", "airflow", MODELS)
    tables = {row["table_name"] for row in _tables(gold, "GOLD_NEXT")}
    assert tables == {*MODELS, "_RELEASE"}
    released = gold.publish(candidate, "run2")
    assert released.row_counts["OLD_REPORT"].candidate is None
    assert {row["table_name"] for row in _tables(gold, "GOLD_PREVIOUS")} > {"OLD_REPORT", *MODELS}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("create or replace table {} as select '1' as hour", "HOUR of the published table HOURLY_WEATHER is TEXT"),
        ("create or replace table {} as select 1.5 as hour", "is NUMBER with 1 decimals, and NUMBER is live"),
        ("create or replace table {} as select 1 as hours", "HOURLY_WEATHER has no column HOUR any more"),
        ("drop table {}", "HOURLY_WEATHER is not in the candidate"),
    ],
)
def test_a_published_table_that_loses_what_readers_use_refuses_the_release(
    gold: GoldZone, change: str, sentence: str
) -> None:
    gold.release("run1", 1)
    candidate = gold.begin("run2")
    gold.transformer.execute(change.format(gold.names.schema("GOLD_NEXT.hourly_weather")))
    with pytest.raises(ReleaseRefused, match=sentence):
        gold.releases().publish(
            candidate.release_id, "run2", "airflow",
            problem_of=lambda _: broken_promises(gold.publisher, gold.names, gold.zone),
        )  # fmt: skip
    assert gold.hours() == [1]
    assert gold.statuses()["run2"] == "refused"


def test_a_new_column_and_a_table_that_is_not_published_may_change(gold: GoldZone) -> None:
    gold.release("run1", 1)
    gold.begin("run2")
    schema = gold.names.schema("GOLD_NEXT")
    gold.transformer.execute(f"create or replace table {schema}.hourly_weather as select 1 as hour, 'x' as sky")
    gold.transformer.execute(f"create or replace table {schema}.daily_weather as select 'many' as hours")
    assert broken_promises(gold.publisher, gold.names, gold.zone) == ""


def test_a_zone_that_has_published_nothing_yet_promises_nothing() -> None:
    assert breaking_changes({}, {"T": {"A": "NUMBER"}}) == []


def _tables(gold: GoldZone, schema: str) -> list[dict[str, str]]:
    return gold.publisher.execute(
        f"select table_name from {gold.names.database}.information_schema.tables where table_schema = '{schema}'"
    )
