"""Data that breaks its contract stops its zone, is kept with the reasons, and is announced; mended, nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from local.company.breakages import WEATHER, Breakage
from local.company.demo_company import weather_file
from tests.checkout import Checkout
from tests.e2e.data import weather_by_day

pytestmark = pytest.mark.e2e

ONE = {how: breakage for how, breakage in WEATHER.items() if how == "out-of-range"}
OTHERS = {how: breakage for how, breakage in WEATHER.items() if how not in ONE}
"""`make test` tries one, `make test-all` the others: each is a run of the zone."""


@pytest.mark.parametrize(
    "breaches", [pytest.param(ONE, marks=pytest.mark.core, id="one"), pytest.param(OTHERS, id="others")]
)
def test_a_broken_file_stops_its_zone_until_it_is_mended_and_the_other_never_notices(
    demo: Checkout, breaches: Mapping[str, Breakage]
) -> None:
    """The other zone runs meanwhile, for the day that has come with the broken file."""
    company = demo.company
    (day,) = company.next_days(1)
    whole = weather_file(day)
    gold, flights = demo.gold_by_day("weather"), demo.gold_by_day("flights")
    company.live([day])
    other = demo.airflow.trigger("flights")
    try:
        for breach, breakage in breaches.items():
            company.drop_weather(day, breakage.apply(whole))
            told = len(demo.messages("weather"))

            run = demo.run_zone("weather")

            assert run.state == "failed", breach
            tasks = demo.tasks(run)
            assert tasks["approve.weather"]["state"] == "failed", breach
            assert not [
                name for name, task in tasks.items() if name.startswith("bronze.") and task["state"] == "success"
            ]
            assert demo.gold_by_day("weather") == gold, breach
            (load,) = demo.sql(f"select load_id, status from LOCAL_WEATHER.LEDGER.LOADS where run_id = '{run.run_id}'")
            assert load["STATUS"] == "refused", breach
            kept = demo.sql(
                f"select _reasons from LOCAL_WEATHER.QUARANTINE.WEATHER where _load_id = '{load['LOAD_ID']}'"
            )
            assert kept, breach
            assert any(breakage.violations in row["_REASONS"] for row in kept), (breach, kept)
            alert = demo.newer_message("weather", told)
            assert len(demo.messages("weather")) == told + 1, breach
            for part in ("weather", "met-desk@example.com", "approve.weather", breakage.violations, "http://127.0.0.1"):
                assert part in alert, (breach, part, alert)
    finally:
        company.drop_weather(day, whole)
    demo.succeeded(demo.airflow.wait_for_run("flights", other, 600))
    assert demo.gold_by_day("flights").items() >= flights.items()
    assert not [message for message in demo.messages("flights") if "weather-" in message]

    demo.succeeded(demo.run_zone("weather"))
    assert demo.gold_by_day("weather") == gold | {day.isoformat(): weather_by_day()[day.isoformat()]}
    demo.until(lambda: "recovered" in demo.messages("weather")[0], 60, "the channel is told that the failure is over")


def test_a_broken_zone_file_breaks_that_zone_alone(demo: Checkout) -> None:
    path = demo.root / "dags" / "zones" / "flights" / "zone.yml"
    whole = path.read_text()
    airflow = demo.airflow
    try:
        path.write_text(whole.replace("owner:", "ownr:"))
        demo.until(lambda: bool(airflow.import_errors()), 120, "an import error")
        (error,) = airflow.import_errors()
        assert error["filename"] == "flights.py"
        assert "ownr is not a key that is known here" in error["stack_trace"]
        demo.succeeded(demo.run_zone("weather"))
    finally:
        path.write_text(whole)
    demo.until(lambda: not airflow.import_errors(), 120, "the import error's end")
