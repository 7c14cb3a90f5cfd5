"""Whether the parts that a command needs are up: asked first, so that it says at once what is missing."""

from __future__ import annotations

from local.files import StateError
from local.layout import Layout
from local.supervisor import client

RUN = ("aws", "warehouse", "kubernetes", "airflow-api-server", "airflow-scheduler", "airflow-dag-processor")
"""What a zone's run cannot do without. Airbyte is left out: a zone may have no sync."""


def require(layout: Layout, *parts: str) -> None:
    """Return when all these parts are ready. Raises NotRunning for a stopped platform, StateError for a part."""
    rows = {row["part"]: row for row in client.status(layout)}
    for part in parts:
        row = rows.get(part)
        if row is None or row["state"] == "stopped":
            raise StateError(f"The part {part} is not running: start it with `./assay up`.")
        if not client.is_ready(row):
            note = f" ({row['note']})" if row["note"] else ""
            raise StateError(
                f"The part {part} is {row['state']}{note}: read `./assay logs {part}`; "
                f"`./assay up` waits until every part is up."
            )
