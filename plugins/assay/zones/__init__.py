"""Zones: what a business domain is, read from `dags/zones/<zone>/zone.yml`. Depends on nothing else in the platform."""

from assay.zones.names import Layer, ServiceRole, ZoneNames
from assay.zones.reader import load_zone, load_zones, zone_folders
from assay.zones.zone import AirbyteSource, ContainerSource, FilesSource, Keep, Resources, Source, SqlJobSource, Zone

__all__ = [
    "AirbyteSource",
    "ContainerSource",
    "FilesSource",
    "Keep",
    "Layer",
    "Resources",
    "ServiceRole",
    "Source",
    "SqlJobSource",
    "Zone",
    "ZoneNames",
    "load_zone",
    "load_zones",
    "zone_folders",
]
