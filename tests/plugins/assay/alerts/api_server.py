"""Airflow's API server for tests of alerts, reduced to a dictionary."""

from __future__ import annotations

import threading
from typing import Any

from airflow.sdk.execution_time import comms

RUN = "manual__2026-01-02T00:00:00+00:00"


class ApiServer:
    """What callbacks ask of the API server, over the same messages: variables and connections."""

    def __init__(self, webhook: str) -> None:
        self.webhook = webhook
        self.platform = ""
        self.chats = {"chat_flights"}
        self.connections: dict[str, dict[str, Any]] = {}
        self.variables: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self._lock = threading.Lock()

    def send(self, msg: Any) -> Any:
        with self._lock:
            match msg:
                case comms.GetConnection() if msg.conn_id in self.connections:
                    return comms.ConnectionResult(conn_id=msg.conn_id, **self.connections[msg.conn_id])
                case comms.GetConnection() if msg.conn_id in self.chats:
                    empty = dict.fromkeys(("host", "schema", "login", "port", "extra"))
                    return comms.ConnectionResult(conn_id=msg.conn_id, conn_type="http", password=self.webhook, **empty)
                case comms.GetConnection(conn_id="chat_platform") if self.platform:
                    empty = dict.fromkeys(("host", "schema", "login", "port", "extra"))
                    return comms.ConnectionResult(
                        conn_id="chat_platform", conn_type="http", password=self.platform, **empty
                    )
                case comms.GetVariable() if msg.key in self.variables:
                    return comms.VariableResult(key=msg.key, value=self.variables[msg.key])
                case comms.GetVariableKeys():
                    found = [key for key in self.variables if key.startswith(msg.prefix or "")]
                    return comms.VariableKeysResult(keys=found, total_entries=len(found))
                case comms.PutVariable():
                    self.variables[msg.key] = msg.value or ""
                    return comms.OKResponse(ok=True)
                case comms.DeleteVariable():
                    self.variables.pop(msg.key, None)
                    return comms.OKResponse(ok=True)
                case comms.GetTaskStates():
                    return comms.TaskStatesResult(task_states={RUN: self.states})
                case comms.MaskSecret():
                    return None
            return comms.ErrorResponse()
