"""The quarantine table: a row's number is a number, in tables of earlier versions too, whenever a run was killed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest

from assay.contracts import quarantine
from assay.contracts.approval import ContractBreach, approve_load
from assay.contracts.reader import read_contract
from assay.contracts.sql_types import Existing
from assay.ingestion.landing import Folder, land_files
from assay.warehouse import Row
from tests.plugins.assay.embedded import ZoneOnTrial
from tests.plugins.assay.weather_files import file, path, rows

OLDER = """
create or replace table {table} (
    origin varchar, _file varchar, _row varchar, _ordered_by varchar, _load_id varchar not null,
    _reasons varchar not null, _quarantined_at timestamp_ntz not null
)
"""


class Killed(Exception):
    pass


class Killing:
    """A warehouse whose caller is killed after so many statements."""

    def __init__(self, zone: ZoneOnTrial, statements: int) -> None:
        self._zone, self._left = zone, statements

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> list[Row]:
        if not self._left:
            raise Killed
        self._left -= 1
        return self._zone.admin.execute(sql, params)

    def transaction(self) -> AbstractContextManager[None]:
        return self._zone.admin.transaction()


def columns(zone: ZoneOnTrial, table: str) -> dict[str, Existing]:
    described = zone.rows(
        "select column_name, data_type from {db}.information_schema.columns "
        f"where table_schema = 'QUARANTINE' and table_name = '{table}'"
    )
    return {row["column_name"].lower(): Existing(row["data_type"], name=row["column_name"]) for row in described}


def test_rows_are_in_the_order_of_their_file(weather: ZoneOnTrial) -> None:
    weather.drop(path(1), file([row | {"temp": "warm"} for row in rows(1, hours=4)]))
    weather.land("run-1")
    with pytest.raises(ContractBreach):
        weather.approve("run-1")
    assert [row["_row"] for row in weather.quarantined()] == list(range(1, 13))
    assert columns(weather, "WEATHER")["_row"].data_type == "NUMBER"


@pytest.mark.parametrize("statements", range(5))
def test_an_older_table_is_brought_up_to_date_however_often_a_run_is_killed(
    weather: ZoneOnTrial, statements: int
) -> None:
    table = weather.names.quarantine("weather")
    weather.admin.execute(OLDER.format(table=table))
    weather.admin.execute(
        f"insert into {table} select 'JFK', 'a.csv', row_text, 'x', 'L0', 'temp', sysdate() "
        "from (values ('9'), ('10'), (null)) as kept (row_text)"
    )
    for _ in range(2):
        try:
            quarantine.prepare(Killing(weather, statements), table, ["origin", "temp", "_file", "_row"],
                               columns(weather, "WEATHER"))  # fmt: skip
        except Killed:
            continue
    quarantine.prepare(weather.admin, table, ["origin", "temp", "_file", "_row"], columns(weather, "WEATHER"))
    kept = weather.rows(f"select origin, _file, _row, temp, _load_id from {table} order by _row")
    assert [(row["origin"], row["_file"], row["_row"]) for row in kept] == [
        ("JFK", "a.csv", 9), ("JFK", "a.csv", 10), ("JFK", "a.csv", None)
    ]  # fmt: skip
    assert set(columns(weather, "WEATHER")) == {
        "origin", "temp", "_file", "_row", "_ordered_by", "_load_id", "_reasons", "_quarantined_at"
    }  # fmt: skip


@pytest.mark.parametrize("name", ["_id", "_my id", "_Copy", "_one", "_raw_id", "_breaks_0", "__"])
def test_a_header_that_begins_with_an_underscore_is_a_column_as_any_other(weather: ZoneOnTrial, name: str) -> None:
    agreed = read_contract(
        "apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\nschema:\n  - name: things\n"
        "    properties:\n"
        "      - {name: id, description: x, physicalType: 'NUMBER(38,0)', primaryKey: true}\n"
        f"      - {{name: other, physicalName: '{name}', description: x, physicalType: 'NUMBER(5,0)'}}\n",
        "things",
        "things.odcs.yaml",
    )  # fmt: skip

    def run(number: int, value: str) -> int:
        weather.drop(f"{number}/1.csv", f"id,{name}\n1,{value}\n".encode())
        load = weather.load(f"run-{number}", "source", "things")
        land_files(weather.warehouse, load, [column.source for column in agreed.columns], Folder(f"{number}/"))
        return approve_load(weather.warehouse, load, agreed).approved

    with pytest.raises(ContractBreach, match="other is not"):
        run(1, "many")
    (kept,) = weather.rows(f"select id, other, _row from {weather.names.quarantine('things')}")
    assert (kept["id"], kept["other"], kept["_row"]) == ("1", "many", 1)
    assert run(2, "7") == 1
    assert weather.rows(f"select id, other from {weather.names.approved('things')}") == [{"id": 1, "other": 7}]
