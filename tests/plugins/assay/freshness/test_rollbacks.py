"""A rollback that the command could not post is posted later, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from assay import settings as environments
from assay.freshness.rollbacks import PostRollbacksOperator
from tests.plugins.assay.alerts.api_server import ApiServer
from tests.plugins.assay.alerts.inbox import Inbox
from tests.plugins.assay.releases.conftest import GoldZone

pytestmark = pytest.mark.core


@pytest.fixture
def gold(provisioned: Any) -> GoldZone:
    return GoldZone(provisioned)


@pytest.fixture
def announce(root: Path, gold: GoldZone, api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    @contextmanager
    def login(connection_id: str) -> Iterator[Any]:
        assert connection_id == "snowflake_weather_publisher"
        yield gold.publisher

    monkeypatch.setattr("assay.freshness.rollbacks.airflow_warehouse", login)
    monkeypatch.setattr("assay.freshness.rollbacks.ZoneNames", lambda *_: gold.names)
    monkeypatch.setattr("assay.freshness.rollbacks.BEING_POSTED", 0)
    api.chats = {"chat_weather"}
    task = PostRollbacksOperator(
        task_id="rollbacks", zone="weather", settings=environments.load(root / "dags", "local")
    )
    return lambda: task.execute({})  # type: ignore[arg-type,typeddict-item]


def test_a_rollback_that_was_not_posted_is_posted_once(
    gold: GoldZone, announce: Callable[[], list[str]], inbox: Inbox
) -> None:
    first, second = gold.release("run1", 1), gold.release("run2", 2)
    assert announce() == []
    gold.releases().rollback("wrong <!channel> hours", "anna", "cli 1")
    assert announce() == [first.release_id]
    assert announce() == []
    gold.releases().rollback("right after all", "jonas", "cli 2")
    gold.releases().posted(second.release_id, "jonas")
    assert announce() == [], "the command has posted it"
    gold.releases().rollback("wrong all the same", "jonas", "airflow manual__1")
    assert announce() == [], "the form posts by itself, and is tried again"
    (message,) = inbox.messages
    assert message["channel"] == "#zone-weather"
    assert f"rolled back by `anna`. Release `{first.release_id}` is live again." in message["text"]
    assert "<!channel>" not in message["text"]


def test_gold_that_was_exchanged_by_hand_is_posted(
    gold: GoldZone, announce: Callable[[], list[str]], inbox: Inbox
) -> None:
    first = gold.release("run1", 1)
    gold.release("run2", 2)
    gold.publisher.execute(f"alter schema {gold.names.schema('GOLD')} swap with {gold.names.schema('GOLD_PREVIOUS')}")
    gold.begin("run3")
    assert announce() == [first.release_id]
    assert "found swapped" in inbox.messages[0]["text"]


def test_what_can_be_neither_posted_nor_kept_is_tried_again(
    gold: GoldZone, announce: Callable[[], list[str]], inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = gold.release("run1", 1)
    gold.release("run2", 2)
    gold.releases().rollback("wrong", "anna", "cli 1")
    with monkeypatch.context() as away:
        away.setattr("assay.freshness.rollbacks.send", lambda *_: False)
        assert announce() == []
    assert announce() == [first.release_id]
    assert len(inbox.messages) == 1
