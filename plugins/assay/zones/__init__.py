"""Zones: what a business domain is, read from `dags/zones/<zone>/zone.yml`. Depends on nothing else in the platform.

What a source may say is found in the folders of the kinds: `kinds`.
"""

from assay.zones.fields import Resources, Source
from assay.zones.names import Layer, ServiceRole, ZoneNames
from assay.zones.reader import load_zone, load_zones, zone_folders
from assay.zones.zone import Keep, Zone

__all__ = [
    "Keep",
    "Layer",
    "Resources",
    "ServiceRole",
    "Source",
    "Zone",
    "ZoneNames",
    "load_zone",
    "load_zones",
    "zone_folders",
]
