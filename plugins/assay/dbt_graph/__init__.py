"""A zone's part of dbt's manifest: its nodes, the layers they are in, and the order in which tasks build them.

Pure, and imports neither dbt nor Airflow. Depends on settings and zones.
"""
