from tests.local.emulators.airbyte.fixtures import (
    airbyte,
    aws,
    database,
    flights_api,
    flights_connection,
    flights_server,
    loader_key,
    secrets_manager,
    warehouse,
    world,
    zone,
)

__all__ = [
    "airbyte",
    "aws",
    "database",
    "flights_api",
    "flights_connection",
    "flights_server",
    "loader_key",
    "secrets_manager",
    "warehouse",
    "world",
    "zone",
]
