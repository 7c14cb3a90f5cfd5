"""The DAG that posts what waits, and what starts it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

from assay.alerts import waiting, watch_dag
from assay.alerts.message import Message
from assay.alerts.outbox import Outbox
from assay.alerts.posting import Variables, post_by_connection, send
from assay.alerts.waiting import MessageIsDue
from assay.alerts.watch_dag import alerts
from tests.plugins.assay.alerts.api_server import ApiServer
from tests.plugins.assay.alerts.inbox import Inbox

FLIGHTS: Message = {"text": "one"}


async def events(trigger: MessageIsDue, wanted: int, within: float = 5) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    async def gather() -> None:
        async for event in trigger.run():
            found.append(event.payload)
            if len(found) == wanted:
                return

    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(gather(), within)
    return found


def test_nothing_is_started_while_nothing_waits(api: ApiServer, inbox: Inbox) -> None:
    send("chat_flights", FLIGHTS)
    assert asyncio.run(events(MessageIsDue(0.01), 1, within=0.3)) == []


def test_a_message_that_is_due_starts_one_run_and_not_another_for_the_same_time(
    api: ApiServer, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.status = 503
    send("chat_flights", FLIGHTS)
    assert asyncio.run(events(MessageIsDue(0.01), 1, within=0.3)) == [], "it is not due yet"
    later = time.time() + 31
    monkeypatch.setattr(waiting.time, "time", lambda: later)
    assert len(asyncio.run(events(MessageIsDue(0.01), 2, within=0.5))) == 1


def test_a_look_that_fails_does_not_end_the_trigger(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[float | Exception] = [5.0, ConnectionError("away")]

    class Box:
        def due(self) -> float:
            answer = answers.pop()
            if isinstance(answer, Exception):
                raise answer
            return answer

    monkeypatch.setattr(waiting, "outbox", Box)
    assert asyncio.run(events(MessageIsDue(0.01), 1)) == [{"due": 5.0}]


def test_the_trigger_is_stored_and_made_again() -> None:
    path, arguments = MessageIsDue(7).serialize()
    assert path == f"{MessageIsDue.__module__}.{MessageIsDue.__qualname__}"
    assert MessageIsDue(**arguments).serialize() == (path, arguments)


def test_the_dag_posts_each_channel_in_order_and_one_dead_channel_holds_up_no_other(
    api: ApiServer, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    api.platform = inbox.url
    inbox.status = 503
    for text in ("one", "two"):
        send("chat_flights", {"text": text})
    send("chat_platform", {"text": "three"})
    api.webhook = "http://127.0.0.1:9/hooks/dead"
    inbox.status = 200
    later = time.time() + 3600

    monkeypatch.setattr(watch_dag, "outbox", lambda: Outbox(Variables(), post_by_connection, lambda: later))
    task = alerts(str(tmp_path / "platform_alerts.py")).get_task("post")
    context: Any = {"run_id": "scheduled__1"}
    assert task.execute(context) == {"waiting": 2, "unreadable": []}
    assert inbox.texts == ["three"]
    api.webhook = inbox.url
    later += 3600
    assert task.execute(context) == {"waiting": 0, "unreadable": []}
    assert inbox.texts == ["three", "one", "two"]


def test_airflow_stores_the_dag_with_its_clock_its_asset_and_the_trigger() -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    stored = DagSerialization.to_dict(alerts(__file__))
    assert DagSerialization.from_dict(stored).max_active_runs == 1
    text = json.dumps(stored)
    assert "*/10 * * * *" in text
    assert "x-assay://platform/alerts" in text
    assert "assay.alerts.waiting.MessageIsDue" in text
