"""The four ways in which rows land, each with the program that takes it in production, on rows of texts."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives import serialization

from assay.contracts import Contract
from assay.contracts.approval import ContractBreach, approve_load
from assay.ingestion.airbyte.syncs import land_syncs
from assay.ingestion.landing import Folder, land_files
from assay.load_ledger import Load
from assay.warehouse import Row
from assay.zones import ServiceRole
from local.emulators.airbyte.destination import Snowflake, StreamTarget
from tests.plugins.assay.embedded import Embedded, ZoneOnTrial

LOADER = Path(__file__).resolve().parents[4] / "images" / "loader"
Texts = Mapping[str, str | None]


def csv_file(columns: Sequence[str], rows: Sequence[Texts]) -> bytes:
    """Texts in quotes, nulls as empty fields without them: told apart, as Postgres tells them apart."""
    lines = [",".join(_quoted(name) for name in columns)]
    lines += [",".join("" if row[name] is None else _quoted(str(row[name])) for name in columns) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@dataclass
class Way:
    """Lands rows in a zone; what becomes of them is the contract's."""

    embedded: Embedded
    zone: ZoneOnTrial
    contract: Contract
    postgres: Mapping[str, str]

    @property
    def columns(self) -> list[str]:
        return [column.source for column in self.contract.columns]

    def load(self, run_id: str) -> Load:
        return self.zone.load(run_id, "source", self.contract.table)

    def land(self, run_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        raise NotImplementedError

    def _land_folder(self, run_id: str, content: bytes, prefix: str, snapshot: bool) -> None:
        self.zone.drop(f"{prefix}rows.csv", content)
        folder = Folder(prefix, null_if=(), snapshot=snapshot)
        land_files(self.zone.warehouse, self.load(run_id), self.columns, folder)

    def approve(self, run_id: str) -> str | None:
        """The sentence with which the load was refused, or None."""
        try:
            approve_load(self.zone.warehouse, self.load(run_id), self.contract)
        except ContractBreach as breach:
            return str(breach)
        return None

    def quarantined(self, run_id: str) -> dict[int, str]:
        """The reasons by the id of their row."""
        table = self.zone.names.quarantine(self.contract.table)
        rows = self.zone.rows(f"select id, _reasons from {table} where _load_id = '{self.load(run_id).id}'")
        assert all(row["id"] is not None for row in rows), [row for row in rows if row["id"] is None]
        return {int(row["id"]): row["_reasons"] for row in rows}

    def approved(self) -> dict[int, Row]:
        rows = self.zone.rows(f"select * from {self.zone.names.approved(self.contract.table)}")
        return {int(row["id"]): row for row in rows}


class Files(Way):
    def land(self, run_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        self._land_folder(run_id, csv_file(self.columns, rows), "incoming/", snapshot=False)


class Container(Way):
    """Any program that writes CSV, here Python's own writer: what is null and what is empty are one to it."""

    def land(self, run_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
        self._land_folder(run_id, text.getvalue().encode(), f"loads/source/{self.load(run_id).id}/", snapshot=True)


class SqlJob(Way):
    """Rows of a Postgres table, by the loader's own reader."""

    table = "things"

    def land(self, run_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        with postgres(self.postgres) as connection:
            typed = ", ".join(f'"{name}" text' for name in self.columns)
            connection.execute(f"drop table if exists {self.table}; create table {self.table} ({typed})")
            picked = ", ".join(f"%({name})s" for name in self.columns)
            with connection.cursor() as cursor:
                cursor.executemany(f"insert into {self.table} values ({picked})", list(rows))
        self.export(run_id, f"select * from {self.table}")

    def export(self, run_id: str, query: str) -> None:
        content = b"".join(exported(query, self.postgres))
        self._land_folder(run_id, content, f"loads/source/{self.load(run_id).id}/", snapshot=True)


class Airbyte(Way):
    """Records of a stream, by the embedded Airbyte's destination."""

    fields: Mapping[str, Any] = {}
    syncs = 0

    def land(self, run_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        names = self.zone.names
        role = names.role(ServiceRole.LOADER)
        pem = self.embedded.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        configuration = {
            "host": "127.0.0.1", "port": self.embedded.port, "account": "assay", "username": role, "role": role,
            "warehouse": names.warehouse, "database": names.database, "schema": "LANDING",
            "credentials": {"auth_type": "Key Pair Authentication", "private_key": pem},
        }  # fmt: skip
        self.syncs += 1
        target = StreamTarget.of("things", {"properties": self.fields}, "append", ["id"], None, 0)
        writer = Snowflake(configuration, self.syncs, "2026-11-27T00:00:00Z")
        try:
            writer.prepare([target])
            for row in rows:
                writer.add("things", row, 1_700_000_000_000 + self.syncs)
            writer.flush()
            writer.publish()
        finally:
            writer.close()
        land_syncs(self.zone.warehouse, self.load(run_id), "things", self.columns)


@contextmanager
def postgres(environment: Mapping[str, str]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(
        host=environment["PGHOST"], port=int(environment["PGPORT"]), user=environment["PGUSER"],
        password=environment["PGPASSWORD"], dbname=environment["PGDATABASE"],
    ) as connection:  # fmt: skip
        yield connection


def exported(query: str, environment: Mapping[str, str]) -> list[bytes]:
    """What the loader's image writes for a query."""
    sys.path.insert(0, str(LOADER))
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        from assay_loader.source import csv_lines

        with csv_lines(query) as lines:
            return list(lines)
    finally:
        sys.path.remove(str(LOADER))
        os.environ.clear()
        os.environ.update(before)
