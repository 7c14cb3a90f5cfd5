"""Whether the services that a command needs are up: asked first, so that it says at once what is missing."""

from __future__ import annotations

from local.emulators.common.files import StateError
from local.platform.supervisor import client, control
from tools.runtime.layout import Layout

RUN = ("aws", "warehouse", "kubernetes", "airflow-api-server", "airflow-scheduler", "airflow-dag-processor")
"""What a zone's run cannot do without. Airbyte is left out: a zone may have no sync."""


def require(layout: Layout, *services: str) -> None:
    """Return when all these services are ready. Raises NotRunning for a stopped platform, StateError for a service."""
    rows = {row["service"]: row for row in client.status(layout)}
    for service in services:
        row = rows.get(service)
        if row is None or row["state"] == "stopped":
            raise StateError(f"The service {service} is not running: start it with `./assay up`.")
        if not client.is_ready(row):
            note = f" ({row['note']})" if row["note"] else ""
            raise StateError(
                f"The service {service} is {row['state']}{note}: read `./assay logs {service}`; "
                f"`./assay up` waits until every service is up."
            )


def obstacle(layout: Layout) -> str:
    """Return why the platform cannot be used right now, as a sentence, or an empty text."""
    try:
        rows = client.status(layout)
    except control.NotRunning as stopped:
        return str(stopped)
    except (OSError, ValueError):  # the supervisor is just ending; the error itself says more
        return ""
    late = [row["service"] for row in rows if not client.is_ready(row) and row["state"] != "stopped"]
    return f"Not ready: {', '.join(late)}. `./assay up` waits until every service is." if late else ""
