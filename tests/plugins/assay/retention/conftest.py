"""The zones on trial, for every test of this folder."""

from tests.plugins.assay.embedded import embedded, flights, weather

__all__ = ["embedded", "flights", "weather"]
