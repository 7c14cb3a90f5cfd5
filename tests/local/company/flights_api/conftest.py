from tests.local.emulators.airbyte.fixtures import flights_api, flights_server, world

__all__ = ["flights_api", "flights_server", "world"]
