"""Airflow on one machine: the environment its processes run in. Nothing here is imported by Airflow itself."""
