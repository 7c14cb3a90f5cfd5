"""The zones on trial, a chat server and an API server, for every test of this folder."""

from tests.plugins.assay.alerts.conftest import api, inbox
from tests.plugins.assay.embedded import embedded, flights, weather

__all__ = ["api", "embedded", "flights", "inbox", "weather"]
