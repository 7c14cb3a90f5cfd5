"""One statement against the embedded warehouse, through the same connector that production uses."""

from __future__ import annotations

from typing import Any

from assay.zones import ZoneNames, zone_folders
from local.emulators.common.files import StateError
from local.state.endpoints import Endpoints
from local.state.tls import trust_bundle

ENVIRONMENT = "local"


def _warehouse(endpoints: Endpoints, role: str | None) -> str | None:
    """The compute that a zone's role may use: its zone's own. None is the user's default."""
    folders = zone_folders(endpoints.layout.root / "dags" / "zones")
    zones = (ZoneNames(ENVIRONMENT, folder.name) for folder in folders)
    return next((names.warehouse for names in zones if role and role.upper().startswith(f"{names.database}_")), None)


def run(
    endpoints: Endpoints, statement: str, role: str | None = None, database: str | None = None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The answer's columns and rows. Raises StateError with the warehouse's own words.

    With a `role`, of that role alone: without more a session has every other role of its user as a secondary one.
    """
    trust_bundle(endpoints.layout)
    import snowflake.connector  # reads the trust settings above when it is imported

    try:
        with (
            snowflake.connector.connect(
                **endpoints.warehouse_administrator(),
                role=role,
                warehouse=_warehouse(endpoints, role),
                database=database,
                login_timeout=15,
                network_timeout=600,
                session_parameters={"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
                insecure_mode=True,  # no revocation lists for a certificate of our own
            ) as connection,
            connection.cursor() as cursor,
        ):
            if role is not None:
                cursor.execute("use secondary roles none")
            cursor.execute(statement)
            return [column.name for column in cursor.description or []], list(cursor.fetchall())
    except snowflake.connector.errors.Error as problem:
        raise StateError(f"The warehouse refused: {problem.raw_msg or problem.msg or problem}") from problem
