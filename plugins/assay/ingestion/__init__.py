"""Bringing data in: syncs, files, SQL jobs, containers. Depends on zones only; operator modules alone import Airflow."""
