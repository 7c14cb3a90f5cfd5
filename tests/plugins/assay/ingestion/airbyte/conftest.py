from tests.local.airbyte.fixtures import (
    airbyte,
    database,
    flights_api,
    flights_connection,
    flights_server,
    warehouse,
    world,
)

__all__ = ["airbyte", "database", "flights_api", "flights_connection", "flights_server", "warehouse", "world"]
