"""Where lineage goes, and that a task never minds whether it arrives."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path

import pytest

from assay.lineage import tell_built
from assay.lineage.events import built
from assay.lineage.transport import send
from assay.settings import Settings, load
from assay.settings_files import LineageFile
from tests.plugins.assay.alerts.inbox import Inbox, running
from tests.plugins.assay.lineage.test_events import OCCASION, model, results

TOLD = results(model("legs"))


@pytest.fixture
def settings(root: Path) -> Settings:
    return load(root / "dags", "local")


def to(settings: Settings, **where: str) -> Settings:
    return settings.model_copy(update={"lineage": LineageFile.model_validate(where)})


def test_events_are_posted_to_the_server_one_by_one(settings: Settings) -> None:
    with running() as server:
        base, _, path = server.url.partition("/hooks")
        tell_built(TOLD, OCCASION, to(settings, url=base, endpoint=f"hooks{path}"))
        assert [event["eventType"] for event in server.messages] == ["START", "COMPLETE"]


def test_events_are_added_to_a_file_below_airflow_home(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    for _ in range(2):
        tell_built(TOLD, OCCASION, to(settings, file="lineage/events.jsonl"))
    lines = (tmp_path / "lineage" / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["eventType"] for line in lines] == ["START", "COMPLETE"] * 2


def test_a_dead_or_failing_server_is_given_up_at_once_and_hurts_nobody(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(server: Inbox) -> str:
        server.status = 503
        return server.url

    with running() as server:
        url = refused(server)
        began = time.monotonic()
        with caplog.at_level(logging.WARNING):
            for where in (url, "http://127.0.0.1:9"):
                assert send(lambda: built(TOLD, OCCASION), LineageFile(url=where)) == 0
                tell_built(TOLD, OCCASION, to(settings, url=where))
        assert time.monotonic() - began < 5
        assert server.messages == []
    assert "Lineage was not delivered" in caplog.text
    assert server.url not in caplog.text


def test_without_a_place_nothing_is_sent(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    tell_built(TOLD, OCCASION, to(settings))
    assert list(tmp_path.iterdir()) == []
