"""The platform on one machine: starts and watches its services, provisions them, and works with what runs.

May import all of `local`, `assay` and `tools.runtime`.
"""
