"""Fitness: which dbt nodes may be read or published, by the last results of their builds and tests.

dbt itself writes the results (dbt/macros/platform/record_start.sql); `rules` decides from them, from data to data. No
Airflow. Depends on zones and on the nodes of `transform`.
"""

from assay.fitness.graph import Check, CheckedGraph, CheckedNode, checked_graph
from assay.fitness.rules import Result, Unfit, smoke_missing, unfit

__all__ = ["Check", "CheckedGraph", "CheckedNode", "Result", "Unfit", "checked_graph", "smoke_missing", "unfit"]
