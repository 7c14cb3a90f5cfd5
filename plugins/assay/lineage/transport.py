"""Delivery of OpenLineage events: over HTTP or into a file. Whatever happens to it, the task goes on."""

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from airflow.sdk import Connection
from openlineage.client.event_v2 import RunEvent
from openlineage.client.transport import Transport
from openlineage.client.transport.file import FileConfig, FileTransport
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport

from assay.settings_files import LineageFile

NO_RETRIES = {"total": 0}

log = logging.getLogger(__name__)


def send(events: Callable[[], Sequence[RunEvent]], where: LineageFile) -> int:
    """How many events were taken. The first one that is not ends the attempt: a dead server costs one time-out.

    No error is raised, and none that could quote an address with a password in it is logged.
    """
    sent = 0
    try:
        transport = transport_to(where)
        for event in events():
            transport.emit(event)
            sent += 1
    except Exception as error:
        log.warning("Lineage was not delivered after %s events (%s); the task goes on.", sent, type(error).__name__)
    return sent


def transport_to(where: LineageFile) -> Transport:
    if where.file:
        path = Path(os.environ.get("AIRFLOW_HOME") or Path.home() / "airflow") / where.file
        path.parent.mkdir(parents=True, exist_ok=True)
        return FileTransport(FileConfig(str(path), append=True))
    assert where.url is not None
    config = HttpConfig(where.url, endpoint=where.endpoint, timeout=where.timeout.total_seconds(), retry=NO_RETRIES)
    if where.token_connection:
        token = Connection.get(where.token_connection).password
        config.auth = ApiKeyTokenProvider({"apiKey": token})
    return HttpTransport(config)
