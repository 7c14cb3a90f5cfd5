"""What the platform's Airflow assets are called: the same in every environment. Depends on zones.

Airflow looks up no provider for a scheme that begins with `x-`; the look-up would import every provider on each parse.
"""

from urllib.parse import quote

from airflow.sdk import Asset, AssetAlias

from assay.zones import Zone


def gold_of(zone: Zone) -> Asset:
    """A zone's release: an event for each one that is published."""
    return Asset(f"x-assay://{zone.zone}/gold")


def node(zone: str, layer: str, name: str) -> Asset:
    """A model, snapshot or seed: an event each time it has been built."""
    return Asset(f"x-assay://{zone}/{layer}/{quote(name, safe='')}")  # Airflow takes ASCII alone


def models_of(zone: Zone) -> AssetAlias:
    """Stands in the DAG for all models of a zone, which become assets with their first events."""
    return AssetAlias(f"models of {zone.zone}")
