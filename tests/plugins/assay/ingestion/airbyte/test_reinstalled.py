"""An Airbyte that has lost its state counts its syncs from 1 again: none of its records is taken for one of before."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import snowflake.connector

from assay.contracts import load_contract
from assay.contracts.approval import Outcome, approve_load
from assay.ingestion.airbyte.config import AirbyteConfig
from assay.ingestion.airbyte.syncs import land_syncs
from assay.load_ledger import Load
from assay.secrets_manager import SecretsManager
from assay.warehouse import ConnectionWarehouse
from assay.zones import ServiceRole, ZoneNames
from tests.local.emulators.airbyte.servers import Airbyte, FlightsApi, Warehouse

DAY_1, DAY_2 = 842, 943  # flights of 2013-01-01 and 2013-01-02 in the data package


@pytest.fixture
def loader(warehouse: Warehouse, zone: ZoneNames, loader_key: tuple[str, str]) -> Iterator[ConnectionWarehouse]:
    user = zone.role(ServiceRole.LOADER)
    connection = snowflake.connector.connect(
        account="assay",
        host=warehouse.host,
        port=warehouse.port,
        disable_ocsp_checks=True,
        user=user,
        role=user,
        warehouse=zone.warehouse,
        private_key=base64.b64decode(loader_key[0]),
        session_parameters={"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
    )
    with closing(connection):
        yield ConnectionWarehouse(connection)


def test_after_airbyte_is_installed_again_its_first_sync_is_new(
    airbyte: Airbyte,
    flights_api: FlightsApi,
    flights_connection: str,
    loader: ConnectionWarehouse,
    zone: ZoneNames,
    secrets_manager: SecretsManager,
    root: Path,
) -> None:
    contract = load_contract(root / "dags" / "zones" / "flights", "flights")

    def run(run_id: str) -> tuple[list[str], Outcome]:
        load = Load(zone, "flights_api", "flights", run_id)
        landed = land_syncs(loader, load, "flights", [column.name for column in contract.columns])
        return [item.path for item in landed.items], approve_load(loader, load, contract)

    flights_api.call("PUT", "clock", {"day": "2013-01-01"})
    first = airbyte.sync(flights_connection)
    assert run("run-1")[1].approved == DAY_1

    airbyte.server.kill()
    shutil.rmtree(airbyte.state)
    airbyte.state.mkdir()
    airbyte.server.start()
    AirbyteConfig(airbyte.client, root / "airbyte", secrets_manager).apply()
    connection = str(airbyte.client.list("/connections")[0]["connectionId"])
    assert connection != flights_connection

    flights_api.call("PUT", "clock", {"day": "2013-01-02"})
    again = airbyte.sync(connection)
    assert again["jobId"] == first["jobId"] == 1, "Airbyte counts from the beginning"
    assert again["rowsSynced"] == DAY_1 + DAY_2, "and reads from the beginning"
    items, outcome = run("run-2")
    assert items == ["sync/1"]
    assert (outcome.rows, outcome.approved) == (DAY_1 + DAY_2, DAY_2)
    (approved,) = loader.execute(f"select count(*) as flights from {zone.approved('flights')}")
    assert approved["flights"] == DAY_1 + DAY_2
    assert run("run-3") == ([], Outcome(0, 0))
