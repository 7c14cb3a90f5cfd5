"""Every way round a failed test, up to the task that publishes; and runs that find nothing new."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk.exceptions import AirflowFailException, DownstreamTasksSkipped

from assay import settings as environments
from assay.releases.untested import CandidateCheck
from assay.warehouse import WarehouseError
from assay.zones import ServiceRole
from tests.plugins.assay.releases.conftest import ZONE, GoldZone
from tests.plugins.assay.releases.test_operators import (
    DAILY,
    EVERYTHING,
    HOURLY,
    HOURS,
    READINGS,
    SMOKE,
    Dbt,
    TaskInstance,
    context,
    dbt,
    gold,
    project,
    settings,
    tasks,
)
from tests.plugins.assay.transform.manifests import Project

pytestmark = pytest.mark.core

__all__ = ["dbt", "gold", "project", "settings", "tasks"]
FORM = {"models": None, "full_refresh": False, "backfill_from": None, "backfill_to": None}


class Zone:
    """The zone's tasks, run by run."""

    def __init__(self, gold: GoldZone, tasks: dict[str, Any], dbt: Dbt) -> None:
        self.gold, self.tasks, self.dbt = gold, tasks, dbt

    def cut(self, run_id: str) -> TaskInstance:
        ti = TaskInstance()
        ti.pulled["release.candidate"] = self.tasks["candidate"].execute(context(run_id, ti))
        return ti

    def publish(self, run_id: str, ti: TaskInstance) -> str:
        released: str = self.tasks["publish"].execute(context(run_id, ti))
        return released

    def run(self, run_id: str, *hours: int, **changed: str | None) -> str:
        """A whole run, in which dbt ends as said."""
        ti = self.cut(run_id)
        self.gold.build(*hours)
        names = {"readings": READINGS, "hourly": HOURLY, "daily": DAILY, "hours": HOURS, "smoke": SMOKE}
        self.dbt(run_id, EVERYTHING | {names[key]: status for key, status in changed.items()})
        return self.publish(run_id, ti)

    def choose(self, ti: TaskInstance | None = None, **form: Any) -> list[str] | None:
        """The tasks that are skipped, or None when the run builds everything."""
        try:
            self.tasks["choose"].execute({**context("next", ti or TaskInstance()), "params": FORM | form})
        except DownstreamTasksSkipped as skipped:
            return list(skipped.tasks)
        return None


@pytest.fixture
def zone(gold: GoldZone, tasks: dict[str, Any], dbt: Dbt) -> Zone:
    tasks["choose"].set_downstream(EmptyOperator(task_id="after", dag=tasks["choose"].dag))
    return Zone(gold, tasks, dbt)


def test_a_failed_test_is_not_published_by_the_next_run_of_other_models(zone: Zone) -> None:
    """The fault of the issue: the run is refused; then a run of one model alone, whose own tests pass."""
    zone.run("run1", 1)
    with pytest.raises(AirflowFailException, match=r"bronze.readings could not be built .* in run run2"):
        zone.run("run2", 1, 2, readings="error")
    with pytest.raises(AirflowFailException, match=r"gold.hourly_weather failed its test hours .* in run run3"):
        zone.run("run3", 1, 2, readings="success", hours="fail")
    ti = zone.cut("form")
    zone.dbt("form", {DAILY: "success", SMOKE: "pass"})
    with pytest.raises(AirflowFailException, match=r"failed its test hours .* in run run3"):
        zone.publish("form", ti)
    assert zone.gold.hours() == [1]
    newest = zone.gold.releases().history()[0]
    assert (newest.run_id, newest.status) == ("form", "refused")
    assert "failed its test hours" in str(newest.reason)
    zone.run("run4", 1, 2)
    assert zone.gold.hours() == [1, 2]


BUILT = {READINGS: "success", HOURLY: "success", DAILY: "success", SMOKE: "pass"}
WAYS: dict[str, tuple[dict[str, Any], dict[str, str | None]]] = {
    "a form with some models": ({"models": ["daily_weather"]}, {DAILY: "success", SMOKE: "pass"}),
    "a full refresh": ({"full_refresh": True}, BUILT),
    "a backfill": ({"backfill_from": "2013-01-01", "backfill_to": "2013-01-02"}, BUILT),
    "a test that is skipped": ({}, BUILT | {HOURS: "skipped"}),
    "a test that is killed": ({}, BUILT | {HOURS: None}),
    "nothing but the publishing": ({}, {}),
}


def test_no_way_round_a_failed_test_puts_it_live(zone: Zone) -> None:
    zone.run("run1", 1)
    with pytest.raises(AirflowFailException, match="failed its test hours"):
        zone.run("run2", 1, 2, hours="fail")
    for way, (form, ended) in WAYS.items():
        assert zone.choose(**form) != ["after"], f"{way}: it takes what is unfit for nothing new"
        ti = zone.cut(way)
        zone.gold.build(1, 2)
        zone.dbt(way, ended)
        with pytest.raises(AirflowFailException, match=r"gold\.hourly_weather failed its test hours .* in run run2"):
            zone.publish(way, ti)
        assert zone.gold.hours() == [1], way


def test_another_zones_results_say_nothing_of_a_zones_nodes(zone: Zone) -> None:
    with pytest.raises(AirflowFailException, match="failed its test hours"):
        zone.run("run1", 1, hours="fail")
    ti = zone.cut("run1")
    zone.gold.build(1)
    provisioned = zone.gold.provisioned
    other = provisioned.login_as("flights", ServiceRole.TRANSFORMER)
    passed = f"select '{HOURS}', status, 'i', 'run1', sysdate() from (values ('started'), ('pass')) as result (status)"
    columns = "(node_id, status, invocation_id, run_id, happened_at)"
    other.execute(f"insert into {provisioned.names('flights').ledger}.node_results {columns} {passed}")
    with pytest.raises(WarehouseError):
        other.execute(f"insert into {zone.gold.names.ledger}.node_results {columns} {passed}")
    with pytest.raises(AirflowFailException, match="failed its test hours"):
        zone.publish("run1", ti)
    assert zone.gold.releases().live() is None


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"hours": None}, "gold.hourly_weather has not been tested by hours"),
        ({"hours": "skipped"}, "gold.hourly_weather has not been tested by hours"),
        ({"daily": None}, "gold.daily_weather was being built .* and nothing says how that ended"),
        ({"smoke": "fail"}, "Smoke test keeps_rows failed"),
        ({"smoke": "skipped"}, "Smoke test keeps_rows has not run on this candidate"),
    ],
)
def test_what_was_killed_or_skipped_is_not_published(zone: Zone, changed: dict[str, Any], expected: str) -> None:
    with pytest.raises(AirflowFailException, match=expected):
        zone.run("run1", 1, **changed)
    assert zone.gold.statuses() == {"run1": "refused"}


def test_a_task_that_was_marked_by_hand_is_named(zone: Zone) -> None:
    ti = zone.cut("run1")
    zone.gold.build(1)
    zone.dbt("run1", EVERYTHING | {HOURS: "fail"})
    ti.states = {"gold.hourly_weather.test": "success", "gold.hourly_weather.run": "success"}
    with pytest.raises(AirflowFailException) as refused:
        zone.publish("run1", ti)
    (line,) = [line for line in str(refused.value).splitlines() if "by hand" in line]
    assert line.startswith("Task gold.hourly_weather.test was marked as a success by hand")
    zone.dbt("run1", {HOURS: "pass", SMOKE: "pass"})  # the test is cleared and passes: the run may publish after all
    zone.publish("run1", ti)
    assert zone.gold.hours() == [1]


def test_an_override_is_reported_with_the_person_who_made_it(zone: Zone) -> None:
    ti = zone.cut("run1")
    zone.gold.build(1)
    zone.dbt("run1", EVERYTHING | {HOURS: "fail"})
    by_anna = {"state": "success", "by": "anna", "at": "2026-11-28 01:02:03"}
    ti.set_by_hand = {"gold.hourly_weather.test": by_anna, "approve.weather": {**by_anna, "state": "skipped"}}
    ti.states = {
        "gold.hourly_weather.test": "success",
        "approve.weather": "skipped",
        "gold.hourly_weather.run": "success",
    }
    with pytest.raises(AirflowFailException) as refused:
        zone.publish("run1", ti)
    expected = [
        "Task approve.weather was set to skipped by hand, by anna at 2026-11-28 01:02:03 UTC.",
        "Task gold.hourly_weather.test was set to success by hand, by anna at 2026-11-28 01:02:03 UTC.",
    ]
    assert [line for line in str(refused.value).splitlines() if "by hand" in line] == expected
    assert str(zone.gold.releases().history()[0].reason).splitlines()[-2:] == expected
    ti.set_by_hand.pop("gold.hourly_weather.test")  # cleared, and Airflow starts it again
    zone.dbt("run1", {HOURS: "pass", SMOKE: "pass"})
    zone.publish("run1", ti)
    assert ti.pushed["overrides"] == expected[:1]


def test_a_model_that_is_built_again_alone_is_not_published_before_its_tests(zone: Zone) -> None:
    ti = zone.cut("run1")
    zone.gold.build(1)
    zone.dbt("run1", EVERYTHING)
    zone.dbt("run1", {HOURLY: "success"})
    with pytest.raises(AirflowFailException, match="since it was built"):
        zone.publish("run1", ti)


def test_a_build_that_begins_while_the_release_is_published_holds_it_back(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the first look and the swap, a cleared task begins to build: its pod has recorded that much."""
    record = CandidateCheck.record

    def meanwhile(*arguments: Any) -> None:
        record(*arguments)
        zone.dbt("cleared", {HOURLY: None})

    monkeypatch.setattr(CandidateCheck, "record", meanwhile)
    with pytest.raises(AirflowFailException, match=r"gold\.hourly_weather was being built"):
        zone.run("run1", 1)
    assert zone.gold.statuses() == {"run1": "refused"}


def test_a_candidate_that_is_cut_again_needs_its_own_smoke_tests_and_tables(zone: Zone) -> None:
    zone.run("run1", 1)
    ti = zone.cut("run2")
    zone.gold.build(1, 2)
    zone.dbt("run2", EVERYTHING)
    ti = zone.cut("run2")
    with pytest.raises(AirflowFailException, match="Smoke test keeps_rows has not run on this candidate"):
        zone.publish("run2", ti)


def test_a_rollback_and_forward_again_lets_nothing_untested_through(zone: Zone) -> None:
    zone.run("run1", 1)
    zone.run("run2", 1, 2)
    with pytest.raises(AirflowFailException):
        zone.run("run3", 1, 2, 3, hours="fail")
    zone.gold.releases().rollback("back", "anna", "op1")
    zone.gold.releases().rollback("forward", "anna", "op2")
    assert zone.gold.hours() == [1, 2]
    ti = zone.cut("form")
    zone.dbt("form", {DAILY: "success", SMOKE: "pass"})
    with pytest.raises(AirflowFailException, match="failed its test hours"):
        zone.publish("form", ti)
    assert zone.gold.hours() == [1, 2]


def test_a_gold_model_that_a_run_leaves_out_is_in_the_candidate_as_this_commit_has_it(
    zone: Zone, project: Project, settings: environments.Settings
) -> None:
    zone.run("run1", 1)
    history = zone.gold.releases().history()
    assert history[0].inputs is not None
    assert set(history[0].inputs.models) == {HOURLY, DAILY}
    project.model("monthly_weather", f"{ZONE}/gold", [HOURLY])
    settings.manifest.write_text(json.dumps(project.manifest))
    zone.dbt("run2", {"model.assay.monthly_weather": "success"})  # in a candidate that was never published
    ti = zone.cut("form")
    zone.dbt("form", {DAILY: "success", SMOKE: "pass"})
    with pytest.raises(AirflowFailException, match=r"gold.monthly_weather is not in the candidate"):
        zone.publish("form", ti)


def approve(zone: Zone, load_id: str, rows: int) -> None:
    names = zone.gold.names
    zone.gold.provisioned.account.admin().execute(
        f"insert into {names.ledger}.loads (load_id, zone, source, table_name, run_id, branch, status, rows_landed, "
        f"rows_approved, rows_quarantined, backfill, landed_at, finished_at) select '{load_id}', '{ZONE}', "
        f"'weather_files', 'weather', 'r', 'b', 'approved', 5, {rows}, 0, false, sysdate(), sysdate()"
    )


def test_a_run_with_nothing_new_skips_everything(zone: Zone) -> None:
    assert zone.choose() is None, "nothing is live yet"
    approve(zone, "L1", 5)
    zone.run("run1", 1)
    assert zone.choose() == ["after"]
    approve(zone, "L2", 0)
    assert zone.choose() == ["after"], "no row has changed"


def test_whatever_is_new_is_built(
    zone: Zone, settings: environments.Settings, monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    approve(zone, "L1", 5)
    zone.run("run1", 1)
    for form in ({"full_refresh": True}, {"backfill_from": "2013-01-01"}):
        assert zone.choose(**form) is None
    assert zone.choose(models=["daily_weather"]) != ["after"]
    ti = TaskInstance()
    ti.pulled["approve.weather"] = {"rows_approved": 3}
    assert zone.choose(ti) is None
    always = zone.gold.zone.model_copy(update={"publish_unchanged": True})
    with monkeypatch.context() as patched:
        patched.setattr(zone.tasks["choose"], "_zone", always)
        assert zone.choose() is None
    assert zone.choose() == ["after"]
    approve(zone, "L2", 1)
    assert zone.choose() is None
    zone.run("run2", 1)
    assert zone.choose() == ["after"]
    settings.manifest.write_text(settings.manifest.read_text() + "\n")
    assert zone.choose() is None, "the code has changed"


def test_what_failed_or_is_incomplete_is_not_nothing_new(zone: Zone) -> None:
    zone.run("run1", 1)
    ti = zone.cut("form")
    zone.dbt("form", {DAILY: "success", SMOKE: "pass"})
    zone.publish("form", ti)
    assert zone.choose() is None, "a run of some models has not built what may be new for others"
    zone.run("run2", 1)
    assert zone.choose() == ["after"]
    zone.dbt("cleared", {HOURLY: "success"})
    assert zone.choose() is None
    zone.dbt("cleared", {HOURS: "pass"})
    assert zone.choose() == ["after"]
    with pytest.raises(AirflowFailException):
        zone.run("run3", 1, smoke="fail")
    assert zone.choose() is None


def test_the_ledger_of_results_does_not_grow_with_runs(zone: Zone) -> None:
    for number in range(3):
        zone.run(f"run{number}", 1)
    (row,) = zone.gold.publisher.execute(f"select count(*) as n from {zone.gold.names.ledger}.node_results")
    assert row["n"] == 2 * len(EVERYTHING)
