"""The Airflow DAG that asks every hour how old each zone's tables are, whether the zone runs or not."""

from assay.freshness.dag import freshness

dag = freshness(__file__)
