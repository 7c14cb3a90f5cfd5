"""Freshness: asks how old each zone's approved tables are, on a schedule of the platform, whether the zone runs or not.

`rules` decides what is posted, from data to data; `dag` asks and posts. Depends on contracts, the load ledger, zones
and alerts.
"""
