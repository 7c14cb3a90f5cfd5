"""The platform's own question, and the warning of a run, from the embedded warehouse to a chat server."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, BaseOperator

from assay.alerts import callbacks
from assay.contracts import load_contract
from assay.contracts.operator import ApproveOperator
from assay.freshness.dag import AskOperator, freshness
from assay.settings import AlertsFile
from assay.warehouse import WarehouseError
from assay.zones import load_zone
from tests.plugins.assay.alerts.api_server import RUN, ApiServer
from tests.plugins.assay.alerts.ending import ends
from tests.plugins.assay.alerts.inbox import Inbox
from tests.plugins.assay.embedded import ZoneOnTrial
from tests.plugins.assay.weather_files import file, path, rows

FRESH = """\
slaProperties:
  - {property: freshness, value: %s, unit: h, element: weather.time_hour}
"""
CONTRACT = "zones/weather/contracts/weather.odcs.yaml"


@pytest.fixture
def dags(root: Path, tmp_path: Path, weather: ZoneOnTrial, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository's weather zone, whose newest hour is of 2013 and may be so old that it is just not late."""
    folder = tmp_path / "dags"
    shutil.copytree(root / "dags" / "config", folder / "config")
    shutil.copytree(root / "dags" / "zones" / "weather", folder / "zones" / "weather")
    monkeypatch.setenv("ASSAY_ENV", "local")
    allow(folder, 10_000_000)
    return folder


def allow(dags: Path, hours: int) -> None:
    path = dags / CONTRACT
    text = path.read_text().partition("slaProperties:")[0]
    path.write_text(text + FRESH % hours)


@pytest.fixture
def ask(dags: Path, weather: ZoneOnTrial, api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    @contextmanager
    def login(connection_id: str) -> Iterator[Any]:
        assert connection_id == "snowflake_weather_loader"
        yield weather.warehouse

    monkeypatch.setattr("assay.freshness.dag.airflow_warehouse", login)
    monkeypatch.setattr("assay.freshness.dag.ZoneNames", lambda *_: weather.names)
    api.chats = {"chat_weather"}
    task: Any = freshness(str(dags / "platform_freshness.py")).get_task("weather")
    return lambda: task.execute({})  # type: ignore[no-any-return]


def test_a_zone_that_does_not_run_is_asked_and_posted_once(
    dags: Path, weather: ZoneOnTrial, ask: Callable[[], list[str]], inbox: Inbox
) -> None:
    weather.drop(path(1), file(rows(1)))
    weather.run("run-1")
    assert ask() == []
    allow(dags, 2)  # no run asks: the zone is paused
    weather.admin.execute(
        f"update {weather.names.ledger}.loads set finished_at = '2013-01-01'::timestamp_ntz, "
        "landed_at = '2013-01-01'::timestamp_ntz"
    )
    for _ in range(3):
        (sentence,) = ask()
        assert "the newest time_hour is " in sentence
    (message,) = inbox.messages
    assert message["channel"] == "#zone-weather"
    assert "*weather* (local): no new data, and no run has said so" in message["text"].replace(
        weather.names.environment, "local"
    )
    assert "hours old, and at most 2 hours is expected" in message["text"]

    (dags / "zones/weather/zone.yml").write_text("zone: [")  # broken, and late as before
    ask()
    assert len(inbox.messages) == 1
    allow(dags, 10_000_000)
    for _ in range(2):
        assert ask() == []
    assert "recovered, `weather` has new data again" in inbox.texts[1]
    assert len(inbox.texts) == 2


def test_what_a_run_has_said_is_not_posted_again(
    dags: Path, weather: ZoneOnTrial, ask: Callable[[], list[str]], inbox: Inbox
) -> None:
    weather.drop(path(1), file(rows(1)))
    weather.run("run-1")
    allow(dags, 2)
    assert len(ask()) == 1
    assert inbox.messages == []


def test_a_zone_that_cannot_be_asked_is_one_message_to_the_platform(
    dags: Path, ask: Callable[[], list[str]], api: ApiServer, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.platform = inbox.url
    task = freshness(str(dags / "platform_freshness.py")).get_task("weather")
    assert isinstance(task, AskOperator)
    ti = SimpleNamespace(run_id="scheduled__1", dag_id="platform_freshness", task_id="weather", log_url="")

    def posted() -> int:
        return sum(text.startswith("*freshness*") for text in inbox.texts)

    for _ in range(3):
        task.failed({"ti": ti, "exception": WarehouseError("no login")})
    assert posted() == 1
    ask()
    task.failed({"ti": ti, "exception": WarehouseError("no login")})
    assert posted() == 2


def test_a_contracts_warning_is_posted_when_its_run_has_succeeded(
    dags: Path, weather: ZoneOnTrial, api: ApiServer, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the file through the contract's SQL and the task to the chat server."""
    allow(dags, 2)
    zone = load_zone(dags / "zones/weather")
    api.chats = {"chat_weather"}
    settings: Any = SimpleNamespace(environment="local", alerts=AlertsFile(), dag={"default_args": {}})
    with DAG(dag_id="weather", schedule=None, **callbacks(zone, settings)) as dag:
        BaseOperator(task_id="announce")
        task = ApproveOperator(
            task_id="approve.weather", zone=zone, source=zone.sources[0], environment=weather.names.environment,
            contract=load_contract(dags / "zones/weather", "weather"),
        )  # fmt: skip

    @contextmanager
    def writing(*_: Any) -> Iterator[Any]:
        yield weather.warehouse

    monkeypatch.setattr("assay.contracts.operator.writing", writing)
    weather.drop(path(1), file(rows(1)))
    weather.land(RUN)
    context: Any = {"run_id": RUN, "ti": SimpleNamespace(run_id=RUN, task_id="approve.weather", try_number=1)}
    task.execute(context)
    assert inbox.messages == []
    ends(dag, success=True, last="announce", reason="success")
    (message,) = inbox.messages
    assert message["channel"] == "#zone-weather"
    assert "succeeded with warnings" in message["text"]
    assert "Contract of weather warns: the newest time_hour is " in message["text"]
    assert "hours old, and at most 2 hours is expected" in message["text"]
