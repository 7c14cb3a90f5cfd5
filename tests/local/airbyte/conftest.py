from tests.local.airbyte.fixtures import (
    airbyte,
    database,
    flights_api,
    flights_connection,
    flights_server,
    loader_key,
    warehouse,
    world,
    zone,
)

__all__ = [
    "airbyte",
    "database",
    "flights_api",
    "flights_connection",
    "flights_server",
    "loader_key",
    "warehouse",
    "world",
    "zone",
]
