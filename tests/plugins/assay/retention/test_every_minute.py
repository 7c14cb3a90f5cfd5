"""A zone that runs every minute, with an odd supplier: everything it leaves is bounded, and the counts are exact.

Landing, approval, alerts and housekeeping are real, on the embedded warehouse; instead of a clock, the ledger's records
grow older by a minute after each run. ASSAY_REPLAY_RUNS sets how many runs there are (60 for an hour).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG, BaseOperator

from assay.alerts import callbacks
from assay.contracts.approval import ContractBreach
from assay.contracts.operator import LoadRefused
from assay.retention import tidy
from assay.settings_files import AlertsFile
from assay.zones import Keep, load_zone
from tests.plugins.assay.alerts.api_server import ApiServer
from tests.plugins.assay.alerts.conftest import api, inbox
from tests.plugins.assay.alerts.ending import ends, fails
from tests.plugins.assay.alerts.inbox import Inbox
from tests.plugins.assay.embedded import ZoneOnTrial
from tests.plugins.assay.weather_files import file, path, rows

__all__ = ["api", "inbox"]

RUNS = int(os.environ.get("ASSAY_REPLAY_RUNS", "20"))
CYCLE = 10
MINUTES = Keep(**{key: timedelta(minutes=5) for key in Keep.model_fields})


class Settings:
    environment = "local"
    alerts = AlertsFile()
    dag = {"default_args": {"retries": 0}}


def odd(day: int, temperature: str) -> bytes:
    content = rows(day)
    content[0] |= {"temp": temperature}
    return file(content)


class Supplier:
    """What is dropped before each run. Four whole days come in a cycle, one of them broken twice before it is whole."""

    def __init__(self, zone: ZoneOnTrial) -> None:
        self._zone = zone
        self.days: list[int] = []
        self._broken = 0

    def deliver(self, minute: int) -> None:
        match minute % CYCLE:
            case 0 | 1 | 4:
                self._zone.drop(path(self._next()), file(rows(self.days[-1])))
            case 2:
                self._broken = self._next()
                self._zone.drop(path(self._broken), odd(self._broken, "warm"))
            case 5 | 6:  # otherwise broken, and then the same once more
                self._zone.drop(path(self._broken), odd(self._broken, "cold"))
            case 7:
                self._zone.drop(path(self._broken), file(rows(self._broken)))

    def _next(self) -> int:
        self.days.append(len(self.days) + 1)
        return self.days[-1]


@pytest.fixture
def dag(weather: ZoneOnTrial, api: ApiServer) -> Iterator[DAG]:
    api.chats = {"chat_weather"}
    zone = load_zone(weather.folder)
    with DAG(dag_id="weather", schedule=None, **callbacks(zone, Settings())) as dag:  # type: ignore[arg-type]
        BaseOperator(task_id="approve.weather_files")
    return dag


def run(zone: ZoneOnTrial, dag: DAG, minute: int) -> bool:
    """One scheduled run, as its tasks and callbacks see it. Returns whether it succeeded."""
    name = f"scheduled__{minute}"
    how: dict[str, Any] = {"run": name, "by": "scheduled"}
    zone.land(name)
    try:
        zone.approve(name)
    except ContractBreach as breach:
        fails(dag, "approve.weather_files", LoadRefused(str(breach), breach.problem, standing=breach.standing), **how)
        ends(dag, success=False, last="approve.weather_files", **how)
        return False
    ends(dag, success=True, last="approve.weather_files", **how)
    return True


def test_tables_records_quarantine_and_messages_are_bounded_and_counts_exact(
    weather: ZoneOnTrial, dag: DAG, api: ApiServer, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.alerts.zone_alerts.SETTLE", 0)
    supplier = Supplier(weather)
    outcomes, sizes = [], []
    for minute in range(RUNS):
        supplier.deliver(minute)
        outcomes.append(run(weather, dag, minute))
        weather.rows(
            "update {ledger}.loads set landed_at = dateadd('minute', -1, landed_at), "
            "finished_at = dateadd('minute', -1, finished_at)"
        )
        tidy(weather.warehouse, weather.names, MINUTES)
        sizes.append(size(weather))
    assert outcomes == [minute % CYCLE not in (2, 3, 4, 5, 6) for minute in range(RUNS)]
    cycles = RUNS // CYCLE
    assert len(inbox.texts) == 3 * cycles, "each problem, and its end"
    assert {key.split(".")[0] for key in api.variables} <= {"alert_open_weather"}
    settled, last = sizes[CYCLE - 1], sizes[-1]
    assert last["load tables"] <= settled["load tables"] <= 6
    assert last["quarantined"] == settled["quarantined"] == 0
    assert last["records"] <= settled["records"] + 1
    assert max(each["load tables"] for each in sizes) <= 8
    assert max(each["quarantined"] for each in sizes) <= 3
    found = [(row["origin"], row["time_hour"]) for row in weather.approved()]
    assert len(found) == len(set(found)) == 6 * len(supplier.days)
    known = weather.rows("select distinct path, etag from {ledger}.load_files")
    assert len(known) <= len(supplier.days) + 2
    assert weather.land("scheduled__afterwards").items == ()


def size(zone: ZoneOnTrial) -> dict[str, int]:
    """Of what the zone has left behind."""
    tables = zone.rows("select table_name from {db}.information_schema.tables where table_schema = 'LANDING'")
    records = zone.rows("select count(*) as n from {ledger}.loads")
    exists = zone.rows("select table_name from {db}.information_schema.tables where table_schema = 'QUARANTINE'")
    return {
        "load tables": len(tables),
        "records": int(records[0]["n"]),
        "quarantined": len(zone.quarantined()) if exists else 0,
    }
