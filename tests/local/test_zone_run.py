"""`assay run`: what it hands to Airflow, and that it refuses at once what cannot run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.ingestion.window import WrongWindow
from local import readiness, zone_run
from local.airflow_client import Airflow, AirflowError
from local.files import StateError
from local.layout import Layout
from local.supervisor import client, control

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
    with pytest.raises(WrongWindow):
        zone_run.asked(*days, [], False)


def row(part: str, state: str) -> dict[str, Any]:
    return {"part": part, "state": state, "note": ""}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([row("aws", "up")], "The part warehouse is not running: start it with `./assay up`."),
        ([row("aws", "up"), row("warehouse", "stopped")], "The part warehouse is not running"),
        ([row("aws", "unhealthy"), row("warehouse", "up")], "The part aws is unhealthy: read `./assay logs aws`"),
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
