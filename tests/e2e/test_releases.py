"""Gold is published whole, tested, or not at all; and taken back in seconds."""

from __future__ import annotations

import json
import threading

import pytest

from local.platform import query
from tests.checkout import Checkout

pytestmark = pytest.mark.e2e

NEVER = "-- depends_on: {{ ref('daily_weather') }}\nselect 'nothing is good enough' as reason\n"
ROLLBACK_SECONDS = 5
"""Between the ledger's first and last entry of it, because a busy machine takes long to start the command."""


class Reader(threading.Thread):
    """An analyst who asks for gold again and again, and writes down what was wrong with any answer."""

    def __init__(self, checkout: Checkout) -> None:
        super().__init__(daemon=True)
        self._checkout = checkout
        self._ended = threading.Event()
        self.answers: list[tuple[int, int]] = []
        self.errors: list[Exception] = []

    def run(self) -> None:
        statement = (
            "select (select count(*) from LOCAL_WEATHER.GOLD.HOURLY_WEATHER), "
            "(select sum(hours_observed) from LOCAL_WEATHER.GOLD.DAILY_WEATHER)"
        )
        while not self._ended.is_set():
            try:
                _, [(rows, summed)] = query.run(self._checkout.endpoints, statement, role="LOCAL_WEATHER_ANALYST")
                self.answers.append((int(rows), int(summed)))
            except Exception as error:  # whatever it is, the test shows it
                self.errors.append(error)
            self._ended.wait(0.2)

    def end(self) -> None:
        self._ended.set()
        self.join(60)
        assert not self.is_alive()


def live(demo: Checkout, zone: str = "weather") -> str:
    """The id of the release that readers see, as the schema itself says."""
    return str(demo.sql(f"select release_id from LOCAL_{zone.upper()}.GOLD._RELEASE")[0]["RELEASE_ID"])


def statuses(demo: Checkout) -> dict[str, str]:
    releases = json.loads(demo.assay("release", "list", "weather", "--json").stdout)
    return {release["release_id"]: release["status"] for release in releases}


def test_what_fails_a_test_is_not_published_and_readers_never_notice(demo: Checkout) -> None:
    tests = demo.root / "dbt" / "tests" / "weather"
    try:
        for test in (tests / "rules" / "gold_is_never_good_enough.sql", tests / "smoke" / "no_release_is.sql"):
            test.write_text(NEVER)
            try:
                demo.assay("up")  # makes the dbt image again, with the new test in it
                refused(demo)
            finally:
                test.unlink()
    finally:
        demo.assay("up")


def refused(demo: Checkout) -> None:
    """A run that fails late, seen by a reader who looks all the while."""
    before, gold, known, told = live(demo), demo.gold_by_day("weather"), statuses(demo), len(demo.messages("weather"))
    reader = Reader(demo)
    reader.start()
    run = demo.run_zone("weather")
    reader.end()
    assert run.state == "failed"
    tasks = demo.tasks(run)
    assert tasks["release.publish"]["state"] == "upstream_failed"
    assert live(demo) == before
    assert demo.gold_by_day("weather") == gold
    assert reader.errors == []
    assert len(reader.answers) > 10
    assert set(reader.answers) == {(sum(gold.values()), sum(gold.values()))}
    assert [status for release, status in statuses(demo).items() if release not in known] == ["refused"]
    assert "failed" in demo.newer_message("weather", told)


@pytest.mark.core
def test_publishing_and_rolling_back_are_seen_whole(demo: Checkout) -> None:
    """Each answer adds up, whichever release it comes from."""
    demo.company.live(demo.company.next_days(1))
    before = live(demo)
    reader = Reader(demo)
    reader.start()
    run = demo.run_zone("weather")
    after = live(demo)
    demo.assay("release", "rollback", "weather", "--reason", "to see it work", "--json")
    reader.end()
    (took,) = demo.sql(
        "select datediff('millisecond', min(happened_at), max(happened_at)) as ms "
        "from LOCAL_WEATHER.LEDGER.RELEASE_EVENTS where reason = 'to see it work'"
    )
    demo.succeeded(run)
    assert after != before
    assert live(demo) == before
    assert int(took["MS"]) < ROLLBACK_SECONDS * 1000
    assert reader.errors == []
    assert len(set(reader.answers)) == 2
    assert all(rows == summed for rows, summed in reader.answers)
    assert statuses(demo)[after] == "rolled_back"
    assert statuses(demo)[before] == "published"


@pytest.mark.core
def test_the_rollback_dag_restores_the_other_release(demo: Checkout) -> None:
    before = live(demo)
    airflow = demo.airflow
    airflow.unpause("platform_rollback")
    run_id = airflow.trigger("platform_rollback", {"zone": "weather", "reason": "forward again"})
    assert airflow.wait_for_run("platform_rollback", run_id, 120).state == "success"
    assert live(demo) != before
