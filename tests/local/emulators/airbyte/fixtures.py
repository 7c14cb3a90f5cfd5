"""Fixtures over the embedded Airbyte and what it talks to; a conftest imports the ones it needs."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from assay.grants import zone_grants
from assay.ingestion.airbyte.config import AirbyteConfig
from assay.secrets_manager import SecretsManager
from assay.zones import ServiceRole, ZoneNames, load_zones
from local.state import credentials
from tests.local.emulators.airbyte.servers import Airbyte, FlightsApi, Warehouse, World

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def world(root: Path, env_python: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.create(root, tmp_path_factory.mktemp("world"), env_python, _free_port)


@pytest.fixture(scope="session")
def flights_server(world: World) -> Iterator[FlightsApi]:
    with world.serve("flights_api", "platform", world.state / "flights_api") as (url, _):
        yield FlightsApi(url, world.credentials["flights_api"]["token"])


@pytest.fixture
def flights_api(flights_server: FlightsApi) -> FlightsApi:
    flights_server.reset()
    return flights_server


@pytest.fixture(scope="session")
def warehouse(world: World) -> Iterator[Warehouse]:
    tls = ("--tls-cert", str(world.state / "tls/warehouse.crt"), "--tls-key", str(world.state / "tls/warehouse.key"))
    with world.serve("warehouse", "warehouse", world.state / "warehouse", *tls, scheme="https") as (url, _):
        admin = world.credentials["warehouse"]["admin"]
        yield Warehouse("127.0.0.1", urlsplit(url).port or 443, admin["user"], admin["password"], world.bundle)


@contextmanager
def serving(world: World, folder: Path) -> Iterator[Airbyte]:
    """A server that knows nothing yet, with its state in the folder."""
    programs = world.python("connectors").parent
    connectors = folder / "connectors.json"
    names = ("source-declarative-manifest", "source-faker")
    connectors.write_text(json.dumps({name: [str(programs / name)] for name in names}))
    state = folder / "airbyte"
    options = ("--connectors", str(connectors), "--pause", "0.2")
    with world.serve("airbyte", "platform", state, *options) as (url, server):
        yield Airbyte(url, server, state, world.credentials["airbyte"])


@pytest.fixture
def airbyte(world: World, tmp_path: Path) -> Iterator[Airbyte]:
    """A server of the test's own."""
    with serving(world, tmp_path) as found:
        yield found


@pytest.fixture(scope="session")
def aws() -> Iterator[dict[str, str]]:
    """Secrets Manager, served; what any AWS client reads from its environment to find it."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    _, port = server.get_host_and_port()
    yield {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    server.stop()


@pytest.fixture
def secrets_manager(aws: dict[str, str]) -> SecretsManager:
    """A Secrets Manager that holds nothing yet."""
    requests.post(f"{aws['AWS_ENDPOINT_URL']}/moto-api/reset", timeout=10).raise_for_status()
    return SecretsManager(
        boto3.client(
            "secretsmanager",
            endpoint_url=aws["AWS_ENDPOINT_URL"],
            region_name=aws["AWS_REGION"],
            aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
        )
    )


@pytest.fixture(scope="session")
def loader_key() -> tuple[str, str]:
    """The loaders' key pair as destinations and `CREATE USER` take it: private, public; base64 of DER."""
    pair = credentials.key_pair()
    return pair["private_key"], pair["public_key"]


@pytest.fixture
def zone(root: Path, warehouse: Warehouse, loader_key: tuple[str, str]) -> ZoneNames:
    """The flights zone in an environment of the test's own, with the roles and grants that it has everywhere."""
    zones = load_zones(root / "dags" / "zones")
    flights = next(zone for zone in zones if zone.zone == "flights")
    names = ZoneNames(f"ab{next(numbers)}", "flights")
    keys = {names.role(service_role): loader_key[1] for service_role in ServiceRole}
    warehouse.run(zone_grants.statements(flights, names.environment, zones, keys))
    return names


@pytest.fixture
def database(zone: ZoneNames) -> str:
    return zone.database


@pytest.fixture
def flights_connection(
    airbyte: Airbyte,
    flights_api: FlightsApi,
    warehouse: Warehouse,
    zone: ZoneNames,
    loader_key: tuple[str, str],
    secrets_manager: SecretsManager,
    root: Path,
) -> str:
    """The project's own files applied to the server, landing as the zone's loader: the id of `flights_api`."""
    secrets_manager.write(
        "assay/syncs/flights_api", {"FLIGHTS_API_URL": flights_api.url, "FLIGHTS_API_TOKEN": flights_api.token}
    )
    secrets_manager.write(
        "assay/pods/warehouse-flights-loader",
        {
            "SNOWFLAKE_HOST": warehouse.host,
            "SNOWFLAKE_PORT": str(warehouse.port),
            "SNOWFLAKE_ACCOUNT": "assay",
            "SNOWFLAKE_USER": zone.role(ServiceRole.LOADER),
            "SNOWFLAKE_ROLE": zone.role(ServiceRole.LOADER),
            "SNOWFLAKE_WAREHOUSE": zone.warehouse,
            "SNOWFLAKE_DATABASE": zone.database,
            "DBT_ENV_SECRET_SNOWFLAKE_PRIVATE_KEY": loader_key[0],
        },
    )
    AirbyteConfig(airbyte.client, root / "airbyte", secrets_manager).apply()
    return str(airbyte.client.list("/connections")[0]["connectionId"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
