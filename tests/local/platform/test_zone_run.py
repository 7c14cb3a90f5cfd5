"""`assay run`: what it hands to Airflow, and that it refuses at once what cannot run."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assay.ingestion.window import WrongWindow
from assay.transform.model_selection import WrongChoice
from local.emulators.common.files import StateError
from local.platform import readiness, zone_run
from local.platform.airflow_client import Airflow, AirflowBroke, AirflowError
from local.platform.supervisor import client, control
from tools.runtime.layout import Layout

FIRST, LAST = date(2013, 1, 2), date(2013, 1, 3)


@pytest.mark.parametrize(
    ("given", "conf"),
    [
        ((None, None, [], False), {}),
        ((FIRST, None, [], False), {"backfill_from": "2013-01-02"}),
        (
            (FIRST, LAST, ["fct_legs"], True),
            {"backfill_from": "2013-01-02", "backfill_to": "2013-01-03", "models": ["fct_legs"], "full_refresh": True},
        ),
    ],
)
def test_a_run_gets_what_the_form_would_give_it(given: Any, conf: dict[str, Any]) -> None:
    assert zone_run.asked(*given) == conf


@pytest.mark.parametrize("days", [(LAST, FIRST), (None, LAST)])
def test_days_that_are_none_are_refused_before_anything_runs(days: Any) -> None:
    with pytest.raises(WrongWindow, match=r"--from") as refused:
        zone_run.asked(*days, [], False)
    assert "backfill" not in str(refused.value)


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root whose manifest is up to date, with two models."""
    task = SimpleNamespace(id="gold.fleet_age.run", covers=("fleet_age", "daily_punctuality"))
    monkeypatch.setattr(zone_run, "graph_of", lambda *_: SimpleNamespace(tasks={task.id: task}))
    monkeypatch.setattr(zone_run.settings, "load", lambda *_: None)
    write(tmp_path / "dbt/models/flights/gold/fleet_age.sql", datetime(2020, 1, 1, tzinfo=UTC))
    write(tmp_path / "dags/manifest.json", datetime(2020, 1, 2, tzinfo=UTC))
    return tmp_path


def test_a_model_that_the_zone_does_not_have_is_refused_before_a_run_starts(checked: Path) -> None:
    flights: Any = SimpleNamespace(zone="flights")
    zone_run.check_asked(checked, flights, {"models": ["fleet_age"]})
    zone_run.check_asked(checked, flights, {})
    with pytest.raises(WrongChoice) as refused:
        zone_run.check_asked(checked, flights, {"models": ["fleet_ag", "nonsense"]})
    assert str(refused.value).splitlines() == [
        'models: zone flights has no model "fleet_ag"; did you mean "fleet_age"?',
        'models: zone flights has no model "nonsense"; it has daily_punctuality, fleet_age.',
    ]


def test_a_model_that_is_newer_than_the_manifest_is_left_to_the_run(checked: Path) -> None:
    write(checked / "dbt/models/flights/gold/brand_new.sql", datetime(2020, 1, 3, tzinfo=UTC))
    flights: Any = SimpleNamespace(zone="flights")
    zone_run.check_asked(checked, flights, {"models": ["brand_new"]})


class Deadlocked(Airflow):
    """An Airflow whose database is in a deadlock for the first few requests that change a run."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.changed: list[tuple[str, Any]] = []

    def call(self, method: str, path: str, **options: Any) -> Any:
        if method == "GET":
            return {"dag_runs": [{"dag_run_id": "r1", "state": "running"}, {"dag_run_id": "r2", "state": "queued"}]}
        if self.failures:
            self.failures -= 1
            raise AirflowBroke("Airflow answered 500")
        self.changed.append((path.rsplit("/", 1)[-1], options["json"]))
        return None


def test_runs_are_ended_although_airflows_database_was_in_a_deadlock_and_waiting_ones_first() -> None:
    airflow = Deadlocked(failures=3)
    assert airflow.end_runs("flights") == ["r2", "r1"]
    assert airflow.changed == [("r2", {"state": "failed"}), ("r1", {"state": "failed"})]
    with pytest.raises(AirflowBroke):
        Deadlocked(failures=99).end_runs("flights")


def row(service: str, state: str) -> dict[str, Any]:
    return {"service": service, "state": state, "note": ""}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([row("aws", "up")], "The service warehouse is not running: start it with `./assay up`."),
        ([row("aws", "up"), row("warehouse", "stopped")], "The service warehouse is not running"),
        ([row("aws", "unhealthy"), row("warehouse", "up")], "The service aws is unhealthy: read `./assay logs aws`"),
    ],
)
def test_a_part_that_is_not_ready_is_named_at_once(
    rows: list[dict[str, Any]], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "status", lambda _: rows)
    with pytest.raises(StateError) as refused:
        readiness.require(Layout(tmp_path, tmp_path), "aws", "warehouse")
    assert str(refused.value).startswith(sentence)


def test_a_stopped_platform_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(control.NotRunning):
        readiness.require(Layout(tmp_path, tmp_path), "aws")


class Read(Airflow):
    """An Airflow that has read the old file of a zone, and has an import error of some age."""

    def __init__(self, error_at: datetime) -> None:
        self.error = {
            "filename": "flights.py",
            "timestamp": error_at.isoformat(),
            "stack_trace": "x\nE: zone.yml:3: no",
        }

    def dags(self) -> dict[str, dict[str, Any]]:
        return {"flights": {}}

    def import_errors(self) -> list[dict[str, Any]]:
        return [self.error]


def test_an_import_error_is_final_unless_the_file_was_changed_since() -> None:
    changed = datetime.now(UTC)
    Read(changed - timedelta(seconds=5)).wait_for_dag("flights", 1, newer_than=changed)
    with pytest.raises(AirflowError, match=r"Airflow cannot import flights\.py: E: zone\.yml:3: no"):
        Read(changed + timedelta(seconds=5)).wait_for_dag("flights", 1, newer_than=changed)


def test_the_class_of_an_import_error_is_left_out() -> None:
    airflow = Read(datetime.now(UTC))
    airflow.error["stack_trace"] = "Traceback:\n  x\nassay.errors.ConfigurationError: zones/flights/zone.yml:3: no\n"
    with pytest.raises(AirflowError, match=r"^Airflow cannot import flights\.py: zones/flights/zone\.yml:3: no$"):
        airflow.wait_for_dag("flights", 1, newer_than=datetime.now(UTC) - timedelta(seconds=5))


@pytest.mark.parametrize(
    "changed",
    [
        "dags/flights.py",
        "dags/zones/flights/contracts/flights.odcs.yaml",
        "dags/config/base/airflow.yml",
        "dags/manifest.json",
        "airbyte/connections/flights_api.yaml",
        "plugins/assay/secrets/pods.yml",
    ],
)
def test_an_import_error_from_before_a_file_that_the_dag_reads_is_out_of_date(changed: str, tmp_path: Path) -> None:
    long_ago, now = datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC)
    for name in (changed, "dags/flights.py", "dags/zones/weather/zone.yml"):
        write(tmp_path / name, long_ago)
    assert zone_run.changed_at(tmp_path, "flights") == long_ago
    write(tmp_path / changed, now)
    assert abs(zone_run.changed_at(tmp_path, "flights") - now) < timedelta(milliseconds=1)


def test_a_dbt_project_that_is_newer_than_the_manifest_is_named(tmp_path: Path) -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC)
    write(tmp_path / "dbt/dbt_project.yml", at)
    write(tmp_path / "dbt/models/flights/gold/fleet_age.sql", at)
    assert "`./assay up` makes it" in zone_run.stale_manifest(tmp_path), "there is no manifest"
    write(tmp_path / "dags/manifest.json", at + timedelta(seconds=1))
    assert zone_run.stale_manifest(tmp_path) == ""
    write(tmp_path / "dbt/tests/flights/smoke/rows.sql", at + timedelta(seconds=2))
    assert "`./assay up` makes it" in zone_run.stale_manifest(tmp_path)


def test_a_run_that_publishes_nothing_is_known_by_its_skipped_task() -> None:
    done = {"task_id": "choose", "state": "success"}
    assert zone_run.was_skipped([done, {"task_id": "release.publish", "state": "skipped"}])
    assert not zone_run.was_skipped([done, {"task_id": "release.publish", "state": "success"}])
    assert not zone_run.was_skipped([done, {"task_id": "gold.fleet_age.run", "state": "skipped"}])


def write(path: Path, at: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (at.timestamp(), at.timestamp()))
