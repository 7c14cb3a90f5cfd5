"""Retention: what old loads have left behind goes when its time has come, by the zone's own loader.

`rules` decides, from data to data; `housekeeping` fetches and removes. Depends on the load ledger and zones.
"""

from assay.retention.housekeeping import Removed, tidy

__all__ = ["Removed", "tidy"]
