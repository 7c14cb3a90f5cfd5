"""Who set a task to a state by hand: known by the request that did it."""

from __future__ import annotations

import runpy
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from airflow.listeners.listener import get_listener_manager
from airflow.models import import_all_models
from airflow.models.base import Base
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.sdk.execution_time.xcom import XCom
from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from assay import overrides


class AuthManager:
    """Knows a user by a token that is the name."""

    async def get_user_from_token(self, token: str) -> Any:
        assert token, "no credentials arrived"
        return SimpleNamespace(get_name=lambda: token)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr("airflow.api_fastapi.app.get_auth_manager", AuthManager)
    # As Airflow's routes that set states: no coroutine, so it runs in a thread of the server.
    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse(overrides._person()))])
    app.add_middleware(overrides.RememberRequest)
    return TestClient(app)


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer anna"}, {"Cookie": "_token=anna"}])
def test_the_person_is_the_one_whose_credentials_the_request_has(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/", headers=headers).text == "anna"


def test_outside_a_request_nobody_is_named() -> None:
    assert overrides._person() == "unknown"


def test_a_task_that_ends_by_itself_is_no_override(root: Path) -> None:
    """Airflow calls the listener in the task's own process, too, with no row of its database."""
    plugin = runpy.run_path(str(root / "plugins" / "assay_airflow.py"))["AssayPlugin"]
    manager = get_listener_manager()
    (listener,) = plugin.listeners
    manager.pm.register(listener)
    try:
        for hook in (manager.hook.on_task_instance_success, manager.hook.on_task_instance_skipped):
            (ours,) = [each for each in hook.get_hookimpls() if each.plugin is listener]
            ours.function(None, SimpleNamespace(task_id="test"))
            assert ours.tryfirst
    finally:
        manager.pm.unregister(listener)


def test_the_override_is_an_xcom_of_the_task_in_airflows_own_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    import_all_models()
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    now = datetime(2026, 11, 28, tzinfo=UTC)
    of_run = {"dag_id": "weather", "run_id": "run1"}
    row = {"id": uuid4(), "task_id": "silver.legs.test", "map_index": -1, "pool": "default_pool", "pool_slots": 1}
    monkeypatch.setattr(overrides, "_person", lambda: "anna")
    with Session(engine) as session:
        session.add(DagRun(**of_run, run_type="manual", logical_date=now, run_after=now, state="running"))
        session.flush()
        session.execute(
            insert(TaskInstance.__table__).values(**of_run, **row, state="failed", try_number=1, max_tries=0)
        )
        overrides.record(session.scalars(select(TaskInstance)).one(), "skipped")
        session.commit()
        kept = session.scalars(select(XComModel)).one()
    assert (kept.task_id, kept.run_id, kept.key) == ("silver.legs.test", "run1", overrides.KEY)
    pulled = XCom.deserialize_value(SimpleNamespace(value=kept.value))  # as a task's `xcom_pull` does
    assert pulled.items() >= {"state": "skipped", "by": "anna"}.items()


def test_overrides_are_read_by_task_and_said_in_a_sentence() -> None:
    kept = {"silver.legs.test": {"state": "success", "by": "anna", "at": "2026-11-28 01:02:03"}}
    ti = SimpleNamespace(xcom_pull=lambda task_ids, key: kept.get(task_ids) if key == overrides.KEY else None)
    (found,) = overrides.read(ti, ["silver.legs.run", "silver.legs.test"])
    assert found.sentence == "Task silver.legs.test was set to success by hand, by anna at 2026-11-28 01:02:03 UTC."
