"""Overrides: who set a task to success or skipped by hand, kept where the later tasks of the run can read it.

Airflow keeps that in its audit log, which no task may read and which leaves out marks of many tasks at once. So the API
server, where a person marks tasks, puts it beside the task, as an XCom: Airflow removes it when the task is started
again. `plugins/assay_airflow.py` hands this to Airflow; it imports Airflow only where it is called.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

KEY = "set_by_hand"

_request: ContextVar[Any] = ContextVar("assay_request", default=None)


@dataclass(frozen=True)
class Override:
    """A task that was set to `state` by hand. `by` is the person's name in Airflow, `at` a time in UTC."""

    task: str
    state: str
    by: str
    at: str

    @property
    def sentence(self) -> str:
        return f"Task {self.task} was set to {self.state} by hand, by {self.by} at {self.at} UTC."


class RememberRequest:
    """ASGI middleware of the API server: while a request is answered, `record` can look up who sent it."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        token = _request.set(scope)
        try:
            await self._app(scope, receive, send)
        finally:
            _request.reset(token)


def record(task_instance: Any, state: str) -> None:
    """Keep the override beside the task, in the transaction that sets the state. Airflow logs what it raises.

    A task's own process calls it as well, when the task has ended by itself: nothing is kept then.
    """
    if not hasattr(task_instance, "_sa_instance_state"):
        return
    from airflow.models.xcom import XComModel
    from sqlalchemy.orm import object_session

    session = object_session(task_instance)
    if session is None:
        raise ValueError(f"{task_instance.task_id}: set to {state} outside a session, so nothing says by whom")
    kept = {"state": state, "by": _person(), "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"}
    with session.begin_nested():  # whatever goes wrong here undoes this alone, and not the state that was set
        XComModel.set(
            KEY,
            kept,
            dag_id=task_instance.dag_id,
            task_id=task_instance.task_id,
            run_id=task_instance.run_id,
            map_index=task_instance.map_index,
            serialize=False,  # as the API stores what a task pushes: a task pulls the value itself, not its JSON text
            session=session,
        )


def read(ti: Any, tasks: Iterable[str]) -> list[Override]:
    """Return the overrides of these tasks of a run; `ti` is the task instance that asks, of the same run."""
    found: list[tuple[str, Mapping[str, str] | None]] = [
        (task, ti.xcom_pull(task_ids=task, key=KEY)) for task in sorted(tasks)
    ]
    return [Override(task, kept["state"], kept["by"], kept["at"]) for task, kept in found if kept]


def _person() -> str:
    """The user of the request that is being answered, by the credentials that Airflow has just accepted."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
    from starlette.requests import Request

    scope = _request.get()
    if scope is None:
        return "unknown"
    request = Request(scope)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.cookies.get(COOKIE_NAME_JWT_TOKEN, "")
    # In a thread of the server, where no event loop runs: the routes that set states are no coroutines.
    return str(asyncio.run(get_auth_manager().get_user_from_token(token)).get_name())
