"""Fixtures over the embedded Airbyte and what it talks to; a conftest imports the ones it needs."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from assay.ingestion.airbyte_config import configure
from tests.local.airbyte.servers import Airbyte, FlightsApi, Warehouse, World

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def world(
    root: Path, env_python: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> World:
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


@pytest.fixture
def airbyte(world: World, tmp_path: Path) -> Iterator[Airbyte]:
    """A server of the test's own, that knows nothing yet."""
    programs = world.python("connectors").parent
    connectors = tmp_path / "connectors.json"
    names = ("source-declarative-manifest", "source-faker")
    connectors.write_text(json.dumps({name: [str(programs / name)] for name in names}))
    state = tmp_path / "airbyte"
    options = ("--connectors", str(connectors), "--pause", "0.2")
    with world.serve("airbyte", "platform", state, *options) as (url, server):
        yield Airbyte(url, server, state, world.credentials["airbyte"])


@pytest.fixture
def database() -> str:
    """The name of a database that no other test uses."""
    return f"AIRBYTE_{next(numbers)}"


@pytest.fixture
def flights_connection(
    airbyte: Airbyte, flights_api: FlightsApi, warehouse: Warehouse, database: str, tmp_path: Path, root: Path
) -> str:
    """The project's own files applied to the server, but for the login: the id of the connection `flights_api`."""
    destination = warehouse.destination(database)
    folder = tmp_path / "declared"
    for path in (root / "airbyte").rglob("*.yaml"):
        copy = folder / path.relative_to(root / "airbyte")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(
            path.read_text()
            .replace("auth_type: Key Pair Authentication", "auth_type: Username and Password")
            .replace("private_key: ${SNOWFLAKE_PRIVATE_KEY}", "password: ${SNOWFLAKE_PASSWORD}")
        )
    configure(
        airbyte.api,
        (airbyte.credentials["client_id"], airbyte.credentials["client_secret"]),
        folder,
        {
            "FLIGHTS_API_URL": flights_api.url,
            "FLIGHTS_API_TOKEN": flights_api.token,
            "SNOWFLAKE_HOST": destination["host"],
            "SNOWFLAKE_PORT": str(destination["port"]),
            "SNOWFLAKE_ACCOUNT": destination["account"],
            "SNOWFLAKE_USER": destination["username"],
            "SNOWFLAKE_PASSWORD": destination["credentials"]["password"],
            "SNOWFLAKE_ROLE": destination["role"],
            "SNOWFLAKE_WAREHOUSE": destination["warehouse"],
            "SNOWFLAKE_DATABASE": database,
        },
    )
    return str(airbyte.client.list("/connections")[0]["connectionId"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
