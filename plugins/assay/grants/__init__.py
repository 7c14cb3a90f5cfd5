"""Who may do what with a zone's databases and schemas, as statements; the same rights as in terraform/modules/zone.

May depend on zones and on the ledgers of loads and releases.
"""
