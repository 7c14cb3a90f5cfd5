"""A chat server and an API server per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from airflow.sdk.execution_time import task_runner

from tests.plugins.assay.alerts.api_server import ApiServer
from tests.plugins.assay.alerts.inbox import Inbox, running


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with running() as found:
        yield found


@pytest.fixture
def api(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> ApiServer:
    server = ApiServer(inbox.url)
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", server, raising=False)
    monkeypatch.setattr("assay.alerts.zone_alerts.SETTLE", 0.2)
    return server
