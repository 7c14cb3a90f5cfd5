"""Lands records in Snowflake in destination-snowflake's final-table shape.

Records go to a staging table of the job first and move to the final table in one transaction, together with the
removal of whatever an earlier attempt of the same job left there. So a sync that is killed at any point shows none of
its rows, and one that is tried again does not show them twice.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import serialization

from local.emulators.airbyte.records import Column, columns_of, fit

BATCH_ROWS = 5_000
META = (
    ("_AIRBYTE_RAW_ID", "VARCHAR"),
    ("_AIRBYTE_EXTRACTED_AT", "TIMESTAMP_TZ"),
    ("_AIRBYTE_META", "VARIANT"),
    ("_AIRBYTE_GENERATION_ID", "NUMBER(38,0)"),
)


@dataclass(frozen=True)
class StreamTarget:
    """How one stream is written. `mode` is append, overwrite or dedup; keys are field names."""

    name: str
    columns: list[Column]
    mode: str
    primary_key: list[str]
    cursor: str | None
    generation: int

    @classmethod
    def of(cls, name: str, schema: Mapping[str, Any], mode: str, primary_key: list[str], cursor: str | None,
           generation: int) -> StreamTarget:  # fmt: skip
        return cls(name, columns_of(schema), mode, primary_key, cursor, generation)


@dataclass
class _Writer:
    target: StreamTarget
    final: str
    staging: str
    rows: list[list[Any]] = field(default_factory=list)


class Snowflake:
    """One job's writing to one destination. Use `close` when done, whatever happened.

    `began` is when the job was submitted (ISO 8601): an Airbyte that was installed before had a job of the same id.
    """

    def __init__(self, configuration: Mapping[str, Any], job_id: int, began: str) -> None:
        import snowflake.connector  # imported late: it is most of what the server would load before its first sync

        self._job = job_id
        self._began = began
        self._schema = f"{quoted(configuration['database'])}.{quoted(configuration['schema'])}"
        self._connection = snowflake.connector.connect(**login(configuration))
        self._cursor = self._connection.cursor()
        self._writers: dict[str, _Writer] = {}

    def close(self) -> None:
        self._connection.close()

    def prepare(self, targets: Sequence[StreamTarget]) -> None:
        """Makes the final tables, with the columns they lack, and empty staging tables."""
        for target in targets:
            writer = _Writer(target, self._table(target.name), self._staging(target.name))
            columns = self._definitions(target)
            self._cursor.execute(f"CREATE TABLE IF NOT EXISTS {writer.final} ({_listed(columns)})")
            self._cursor.execute(f"SELECT * FROM {writer.final} LIMIT 0")
            there = {column.name for column in self._cursor.description}
            for name, kind in columns:
                if name not in there:
                    self._cursor.execute(f"ALTER TABLE {writer.final} ADD COLUMN {quoted(name)} {kind}")
            self._cursor.execute(f"CREATE OR REPLACE TRANSIENT TABLE {writer.staging} ({_listed(columns)})")
            self._writers[target.name] = writer

    def add(self, stream: str, data: Mapping[str, Any], emitted_at: float) -> int:
        """Takes one record (`emitted_at`: milliseconds since 1970). Returns how many rows it made land, usually 0."""
        writer = self._writers[stream]
        values, changes = fit(writer.target.columns, data)
        extracted = datetime.fromtimestamp(emitted_at / 1000, UTC).isoformat(sep=" ", timespec="milliseconds")
        meta = {"sync_id": self._job, "changes": changes}
        writer.rows.append([*values, str(uuid.uuid4()), extracted, meta, writer.target.generation])
        return self._stage(writer) if len(writer.rows) >= BATCH_ROWS else 0

    def flush(self) -> int:
        """Stages what is still in memory. Returns how many rows that were."""
        return sum(self._stage(writer) for writer in self._writers.values())

    def publish(self) -> None:
        """Moves every staged row to its final table, all streams in one transaction."""
        self._cursor.execute("BEGIN")
        for writer in self._writers.values():
            self._remove_own(writer.final)
            if writer.target.mode == "overwrite":
                self._cursor.execute(f"DELETE FROM {writer.final}")
            names = _names(self._definitions(writer.target))
            self._cursor.execute(f"INSERT INTO {writer.final} ({names}) SELECT {names} FROM {writer.staging}")
            if writer.target.mode == "dedup":
                self._keep_newest(writer)
        self._cursor.execute("COMMIT")
        for writer in self._writers.values():
            self._cursor.execute(f"DROP TABLE IF EXISTS {writer.staging}")

    def discard(self, streams: Sequence[str]) -> None:
        """Takes back all that this job has written to `streams`, staged and final. Safe to repeat."""
        for stream in streams:
            self._cursor.execute(f"DROP TABLE IF EXISTS {self._staging(stream)}")
            if self._exists(stream):
                self._remove_own(self._table(stream))

    def clear(self, streams: Sequence[str]) -> None:
        """Empties the final tables of `streams`, where they exist."""
        for stream in streams:
            if self._exists(stream):
                self._cursor.execute(f"DELETE FROM {self._table(stream)}")

    def _stage(self, writer: _Writer) -> int:
        """One INSERT per batch, the rows as one JSON text: the statement stays short however many rows there are."""
        if not writer.rows:
            return 0
        columns = self._definitions(writer.target)
        names = _names(columns).replace("%", "%%")  # the statement has a value bound, and % begins one
        picked = ", ".join(f"row_.value[{index}]::{kind}" for index, (_, kind) in enumerate(columns))
        self._cursor.execute(
            f"INSERT INTO {writer.staging} ({names}) SELECT {picked} FROM TABLE(FLATTEN(INPUT => PARSE_JSON(%s))) row_",
            (json.dumps(writer.rows),),
        )
        landed, writer.rows = len(writer.rows), []
        return landed

    def _remove_own(self, table: str) -> None:
        self._cursor.execute(
            f"DELETE FROM {table} WHERE _AIRBYTE_META:sync_id::NUMBER = %s"
            " AND _AIRBYTE_EXTRACTED_AT >= TO_TIMESTAMP_TZ(%s)",
            (self._job, self._began),
        )

    def _keep_newest(self, writer: _Writer) -> None:
        keys = ", ".join(quoted(key.upper()) for key in writer.target.primary_key)
        cursor = f"{quoted(writer.target.cursor.upper())} DESC NULLS LAST, " if writer.target.cursor else ""
        self._cursor.execute(
            f"DELETE FROM {writer.final} WHERE _AIRBYTE_RAW_ID NOT IN (SELECT _AIRBYTE_RAW_ID FROM {writer.final}"
            f" QUALIFY ROW_NUMBER() OVER (PARTITION BY {keys} ORDER BY {cursor}_AIRBYTE_EXTRACTED_AT DESC) = 1)"
        )

    def _exists(self, stream: str) -> bool:
        self._cursor.execute(f"SHOW TABLES LIKE '{stream.upper()}' IN SCHEMA {self._schema}")
        return bool(self._cursor.fetchall())

    def _definitions(self, target: StreamTarget) -> list[tuple[str, str]]:
        return [*((column.name, column.type) for column in target.columns), *META]

    def _table(self, stream: str) -> str:
        return f"{self._schema}.{quoted(stream.upper())}"

    def _staging(self, stream: str) -> str:
        return f"{self._schema}.{quoted(f'_AIRBYTE_TMP_{self._job}_{stream}'.upper())}"


def login(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments for the Snowflake connector from a destination's configuration."""
    host = str(configuration["host"])
    credentials = configuration["credentials"]
    arguments: dict[str, Any] = {
        "host": host,
        "port": int(configuration.get("port") or 443),
        "account": configuration.get("account") or host.split(".")[0],
        "user": configuration["username"],
        "role": configuration["role"],
        "warehouse": configuration["warehouse"],
        "database": configuration["database"],
        "schema": configuration["schema"],
        "login_timeout": 30,
        "network_timeout": 120,
        "platform_detection_timeout_seconds": 0.0,  # or it asks six clouds whose machine this is
        "session_parameters": {"QUERY_TAG": "airbyte", "CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
    }
    if credentials["auth_type"] == "Key Pair Authentication":
        return {**arguments, "authenticator": "SNOWFLAKE_JWT", "private_key": _der(credentials["private_key"])}
    return {**arguments, "password": credentials["password"]}


def _der(text: str) -> bytes:
    """A private key as DER, given PEM or base64 of DER."""
    if not text.lstrip().startswith("-----BEGIN"):
        return base64.b64decode(text)
    key = serialization.load_pem_private_key(text.encode(), password=None)
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _listed(columns: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{quoted(name)} {kind}" for name, kind in columns)


def _names(columns: Sequence[tuple[str, str]]) -> str:
    return ", ".join(quoted(name) for name, _ in columns)
